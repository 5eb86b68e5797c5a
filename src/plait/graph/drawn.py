"""A graph as plain data, one call after the other: so it is pickled and copied however deep it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plait.core import errors, nest
from plait.graph.input import InputLayer
from plait.graph.layer import Layer
from plait.graph.node import Node
from plait.graph.tensor import SymbolicTensor

if TYPE_CHECKING:
    from plait.graph.graph import Graph


@dataclass(frozen=True)
class Output:
    """Stands for a symbolic tensor: the output of a call, by the numbers of both. The inputs are the first calls."""

    call: int
    number: int


@dataclass(frozen=True)
class Call:
    """What a node is made of."""

    layer: Layer
    inputs: Any
    arguments: dict[str, Any]
    outputs: Any
    masked: list[bool]
    site: errors.CallSite | None


@dataclass(frozen=True)
class Drawn:
    """The inputs and calls of a graph, in running order, and the structures that it is between."""

    entries: list[InputLayer]
    calls: list[Call]
    inputs: Any
    outputs: Any

    def tensors(self) -> tuple[Any, Any]:
        """Returns inputs and outputs: the same layers, called again."""
        made = [[entry.tensor] for entry in self.entries]

        def tensor(leaf: Any) -> Any:
            return made[leaf.call][leaf.number] if isinstance(leaf, Output) else leaf

        for call in self.calls:
            inputs, arguments = nest.walk(tensor, call.inputs), nest.walk(tensor, call.arguments)
            node = Node(call.layer, inputs, arguments, call.outputs, call.masked, call.site)
            made.append([node.tensor(number) for number in range(len(node.outputs))])
        return nest.walk(tensor, self.inputs), nest.walk(tensor, self.outputs)


def of(graph: Graph) -> Drawn:
    """Returns the graph as plain data."""
    known = {tensor: Output(number, 0) for number, tensor in enumerate(graph.inputs)}

    def output(leaf: Any) -> Any:
        return known[leaf] if isinstance(leaf, SymbolicTensor) else leaf

    calls = []
    for place, node in enumerate(graph.nodes, len(known)):
        inputs, arguments = nest.walk(output, node.inputs), nest.walk(output, node.arguments)
        calls.append(Call(node.layer, inputs, arguments, node.structure, node.masked, node.site))
        for number in range(len(node.outputs)):
            known.setdefault(node.tensor(number), Output(place, number))
    entries = [graph.entries[tensor] for tensor in graph.inputs]
    return Drawn(entries, calls, nest.walk(output, graph.input_structure), nest.walk(output, graph.output_structure))
