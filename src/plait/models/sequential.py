"""A chain of layers, added one after the other."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from plait.core import errors, names, nest, registry
from plait.graph import ports, shapes, walks
from plait.graph.graph import Graph
from plait.graph.input import Input, InputLayer
from plait.graph.layer import Layer
from plait.graph.shapes import Spec
from plait.graph.tensor import SymbolicTensor
from plait.models.model import Model


@registry.register
class Sequential(Model):
    """Applies layers one after the other.

    Args:   layers: in order; the first may be an Input, or have an `input_shape`. Without one the model is built when
                it is first called or trained, and drawn again for data of other lengths.
    Errors: TypeError if something is no layer; ValueError if two have the same name.
    """

    keras_module = "keras"

    def __init__(self, layers: Any = None, trainable: bool = True, name: str | None = None) -> None:
        self._chain: list[Layer] = []
        self._names: set[str] = set()
        # What the first layer is called on and what the last one gives: symbolic tensors, or structures of them.
        self._entry: Any = None
        self._last: Any = None
        # Who said what shape the inputs have: the "user", the first "layer", or the "data", which may come otherwise.
        self.shape_source = ""
        if isinstance(trainable, Layer):
            raise TypeError(
                errors.explain(
                    f"Sequential takes its layers in one list, got {trainable!r} beside the first argument.",
                    "Write Sequential([first, second]).",
                )
            )
        super().__init__(name=name, trainable=trainable)
        for layer in [layers] if isinstance(layers, Layer) else layers or []:
            self.add(layer)

    def __getstate__(self) -> dict[str, Any]:
        """Returns all attributes; what the chain was drawn between is that of its graph."""
        graph = None
        if self._entry is not None:
            graph = self.graph if self._chain else Graph(self._entry, self._last)
        return {**super().__getstate__(), "_graph": graph, "_entry": None, "_last": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        graph: Any = self._graph
        if graph is not None:
            self._entry, self._last = graph.input_structure, graph.output_structure
            self._graph = graph if self._chain else None

    def add(self, layer: Any) -> None:
        """Puts a layer at the end.

        Errors: TypeError if it is no layer; ValueError if its name is taken, or it does not fit what is there.
        """
        if isinstance(layer, SymbolicTensor) and isinstance(layer.node.layer, InputLayer):
            layer = layer.node.layer
        if not isinstance(layer, Layer):
            raise TypeError(
                errors.explain(f"{self} is made of layers, got {errors.described(layer)}.", _way_to_a_layer(layer))
            )
        if isinstance(layer, InputLayer):
            if self._entry is not None or self._chain:
                has = "its input" if self._entry is not None else "layers"
                raise ValueError(
                    errors.explain(
                        f"{self} has {has} already, and an Input comes first.",
                        "Write Sequential([Input(shape=…), first, second]).",
                    )
                )
            self._start(layer.tensor, "user")
            return
        if layer.name in self._names:
            raise ValueError(
                errors.explain(
                    f'{self} has a layer named "{layer.name}" already.',
                    "Give this one another name, or make a new layer for each place.",
                )
            )
        entry, outputs, source = self._entry, self._last, self.shape_source
        if entry is None and not self._chain:
            entry, source = _first_inputs(layer)
            outputs = entry
        if outputs is not None:
            try:
                with _undone_on_error([layer]):
                    outputs = layer(outputs)
            except ValueError:
                if source != "layer":
                    raise
                # Nobody gave a shape, and the one assumed will not do: the model is built when there are data.
                self._forget_calls()
                entry, outputs, source = None, None, ""
        if outputs is not None and not isinstance(outputs, SymbolicTensor):
            raise ValueError(
                errors.explain(
                    f"{layer} has several outputs, and a Sequential model passes on one.",
                    "Use Model(inputs, outputs) for it.",
                )
            )
        self._entry, self._last, self.shape_source = entry, outputs, source
        if not self.trainable:
            layer.trainable = False
        self._chain.append(layer)
        self._names.add(layer.name)
        self.compiled = None  # it was compiled for other outputs
        self._changed()

    def pop(self) -> Layer:
        """Takes the last layer away, and returns it.

        Errors: ValueError if there is none.
        """
        if not self._chain:
            raise ValueError(errors.explain(f"{self} has no layers to take away."))
        layer = self._chain.pop()
        self._names.remove(layer.name)
        self.compiled = None
        if self._last is not None:
            self._last = nest.flatten(self._last)[0].node.inputs
        self._changed()
        return layer

    def build(self, input_shape: Any = None) -> None:
        """Builds the chain for inputs of this shape, batch axis included."""
        if self._entry is None:
            if input_shape is None:
                self.graph  # noqa: B018 - raises
            self._start(self._inputs_for(shapes.described(input_shape)), "user")
        self._changed()
        self.graph  # noqa: B018 - draws it

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shape of the output for inputs of this one, batch axis included. Nothing is built for it."""
        if self.shape_source == "user" or not self._chain:
            return super().compute_output_shape(input_shape)
        undo = _remembered(self._chain)
        try:
            outputs = self._called_on(self._inputs_for(shapes.described(input_shape)))
        finally:
            undo()
        return nest.walk(lambda tensor: tensor.shape, outputs)

    def _start(self, entry: Any, source: str) -> None:
        """Draws the chain from these tensors, in place of how it was drawn before; or fails and changes nothing."""
        with _undone_on_error(self._chain):
            self._forget_calls()
            last = self._called_on(entry)
        self._entry, self._last, self.shape_source = entry, last, source
        if self.compiled is not None:
            self.compiled.forget()
        self._changed()

    def _called_on(self, tensors: Any) -> Any:
        for layer in self._chain:
            tensors = layer(tensors)
        return tensors

    def _forget_calls(self) -> None:
        """Lets the layers forget how they were called here: a layer's input and output are those of its first call."""
        tensors = self._last
        for layer in reversed(self._chain if tensors is not None else []):
            node = nest.flatten(tensors)[0].node
            layer._nodes = [known for known in layer._nodes if known() is not node]
            tensors = node.inputs

    def _inputs_for(self, specs: Any) -> Any:
        """Returns new inputs of these shapes, under the names of those there are, if these are as many."""
        flat = nest.flatten(specs)
        given = [tensor.node.layer.name for tensor in nest.flatten(self._entry)] if self._entry is not None else []
        if len(given) != len(flat):
            given = names.deduplicated([f"{self.name}_input"] * len(flat))
        inputs = [Input(batch_shape=spec.shape, name=name) for spec, name in zip(flat, given, strict=True)]
        return nest.pack(specs, inputs)

    def _meet(self, specs: Any) -> None:
        """Draws the chain for data of these shapes, unless it is drawn for such, or the user said what is to come."""
        if self.shape_source == "user" or not self._chain:
            return
        entry = nest.flatten(self._entry) if self._entry is not None else []
        batch = entry[0].shape[0] if entry else None
        exact = nest.walk(lambda spec: Spec((batch, *spec.shape[1:]), spec.dtype), specs)
        try:
            arranged = self._arranged(exact) if entry else []
        except ValueError:  # other inputs than before, which the first layer may take too
            arranged = []
        if arranged and all(ports.way_in(spec.shape, port.shape) is not None for spec, port in arranged):
            return
        if not arranged:
            self._start(self._inputs_for(exact), "data")
            return
        exact = nest.pack(self._entry, [spec for spec, _ in arranged])
        flexible = nest.walk(_in_common, exact, self._entry)
        # What cannot be drawn for these very shapes is an error of theirs. A layer that needs a size of them may raise
        # anything, if it is a user's, where that is unknown.
        self._start(self._inputs_for(exact), "data")
        with contextlib.suppress(Exception):
            self._start(self._inputs_for(flexible), "data")

    def _changed(self) -> None:
        """Forgets the graph, which is drawn again when it is needed: adding n layers takes time linear in n."""
        self._graph = None
        self.built = self._last is not None and bool(self._chain)

    @property
    def graph(self) -> Any:
        """The chain as a graph.

        Errors: ValueError if the shape of the inputs is not known, or there are no layers.
        """
        if self._graph is None and not self._chain:
            raise ValueError(errors.explain(f"{self} has no layers yet.", "Add some: model.add(…)."))
        if self._graph is None and self._entry is not None:
            self._draw(self._entry, self._last)
        return super().graph

    def named_children(self) -> Iterator[tuple[str, Layer]]:
        """Yields the layers under their names; each knows its place from here on, which its initial values go by."""
        if self._graph is None and self._last is not None and self._chain:
            self.graph  # noqa: B018 - draws it
        for layer in self._chain:
            yield layer.name, layer

    def prepare(self, specs: Any, arguments: Mapping[str, Any], site: errors.CallSite | None) -> None:
        """Draws the chain for the inputs of a call, if the user did not say what they would be."""
        leaves = nest.flatten(specs)
        if not self._chain:
            raise ValueError(errors.explain(f"{self} has no layers.", site=site))
        if not all(isinstance(leaf, Spec) for leaf in leaves):
            raise ValueError(errors.explain(f"{self} takes tensors, got {errors.described(specs)}.", site=site))
        self._meet(leaves[0] if len(leaves) == 1 and not isinstance(specs, dict) else specs)

    def build_for(self, x: Any) -> None:
        """Draws the chain for data, if the user did not say what they would be."""
        if self.shape_source == "user":
            return
        leaves = nest.flatten(x)
        if len(leaves) == 1:
            x = leaves[0]
        if len(leaves) == 1 or all(map(np.ndim, leaves)):  # and not for a list of numbers
            self._meet(nest.walk(lambda leaf: Spec(tuple(np.shape(leaf)), "float32"), x))

    def _of_built(self, what: str) -> Any:
        if self._entry is None or not self._chain:
            raise AttributeError(
                errors.explain(f"{self} has no {what} yet: it is not built.", "Give its first layer an input_shape.")
            )  # fmt: skip
        return self.graph

    @property
    def inputs(self) -> list[Any]:
        """The input tensor, in a list."""
        return self._of_built("inputs").inputs

    @property
    def outputs(self) -> list[Any]:
        """The output tensor, in a list."""
        return self._of_built("outputs").outputs

    @property
    def input_shape(self) -> Any:
        """The shape of the input, batch axis included."""
        return nest.walk(lambda tensor: tensor.shape, self._of_built("input_shape").input_structure)

    @property
    def output_shape(self) -> Any:
        """The shape of the output, batch axis included."""
        return nest.walk(lambda tensor: tensor.shape, self._of_built("output_shape").output_structure)

    def get_config(self) -> dict[str, Any]:
        """Returns the layers in order, as plain data in Keras's grammar."""
        # What the data said is not written as an Input, which the user would have made: other data may come.
        is_given = self.shape_source == "user" and isinstance(self._entry, SymbolicTensor)
        entry = [registry.serialize(InputLayer.at(self._entry))] if is_given else []
        shape = nest.walk(lambda tensor: list(tensor.shape), self._entry) if self._entry is not None else None
        return {
            "name": self.name,
            "trainable": self.trainable,
            "layers": entry + [registry.serialize(layer) for layer in self._chain],
            "build_input_shape": shape,
        }

    @classmethod
    def from_config(cls, config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
        """Returns a new model with these layers; a bare list of layers, as Keras wrote before 2.2.3, is read too."""
        if not isinstance(config, dict):
            config = {"layers": config}
        layers = [registry.deserialize(layer, custom_objects) for layer in config["layers"]]
        model = cls(layers, trainable=config.get("trainable", True), name=config.get("name"))
        shape = config.get("build_input_shape")
        if shape is not None and model._entry is None and model._chain:
            model._start(model._inputs_for(shapes.described(shape)), "data")
        return model


def _way_to_a_layer(given: Any) -> str | None:
    if isinstance(given, type) and issubclass(given, Layer):
        return f"Make a layer of the class: {given.__name__}(…)."
    if isinstance(given, SymbolicTensor):
        return "Add the layer itself, it is then called on what the one before it gives; or use Model(inputs, outputs)."
    return "Wrap a function in layers.Lambda(function)." if callable(given) else None


def _first_inputs(layer: Layer) -> tuple[Any, str]:
    """Returns what a first layer is to be called on, and who said of what shape; None if nobody did."""
    if layer.declared_input_shape is not None:
        return Input(batch_shape=layer.declared_input_shape, name=f"{layer.name}_input"), "user"
    if isinstance(layer, Model) and layer.built and not layer._has_call:
        several = len(layer.inputs) > 1
        inputs = [
            Input(batch_shape=tensor.shape, dtype=port.dtype, name=port.name if several else f"{layer.name}_input")
            for tensor, port in zip(layer.inputs, layer.input_ports, strict=True)
        ]
        structure = layer.graph.input_structure
        return nest.pack(structure, inputs) if several else inputs[0], layer.shape_source
    if layer.assumed_input_shape is not None:
        return Input(batch_shape=layer.assumed_input_shape, name=f"{layer.name}_input"), "layer"
    return None, ""


def _in_common(spec: Spec, tensor: SymbolicTensor) -> Spec:
    """Returns the Spec with None for the sizes in which the tensor differs, if it has as many axes."""
    if len(spec.shape) != tensor.ndim:
        return spec
    return Spec(shapes.in_common(spec.shape, tensor.shape), spec.dtype)


def _remembered(layers: list[Layer]) -> Callable[[], None]:
    """Returns a function that makes these layers, and all in them, again what they are now."""
    state = [
        (
            one,
            {name: copy.copy(value) if isinstance(value, list | dict) else value for name, value in vars(one).items()},
        )
        for layer in layers
        for one in walks.layers_in(layer)
    ]

    def undo() -> None:
        for layer, attributes in state:
            vars(layer).clear()
            vars(layer).update(attributes)

    return undo


@contextlib.contextmanager
def _undone_on_error(layers: list[Layer]) -> Iterator[None]:
    undo = _remembered(layers)
    try:
        yield
    except BaseException:
        undo()
        raise
