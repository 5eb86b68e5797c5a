"""The layers at the start of a graph that are computed on the host, before its compiled program: those on text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from plait.core import errors, nest
from plait.graph.node import Node
from plait.graph.tensor import SymbolicTensor

if TYPE_CHECKING:
    from plait.graph.graph import Step

TEXT = "string"


class Half(NamedTuple):
    """One of the arrays that a model in the graph, which starts on the host too, computes there for the rest of it."""

    node: Node
    number: int


@dataclass(frozen=True)
class Prepared:
    """What the compiled part of a model is given, after its part on the host."""

    arrays: list[Any]


class Before:
    """What of a graph is computed on the host.

    steps:  in running order; the others are compiled. A model that starts on the host is in both.
    halves: for each call of such a model, what its steps on the host give to its compiled ones.
    is_raw: whether each input of the graph goes to these alone, and is taken as it is given.
    given:  what the compiled steps are given: inputs of the graph, and outputs of these steps.

    Args:   inputs, outputs: of the graph.
            steps: all steps of the graph, in running order.
    Errors: ValueError if a compiled step takes text, or one on the host what only the compiled program computes.
    """

    def __init__(
        self, inputs: Sequence[SymbolicTensor], outputs: Sequence[SymbolicTensor], steps: Sequence[Step]
    ) -> None:
        self.inputs = inputs
        inside = {step.node: before for step in steps if (before := _before(step.node.layer))}
        self.steps = [step for step in steps if step.node.layer.runs_on_host or step.node in inside]
        self.halves = {
            node: [Half(node, number) for number in range(len(before.given))] for node, before in inside.items()
        }
        made = [step.node.tensor(0) for step in self.steps if step.node not in inside]
        compiled = [step.node for step in steps if not step.node.layer.runs_on_host and step.node not in inside]
        taken = {tensor for node in compiled for tensor in node.parents} | set(outputs)
        read = {tensor for step in self.steps for tensor in step.node.parents}
        self.is_raw = [tensor.dtype == TEXT or (tensor in read and tensor not in taken) for tensor in inputs]
        self.given: list[SymbolicTensor | Half] = [
            *[tensor for tensor, is_raw in zip(inputs, self.is_raw, strict=True) if not is_raw],
            *[tensor for tensor in made if tensor in taken and tensor not in inputs],
            *[half for halves in self.halves.values() for half in halves],
        ]
        for tensor in taken:
            if tensor.dtype == TEXT:
                raise ValueError(
                    errors.explain(
                        f'The text of "{tensor.name}" cannot go into a compiled program.',
                        "Call a layer on it first that makes numbers of text: StringLookup, TextVectorization, Hashing "
                        "or HashedCrossing.",
                    )
                )
        for step in self.steps:
            for tensor in step.node.parents:
                if tensor not in made and tensor not in inputs:
                    raise ValueError(
                        errors.explain(
                            f'{step.node.layer} works on the host, and cannot take what "{tensor.name}" computes in '
                            "the compiled program.",
                            "Call it on an Input, before all other layers.",
                        )
                    )

    def run(self, inputs: list[Any]) -> list[Any]:
        """Returns what the compiled steps are given, for these inputs of the graph."""
        if not self.steps:
            return inputs
        known: dict[Any, Any] = dict(zip(self.inputs, inputs, strict=True))

        def array(leaf: Any) -> Any:
            return known[leaf] if isinstance(leaf, SymbolicTensor) else leaf

        for node, _ in self.steps:
            layer: Any = node.layer
            given = nest.walk(array, node.inputs)
            if node in self.halves:
                known.update(zip(self.halves[node], layer.prepared(given), strict=True))
            else:
                known[node.tensor(0)] = layer.transform(given)
        return [known[one] for one in self.given]


def _before(layer: Any) -> Before | None:
    """Returns what of a model is computed on the host; None if that is nothing, and for a layer."""
    is_graph = hasattr(type(layer), "graph") and not layer.has_keras_call
    return layer.graph.before if is_graph and layer.graph.before.steps else None
