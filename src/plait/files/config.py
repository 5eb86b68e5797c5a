"""A graph as plain data, in Keras 3's grammar, and back.

A tensor is written as the layer that makes it, the number of the call (counted among the calls in this graph), and the
number of the output: `["dense_1", 0, 0]`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from plait.core import errors, nest, registry
from plait.files import operations
from plait.graph.graph import Graph
from plait.graph.input import InputLayer
from plait.graph.layer import Layer
from plait.graph.node import Node
from plait.graph.operators import Operation
from plait.graph.tensor import SymbolicTensor, any_symbolic

# Whose class a model has that is made of inputs and outputs.
_FUNCTIONAL = "keras.src.models.functional"


def of_graph(model: Layer, graph: Graph) -> dict[str, Any]:
    """Returns the config of a model: its layers, and for each its calls."""
    calls: defaultdict[Layer, list[Node]] = defaultdict(list)
    for node in graph.nodes:
        calls[node.layer].append(node)
    numbers = {node: number for nodes in calls.values() for number, node in enumerate(nodes)}

    def history(tensor: SymbolicTensor) -> list[Any]:
        entry = graph.entries.get(tensor)
        return [entry.name, 0, 0] if entry else [tensor.node.layer.name, numbers[tensor.node], tensor.index]

    def listed(tensor: SymbolicTensor) -> list[Any]:
        name, number, index = history(tensor)
        return [name, number + (tensor not in graph.entries and _counts_itself(tensor.node.layer)), index]

    def written(leaf: Any) -> Any:
        if not isinstance(leaf, SymbolicTensor):
            return registry.serialize(leaf)
        described = {"shape": list(leaf.shape), "dtype": leaf.dtype, "keras_history": history(leaf)}
        return {"class_name": "__keras_tensor__", "config": described}

    def layer_config(layer: Layer) -> dict[str, Any]:
        if isinstance(layer, Operation):
            (node,) = calls[layer]
            described, operands = operations.described(layer, node)
            node_config = {"args": [nest.walk(written, one) for one in operands], "kwargs": {}}
            return {**described, "name": layer.name, "inbound_nodes": [node_config]}
        nodes = [
            {"args": [nest.walk(written, node.inputs)], "kwargs": nest.walk(written, node.arguments)}
            | ({_IS_MEANT: True} if "training" in node.arguments else {})
            for node in calls[layer]
        ]
        built = {} if isinstance(layer, InputLayer) else {"build_config": _plain(layer.get_build_config())}
        return {**registry.serialize(layer), **built, "name": layer.name, "inbound_nodes": nodes}

    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": [layer_config(layer) for layer in graph.layers],
        "input_layers": nest.walk(history, graph.input_structure),
        "output_layers": nest.walk(listed, graph.output_structure),
    }


def to_graph(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> tuple[Any, Any]:
    """Returns inputs and outputs: symbolic tensors in the structures that `of_graph` described.

    Errors: ValueError for a class that is not registered, a reference to what is not there, a call on no tensor, or
            calls that wait for each other in a circle.
    """
    layers: dict[str, Layer] = {}
    constants: dict[str, dict[str, Any]] = {}
    made: dict[str, list[Any]] = {}
    waiting: list[tuple[str, int, Mapping[str, Any]]] = []
    for one in config["layers"]:
        name = one["name"]
        if name in layers:
            raise ValueError(f'The config has two layers named "{name}".')
        described = {key: one[key] for key in one if key not in ("inbound_nodes", "name")}
        if operations.is_one(described):
            layer, constants[name] = operations.made(described)
        else:
            layer = registry.deserialize(described, custom_objects)
        layers[name] = layer
        made[name] = [[layer.tensor]] if isinstance(layer, InputLayer) else [None] * len(one["inbound_nodes"])
        waiting += [(name, number, node) for number, node in enumerate(one["inbound_nodes"])]

    def tensor(history: Any) -> SymbolicTensor | None:
        name, number, index = history
        if name not in made or not 0 <= number < len(made[name]):
            raise ValueError(f"The config refers to call {number} of a layer {name!r}, which is not there.")
        outputs = made[name][number]
        return None if outputs is None else outputs[index]

    def listed(history: Any) -> SymbolicTensor | None:
        name, number, index = history
        counts = number > 0 and name in layers and _counts_itself(layers[name])
        return tensor([name, number - counts, index])

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
            if not any_symbolic([inputs, arguments]):
                # It would be computed now, whatever that takes, and no graph has it.
                raise ValueError(f"The config calls {layers[name]} on no tensor.")
            called: Any = layers[name]
            if name in constants:
                outputs = operations.called(called, inputs, arguments, constants[name])
            else:
                outputs = called(*inputs, **arguments)
            made[name][number] = nest.flatten(outputs)
        if len(still) == len(waiting):
            names = ", ".join(sorted({name for name, _, _ in still}))
            raise ValueError(f"The config connects layers in a circle: {names}.")
        waiting = still
    return _referred(config["input_layers"], tensor), _referred(config["output_layers"], listed)


def _counts_itself(layer: Any) -> bool:
    # Where outputs are listed, Keras counts what a model computes by itself as its call 0; not that of a Sequential.
    return getattr(layer, "has_graph", False) and layer.keras_module == _FUNCTIONAL


_MISSING = object()
# Keras writes the default of `training` for each call, and lets fit have its own way whatever is written. Where Plait
# was told `training` in a call, that is meant.
_IS_MEANT = "training_is_meant"


def _arguments(node: Any, tensor: Any) -> tuple[list[Any], dict[str, Any]]:
    """Returns the arguments of a call, with _MISSING for tensors that are not made yet."""

    def read(value: Any) -> Any:
        if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            found = tensor(value["config"]["keras_history"])
            return _MISSING if found is None else found
        if isinstance(value, dict) and "class_name" not in value:
            return {key: read(element) for key, element in value.items()}
        return [read(element) for element in value] if isinstance(value, list) else registry.deserialize(value)

    named = {key: read(value) for key, value in node["kwargs"].items() if key != "training" or _IS_MEANT in node}
    return [read(value) for value in node["args"]], named


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
