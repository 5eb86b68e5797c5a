"""A chain of layers, added one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from plait.core import errors, nest, registry
from plait.graph.input import Input, InputLayer
from plait.graph.layer import Layer
from plait.graph.shapes import Shape, Spec
from plait.graph.tensor import SymbolicTensor
from plait.models.model import Model


@registry.register
class Sequential(Model):
    """Applies layers one after the other.

    Args:   layers: in order; the first may be an Input, or have an `input_shape`. Without one the model is built when
                it is first called or trained.
    Errors: TypeError if something is no layer; ValueError if two have the same name.
    """

    keras_module = "keras"

    def __init__(self, layers: Any = None, trainable: bool = True, name: str | None = None) -> None:
        self._chain: list[Layer] = []
        self._names: set[str] = set()
        self._entry: SymbolicTensor | None = None
        self._last: SymbolicTensor | None = None
        self._is_assumed = False
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
            self._start(layer.tensor)
            return
        if layer.name in self._names:
            raise ValueError(
                errors.explain(
                    f'{self} has a layer named "{layer.name}" already.',
                    "Give this one another name, or make a new layer for each place.",
                )
            )
        entry, outputs = self._entry, self._last
        if entry is None and not self._chain:
            declared = _declared_shape(layer)
            self._is_assumed = declared is None
            shape = declared or layer.assumed_input_shape
            if shape is not None:
                entry = outputs = Input(batch_shape=shape, name=f"{layer.name}_input")
        if outputs is not None:
            try:
                outputs = layer(outputs)
            except ValueError:
                if not self._is_assumed:
                    raise
                # Nobody gave a shape, and the one assumed will not do: the model is built when there are data.
                entry = outputs = None
        if outputs is not None and not isinstance(outputs, SymbolicTensor):
            raise ValueError(
                errors.explain(
                    f"{layer} has several outputs, and a Sequential model passes on one.",
                    "Use Model(inputs, outputs) for it.",
                )
            )
        self._entry, self._last = entry, outputs
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
            self._last = self._last.node.parents[0]
        self._changed()
        return layer

    def build(self, input_shape: Any = None) -> None:
        """Builds the chain for inputs of this shape, batch axis included."""
        if self._entry is None:
            if input_shape is None:
                self.graph  # noqa: B018 - raises
            self._start(Input(batch_shape=tuple(input_shape), name=f"{self.name}_input"))
        self._changed()
        self.graph  # noqa: B018 - draws it

    def _start(self, tensor: SymbolicTensor) -> None:
        last, self._is_assumed = tensor, False
        for layer in self._chain:
            last = layer(last)
        self._entry, self._last = tensor, last
        self._changed()

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
        """Builds the chain at the first call, if no input shape was given before."""
        if self._entry is None:
            if not isinstance(specs, Spec):
                raise ValueError(errors.explain(f"{self} takes one tensor, got {specs!r}.", site=site))
            if not self._chain:
                raise ValueError(errors.explain(f"{self} has no layers.", site=site))
            self._start(Input(batch_shape=(None, *specs.shape[1:]), dtype=specs.dtype, name=f"{self.name}_input"))

    def build_for(self, x: Any) -> None:
        """Builds the chain for data, if no input shape was given before."""
        if self._entry is None:
            leaves = nest.flatten(x)
            if len(leaves) == 1 and self._chain:
                array = np.asarray(leaves[0])
                dtype = array.dtype.name if array.dtype.kind in "iu" else None
                self._start(Input(batch_shape=(None, *array.shape[1:]), dtype=dtype, name=f"{self.name}_input"))

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
    def input_shape(self) -> Shape:
        """The shape of the input, batch axis included."""
        return self._of_built("input_shape").inputs[0].shape

    @property
    def output_shape(self) -> Shape:
        """The shape of the output, batch axis included."""
        return self._of_built("output_shape").outputs[0].shape

    def get_config(self) -> dict[str, Any]:
        """Returns the layers in order, as plain data in Keras's grammar."""
        entry = [] if self._entry is None else [registry.serialize(self._entry.node.layer)]
        return {
            "name": self.name,
            "trainable": self.trainable,
            "layers": entry + [registry.serialize(layer) for layer in self._chain],
            "build_input_shape": None if self._entry is None else list(self._entry.shape),
        }

    @classmethod
    def from_config(cls, config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
        """Returns a new model with these layers; a bare list of layers, as Keras wrote before 2.2.3, is read too."""
        if not isinstance(config, dict):
            config = {"layers": config}
        layers = [registry.deserialize(layer, custom_objects) for layer in config["layers"]]
        return cls(layers, trainable=config.get("trainable", True), name=config.get("name"))


def _way_to_a_layer(given: Any) -> str | None:
    if isinstance(given, type) and issubclass(given, Layer):
        return f"Make a layer of the class: {given.__name__}(…)."
    if isinstance(given, SymbolicTensor):
        return "Add the layer itself, it is then called on what the one before it gives; or use Model(inputs, outputs)."
    return "Wrap a function in layers.Lambda(function)." if callable(given) else None


def _declared_shape(layer: Layer) -> Shape | None:
    """The input shape a first layer was given, or that its own first layer has if it is a model."""
    if layer.declared_input_shape is not None:
        return layer.declared_input_shape
    if isinstance(layer, Model) and layer.built:
        return layer.graph.inputs[0].shape
    return None
