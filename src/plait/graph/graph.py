"""Nodes between given inputs and outputs, in running order: how they are found, and how they are run."""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from plait.core import errors, names, nest
from plait.core.context import Context
from plait.core.updated import Updated
from plait.core.weight import Weight
from plait.graph import adapter, drawn, ports, readers
from plait.graph.before import TEXT, Before, Prepared
from plait.graph.input import InputLayer
from plait.graph.layer import Layer
from plait.graph.node import Node
from plait.graph.shapes import Shape
from plait.graph.tensor import SymbolicTensor


class Step(NamedTuple):
    """A node in running order, with its place in this graph, and the last step that needs each of its tensors."""

    node: Node
    place: str


class Graph:
    """What computes the outputs from the inputs.

    Args:   inputs, outputs: symbolic tensors, or structures of them. An input may be the output of any layer:
            the graph then begins there.
    Errors: TypeError if a leaf is not a symbolic tensor; ValueError if an output cannot be computed from the inputs.
    """

    def __init__(self, inputs: Any, outputs: Any) -> None:
        self.inputs: list[SymbolicTensor] = nest.flatten(inputs)
        self.outputs: list[SymbolicTensor] = nest.flatten(outputs)
        self.input_structure, self.output_structure = inputs, outputs
        self._check_leaves()
        # For each input tensor, the layer that lets data in: its own, or a new one where the graph begins midway.
        self.entries = _entries(self.inputs)
        ordered = self._ordered()
        self.nodes: list[Node] = ordered.nodes
        self.layers: list[Layer] = ordered.layers
        self.depths = ordered.depths
        self.places = _canonical_names(self.layers)
        steps = list(self._steps())
        self.before = Before(self.inputs, self.outputs, steps)
        self.steps = [step for step in steps if not step.node.layer.runs_on_host]

    def _check_leaves(self) -> None:
        for what, leaves in (("inputs", self.inputs), ("outputs", self.outputs)):
            for leaf in leaves:
                if not isinstance(leaf, SymbolicTensor):
                    raise TypeError(
                        errors.explain(
                            f"A model's {what} must be symbolic tensors, got {errors.described(leaf)}.",
                            _way_to_a_tensor(leaf),
                        )
                    )
        if not self.outputs:
            raise ValueError(
                errors.explain("A model needs an output at least, got none.", "Write Model(inputs, outputs).")
            )
        repeated = [tensor for tensor, count in Counter(self.inputs).items() if count > 1]
        if repeated:
            raise ValueError(errors.explain(f'The tensor "{repeated[0].name}" is given as an input more than once.'))

    def __reduce__(self) -> Any:
        return _again, (drawn.of(self),)

    # ---------------------------------------------------------------------------------------- finding the order

    def _parents(self, tensor: SymbolicTensor) -> list[SymbolicTensor]:
        return [] if tensor in self.entries else tensor.node.parents

    def _layer(self, tensor: SymbolicTensor) -> Layer:
        return self.entries.get(tensor, tensor.node.layer)

    def _ordered(self) -> _Order:
        """Orders nodes and layers by decreasing distance from the outputs, as Keras does, and so the weights too."""
        seen_layers: dict[Layer, int] = {}
        finished: dict[Any, SymbolicTensor] = {}
        for output in self.outputs:
            stack: list[tuple[SymbolicTensor, Iterator[SymbolicTensor] | None]] = [(output, None)]
            while stack:
                tensor, parents = stack.pop()
                if parents is None:
                    if self._unit(tensor) in finished:
                        continue
                    seen_layers.setdefault(self._layer(tensor), len(seen_layers))
                    parents = iter(self._parents(tensor))
                parent = next(parents, None)
                if parent is None:
                    self._check_connected(tensor, stack)
                    finished[self._unit(tensor)] = tensor
                else:
                    stack += [(tensor, parents), (parent, None)]
        depths: dict[Any, int] = {}
        layer_depths: dict[Layer, int] = {}
        for unit, tensor in reversed(finished.items()):
            layer = self._layer(tensor)
            depth = max(depths.get(unit, 0), layer_depths.get(layer, 0))
            depths[unit] = layer_depths[layer] = depth
            for parent in self._parents(tensor):
                above = self._unit(parent)
                depths[above] = max(depths.get(above, 0), depth + 1)
        for tensor in self.inputs:  # those that no output needs
            layer_depths.setdefault(self._layer(tensor), 0)
            seen_layers.setdefault(self._layer(tensor), -1)
        layers = sorted(layer_depths, key=lambda layer: (-layer_depths[layer], seen_layers[layer]))
        # A shared layer pulls its earlier calls up, so depth alone is no running order: ties go by the order found.
        nodes = [tensor.node for tensor in finished.values() if tensor not in self.entries]
        return _Order(nodes, layers, {layer: layer_depths[layer] for layer in layers})

    def _unit(self, tensor: SymbolicTensor) -> Any:
        """What is ordered: a node, or an input, which hides the node that would have made it."""
        return tensor if tensor in self.entries else tensor.node

    def _check_connected(self, tensor: SymbolicTensor, stack: list[Any]) -> None:
        node = tensor.node
        if tensor in self.entries or node.parents or not isinstance(node.layer, InputLayer):
            return
        through = f' It is needed by layer "{stack[-1][0].node.layer.name}".' if stack else ""
        given = ", ".join(f'"{given.name}"' for given in self.inputs) or "none"
        raise ValueError(
            errors.explain(
                f'The graph is disconnected: the outputs depend on the Input "{tensor.name}" (shape {tensor.shape}), '
                f"which is not among the model's inputs.{through}",
                f"Inputs given: {given}.",
                f'Add "{tensor.name}", made at {node.site}, to the inputs of the model.' if node.site else None,
            )
        )

    def _steps(self) -> Iterator[Step]:
        calls: Counter[Layer] = Counter()
        for node in self.nodes:
            number = calls[node.layer]
            calls[node.layer] += 1
            place = self.places[node.layer]
            yield Step(node, f"{place}:{number}" if number else place)

    @cached_property
    def declared(self) -> list[tuple[Shape, np.dtype]]:
        """Shape and dtype of each input, for any number of samples."""
        return [
            (ports.any_rows(tensor.shape), np.dtype(object if tensor.dtype == TEXT else tensor.dtype))
            for tensor in self.inputs
        ]

    @cached_property
    def readers(self) -> list[readers.Reader]:
        """The layers that ask something of the values of the inputs."""
        return readers.of(self)

    # ---------------------------------------------------------------------------------------- running

    def run(
        self, values: Mapping[Weight, Any], inputs: list[Any], ctx: Context, masks: list[Any] | None = None
    ) -> Updated:
        """Computes the outputs. Pure.

        Shapes: inputs and masks in the order of `self.before.given`, which is that of `self.inputs` where nothing is
                computed on the host; masks are boolean (batch, time) or None.
        """
        known: dict[Any, Any] = dict(zip(self.before.given, inputs, strict=True))
        of_inputs = masks or [None] * len(inputs)
        known_masks: dict[Any, Any] = dict(zip(self.before.given, of_inputs, strict=True))
        changed: dict[Weight, Any] = {}
        losses: list[Any] = []

        def array(leaf: Any) -> Any:
            return known[leaf] if isinstance(leaf, SymbolicTensor) else leaf

        def mask_of(leaf: Any) -> Any:
            return known_masks.get(leaf) if isinstance(leaf, SymbolicTensor) else None

        for node, place in self.steps:
            halves = self.before.halves.get(node)
            given = Prepared([known[half] for half in halves]) if halves else nest.walk(array, node.inputs)
            mask = (
                nest.walk(mask_of, node.inputs)
                if any(known_masks.get(tensor) is not None for tensor in node.parents)
                else None
            )
            step_ctx = ctx.at(place, mask)
            arguments = nest.walk(array, node.arguments) if node.arguments else {}
            arguments |= adapter.masks_of_arguments(node.layer, node.arguments, mask_of)
            updated = node.layer.run(values, given, step_ctx, arguments)
            if updated.values:
                # A later call of the same layer goes on from there.
                values = values if changed else ChainMap(changed, values)  # type: ignore[arg-type]
                changed.update(updated.values)
            losses.extend(updated.losses)
            outputs = nest.flatten(updated.outputs)
            found = nest.flatten(adapter.mask_after(node.layer, updated, given, step_ctx))
            for index, output in enumerate(outputs):
                tensor = node.tensor(index)
                if tensor in self.entries:
                    continue  # given from outside, though another output of its node is needed
                known[tensor] = output
                known_masks[tensor] = found[index] if len(found) == len(outputs) else found[0]
        return Updated(
            nest.walk(lambda tensor: known[tensor], self.output_structure),
            changed,
            tuple(losses),
            nest.walk(lambda tensor: known_masks[tensor], self.output_structure),
        )

    def masked(self, flags: list[bool]) -> list[bool]:
        """Returns for each output whether it carries a mask, given which of the inputs do."""
        known: dict[SymbolicTensor, bool] = dict(zip(self.inputs, flags, strict=True))
        for node in self.nodes:
            given = nest.walk(
                lambda leaf: known.get(leaf, False) if isinstance(leaf, SymbolicTensor) else False, node.inputs
            )
            specs = nest.walk(
                lambda leaf: leaf.node.outputs[leaf.index] if isinstance(leaf, SymbolicTensor) else leaf, node.inputs
            )
            found = node.layer.masked_outputs(specs, given, node.structure, node.arguments)
            known.update({node.tensor(index): flag for index, flag in enumerate(found)})
        return [known[tensor] for tensor in self.outputs]


class _Order(NamedTuple):
    nodes: list[Node]
    layers: list[Layer]
    depths: dict[Layer, int]


def _entries(inputs: list[SymbolicTensor]) -> dict[SymbolicTensor, InputLayer]:
    """Returns for each input tensor the layer that lets data in, under names that differ."""
    own = [tensor for tensor in inputs if isinstance(tensor.node.layer, InputLayer)]
    midway = [tensor for tensor in inputs if tensor not in own]
    # Several of these may be outputs of one layer, which all are named after.
    wanted = [tensor.node.layer.name for tensor in own] + [f"{tensor.node.layer.name}_input" for tensor in midway]
    named = dict(zip([*own, *midway], names.deduplicated(wanted), strict=True))
    return {tensor: InputLayer.at(tensor, named[tensor]) for tensor in inputs}


def _again(described: drawn.Drawn) -> Graph:
    return Graph(*described.tensors())


def _canonical_names(layers: list[Layer]) -> dict[Layer, str]:
    """Returns names within this graph that do not depend on what else the process has built: `dense`, `dense_1`, …"""
    taken = {layer.canonical_name for layer in layers}
    counts: Counter[str] = Counter()
    result = {}
    for layer in layers:
        name = layer.canonical_name
        while name is None:
            stem = names.snake_case(layer.type_name)
            candidate = f"{stem}_{counts[stem]}" if counts[stem] else stem
            counts[stem] += 1
            name = candidate if candidate not in taken else None
        result[layer] = name
    return result


def _way_to_a_tensor(leaf: Any) -> str:
    if isinstance(leaf, Layer):
        return "That is a layer, which was not called: outputs = layer(inputs)."
    if isinstance(leaf, type) and issubclass(leaf, Layer):
        return f"Make a layer of the class, and call that: {leaf.__name__}(…)(inputs)."
    return "Start from Input(shape=…) and call layers on it: Model(inputs, outputs). Arrays are for fit and predict."
