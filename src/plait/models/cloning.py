"""Models made again from models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plait.core import nest
from plait.graph.input import Input, InputLayer
from plait.graph.layer import Layer
from plait.graph.tensor import SymbolicTensor
from plait.models.model import Model
from plait.models.sequential import Sequential


def clone_model(
    model: Model,
    input_tensors: Any = None,
    clone_function: Callable[[Layer], Layer] | None = None,
) -> Any:
    """Returns a model of the same layers made anew, connected in the same way, with initial values of its own.

    Args:   input_tensors: symbolic tensors to start from, in the structure of the model's inputs.
            clone_function: gives the new layer for each one; by default a layer of the same config. It may return the
                layer itself, which both models then share.
    Errors: TypeError if clone_function returns something else than a layer.
    """
    copies: dict[Layer, Layer] = {}

    def copy(layer: Layer) -> Layer:
        if layer not in copies:
            made = clone_function(layer) if clone_function and not isinstance(layer, Model) else _copy(layer)
            if not isinstance(made, Layer):
                raise TypeError(f"clone_function must return a layer, got {made!r} for {layer}.")
            copies[layer] = made
        return copies[layer]

    if isinstance(model, Sequential):
        layers = [copy(layer) for layer in model.layers]
        entry = [] if not model.built else [input_tensors if input_tensors is not None else _fresh(model.inputs[0])]
        return Sequential(entry + layers, name=model.name, trainable=model.trainable)
    graph = model.graph
    if input_tensors is None:
        input_tensors = nest.walk(lambda tensor: _fresh(graph.entries[tensor].tensor), graph.input_structure)
    known: dict[SymbolicTensor, Any] = dict(zip(graph.inputs, nest.flatten(input_tensors), strict=True))

    def again(leaf: Any) -> Any:
        return known[leaf] if isinstance(leaf, SymbolicTensor) else leaf

    for node in graph.nodes:
        outputs = copy(node.layer)(nest.walk(again, node.inputs), **nest.walk(again, node.arguments))
        known.update(zip([node.tensor(i) for i in range(len(node.outputs))], nest.flatten(outputs), strict=True))
    return Model(input_tensors, nest.walk(again, graph.output_structure), name=model.name, trainable=model.trainable)


def _copy(layer: Layer) -> Layer:
    return clone_model(layer) if isinstance(layer, Model) else type(layer).from_config(layer.get_config())


def _fresh(tensor: SymbolicTensor) -> SymbolicTensor:
    name = tensor.node.layer.name if isinstance(tensor.node.layer, InputLayer) else None
    return Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=name)
