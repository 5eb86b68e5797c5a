"""Models made again from models."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

from plait.core import errors, nest
from plait.graph.input import Input, InputLayer
from plait.graph.layer import Layer
from plait.graph.tensor import SymbolicTensor
from plait.models.model import Model
from plait.models.sequential import Sequential


def clone_model(
    model: Model,
    input_tensors: Any = None,
    clone_function: Callable[[Layer], Layer] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
) -> Any:
    """Returns a model of the same layers made anew, connected in the same way, with initial values of its own.

    It is compiled if the model is, with an optimizer of its own that has made no step.

    Args:   input_tensors: symbolic tensors to start from, in the structure of the model's inputs.
            clone_function: gives the new layer for each one, models among them; by default a layer of the same config.
                It may return the layer itself, which both models then share.
            call_function: called in place of a layer, as `call_function(layer, inputs, …)`; not for Sequential models.
            recursive: whether models in the model are cloned by these functions too, layer by layer.
    Errors: TypeError if clone_function returns something else than a layer; ValueError for a call_function, or for any
            of these if the model computes by a `call` of its own.
    """
    copies: dict[Layer, Layer] = {}

    def cloned(layer: Layer) -> Layer:
        if layer not in copies:
            made: Any
            if _has_graph(layer) and (recursive or clone_function is None):
                made = _connected(layer, None, cloned, call_function if recursive else None)
            else:
                made = (clone_function or _made_again)(layer)
            if not isinstance(made, Layer):
                raise TypeError(f"clone_function must return a layer, got {made!r} for {layer}.")
            copies[layer] = made
        return copies[layer]

    given = {"input_tensors": input_tensors, "clone_function": clone_function, "call_function": call_function}
    for name, value in given.items():
        refused = name == "call_function" if isinstance(model, Sequential) else not _has_graph(model)
        if value is not None and refused:
            raise ValueError(
                errors.explain(
                    f"{model} cannot be cloned with a {name}.", "That is for models made of inputs and outputs."
                )
            )
    made: Any = _connected(model, input_tensors, cloned, call_function) if _has_graph(model) else _made_again(model)
    if model.compiled is not None:
        made.compiled = model.compiled.anew(made, model.optimizer.anew())
    return made


def _has_graph(layer: Layer) -> bool:
    return isinstance(layer, Model) and not layer._has_call


def _connected(model: Any, inputs: Any, cloned: Callable[[Layer], Layer], call: Callable[..., Any] | None) -> Any:
    """Returns a model of the copies of a model's layers, connected as these are."""
    if isinstance(model, Sequential):
        made = Sequential([cloned(layer) for layer in model.layers], name=model.name, trainable=model.trainable)
        if inputs is not None:
            made._start(inputs[0] if isinstance(inputs, list | tuple) and len(inputs) == 1 else inputs, "user")
        elif model._entry is not None:
            made._start(nest.walk(_fresh, model._entry), model.shape_source)
        return _named_as(model, made)
    graph = model.graph
    if inputs is None:
        inputs = nest.walk(lambda tensor: _fresh(graph.entries[tensor].tensor), graph.input_structure)
    known: dict[SymbolicTensor, Any] = dict(zip(graph.inputs, nest.flatten(inputs), strict=True))

    def again(leaf: Any) -> Any:
        return known[leaf] if isinstance(leaf, SymbolicTensor) else leaf

    for node in graph.nodes:
        layer, given, arguments = cloned(node.layer), nest.walk(again, node.inputs), nest.walk(again, node.arguments)
        outputs = call(layer, given, **arguments) if call else layer(given, **arguments)
        known.update(zip([node.tensor(i) for i in range(len(node.outputs))], nest.flatten(outputs), strict=True))
    outputs = nest.walk(again, graph.output_structure)
    # Only a class that takes inputs and outputs can be given them.
    made = type(model)._class_for_graphs()(inputs, outputs, name=model.name, trainable=model.trainable)
    return _named_as(model, made)


def _made_again(layer: Layer) -> Layer:
    """Returns a layer of the same config; where there is none, one that was given the same objects."""
    try:
        made = type(layer).from_config(layer.get_config())
    except (NotImplementedError, TypeError, ValueError):
        made = _given_the_same(layer)
    return _named_as(layer, made)


def _named_as(layer: Any, made: Any) -> Any:
    """Returns a layer made under the name of another; if that was counted, no initial value depends on it."""
    made._is_named = layer._is_named
    return made


def _given_the_same(layer: Layer) -> Layer:
    """Returns a layer made with the fields of another, or with its arguments if it has a constructor of its own.

    Layers among them are made again too.
    """
    made_by = next(cls for cls in type(layer).__mro__ if "__init__" in vars(cls))
    args, kwargs = layer._arguments  # type: ignore[attr-defined]
    bound = inspect.signature(made_by.__init__).bind(layer, *args, **kwargs)  # type: ignore[misc]
    if "__dataclass_fields__" in vars(made_by):
        fields = [field.name for field in dataclasses.fields(layer) if field.init]
        bound.arguments |= {name: getattr(layer, name) for name in fields} | {"dtype": layer.dtype_policy}
    given = nest.walk(
        lambda leaf: _made_again(leaf) if isinstance(leaf, Layer) else leaf, [bound.args[1:], bound.kwargs]
    )
    made = type(layer)(*given[0], **given[1])
    made.name, made.trainable = layer.name, layer.trainable
    return made


def _fresh(tensor: SymbolicTensor) -> SymbolicTensor:
    name = tensor.node.layer.name if isinstance(tensor.node.layer, InputLayer) else None
    return Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=name)
