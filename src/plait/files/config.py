"""A graph as plain data, in Keras 3's grammar, and back.

A tensor is written as the layer that makes it, the number of the call (counted among the calls in this graph), and the
number of the output: `["dense_1", 0, 0]`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from plait.core import errors, nest, registry
from plait.graph.graph import Graph
from plait.graph.input import InputLayer
from plait.graph.layer import Layer
from plait.graph.node import Node
from plait.graph.tensor import SymbolicTensor


def of_graph(model: Layer, graph: Graph) -> dict[str, Any]:
    """Returns the config of a model: its layers, and for each its calls."""
    calls: defaultdict[Layer, list[Node]] = defaultdict(list)
    for node in graph.nodes:
        calls[node.layer].append(node)
    numbers = {node: number for nodes in calls.values() for number, node in enumerate(nodes)}

    def history(tensor: SymbolicTensor) -> list[Any]:
        entry = graph.entries.get(tensor)
        return [entry.name, 0, 0] if entry else [tensor.node.layer.name, numbers[tensor.node], tensor.index]

    def written(leaf: Any) -> Any:
        if not isinstance(leaf, SymbolicTensor):
            return registry.serialize(leaf)
        described = {"shape": list(leaf.shape), "dtype": leaf.dtype, "keras_history": history(leaf)}
        return {"class_name": "__keras_tensor__", "config": described}

    def layer_config(layer: Layer) -> dict[str, Any]:
        nodes = [
            {"args": [nest.walk(written, node.inputs)], "kwargs": nest.walk(written, node.arguments)}
            for node in calls[layer]
        ]
        built = {} if isinstance(layer, InputLayer) else {"build_config": _plain(layer.get_build_config())}
        return {**registry.serialize(layer), **built, "name": layer.name, "inbound_nodes": nodes}

    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": [layer_config(layer) for layer in graph.layers],
        "input_layers": nest.walk(history, graph.input_structure),
        "output_layers": nest.walk(history, graph.output_structure),
    }


def to_graph(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> tuple[Any, Any]:
    """Returns inputs and outputs: symbolic tensors in the structures that `of_graph` described.

    Errors: ValueError for a class that is not registered, a reference to what is not there, or calls that wait for
            each other in a circle.
    """
    layers: dict[str, Layer] = {}
    made: dict[str, list[Any]] = {}
    waiting: list[tuple[str, int, Mapping[str, Any]]] = []
    for one in config["layers"]:
        name = one["name"]
        if name in layers:
            raise ValueError(f'The config has two layers named "{name}".')
        layer = registry.deserialize(
            {key: one[key] for key in one if key not in ("inbound_nodes", "name")}, custom_objects
        )
        layers[name] = layer
        made[name] = [[layer.tensor]] if isinstance(layer, InputLayer) else [None] * len(one["inbound_nodes"])
        waiting += [(name, number, node) for number, node in enumerate(one["inbound_nodes"])]

    def tensor(history: Any) -> SymbolicTensor | None:
        name, number, index = history
        if name not in made or not 0 <= number < len(made[name]):
            raise ValueError(f"The config refers to call {number} of a layer {name!r}, which is not there.")
        outputs = made[name][number]
        return None if outputs is None else outputs[index]

    while waiting:
        # Whatever has its inputs is called; a layer's calls stay in order. Layers usually come in running order, and
        # then one round is all there is.
        still: list[tuple[str, int, Mapping[str, Any]]] = []
        for name, number, node in waiting:
            inputs, arguments = _arguments(node, tensor)
            ready = all(leaf is not _MISSING for leaf in nest.flatten([inputs, arguments]))
            if not ready or None in made[name][:number]:
                still.append((name, number, node))
                continue
            made[name][number] = nest.flatten(layers[name](*inputs, **arguments))
        if len(still) == len(waiting):
            names = ", ".join(sorted({name for name, _, _ in still}))
            raise ValueError(f"The config connects layers in a circle: {names}.")
        waiting = still
    return _referred(config["input_layers"], tensor), _referred(config["output_layers"], tensor)


_MISSING = object()


def _arguments(node: Any, tensor: Any) -> tuple[list[Any], dict[str, Any]]:
    """Returns the arguments of a call, with _MISSING for tensors that are not made yet."""

    def read(value: Any) -> Any:
        if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            found = tensor(value["config"]["keras_history"])
            return _MISSING if found is None else found
        if isinstance(value, dict) and "class_name" not in value:
            return {key: read(element) for key, element in value.items()}
        return [read(element) for element in value] if isinstance(value, list) else registry.deserialize(value)

    return [read(value) for value in node["args"]], {key: read(value) for key, value in node["kwargs"].items()}


def _referred(structure: Any, tensor: Any) -> Any:
    """Returns the tensors of a structure whose leaves are `[layer, call, output]`."""
    if isinstance(structure, dict):
        return {key: _referred(value, tensor) for key, value in structure.items()}
    if len(structure) == 3 and isinstance(structure[0], str) and isinstance(structure[1], int):
        found = tensor(structure)
        if found is None:
            raise ValueError(errors.explain(f"The config refers to {structure}, which is never computed."))
        return found
    return [_referred(element, tensor) for element in structure]


def _plain(shape: Any) -> Any:
    """Returns shapes as JSON keeps them."""
    if isinstance(shape, dict):
        return {key: _plain(value) for key, value in shape.items()}
    return [_plain(element) for element in shape] if isinstance(shape, list | tuple) else shape
