"""What is drawn of a model: boxes, the frames around them, and arrows, without saying where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from plait.core import nest
from plait.graph.graph import Graph
from plait.graph.layer import Layer
from plait.graph.node import Node
from plait.graph.tensor import SymbolicTensor
from plait.reports import summary
from plait.reports.drawing.wording import Box, Shown, box_of, printable


class End(NamedTuple):
    """Where an arrow begins or ends.

    box:  the number of a box or frame; None for the edge around all of them.
    port: which output or input of the model inside that frame, or edge, it belongs to.
    """

    box: int | None
    port: int = 0


class Arrow(NamedTuple):
    """From what makes a tensor to what takes it."""

    source: End
    target: End


@dataclass(frozen=True)
class Diagram:
    """Boxes, frames among them, and the arrows between them and to and from the edge."""

    title: str
    boxes: Sequence[Box | Frame]
    arrows: Sequence[Arrow]


@dataclass(frozen=True)
class Frame:
    """A model inside a model, with what is in it; `name` is the path to it, as that of a box."""

    name: str
    inside: Diagram


def diagram_of(
    model: Any, shown: Shown, expand_nested: bool = False, layer_range: Sequence[str] | None = None
) -> Diagram:
    """Returns what is drawn of a model: one box for each layer and function, however often it is called.

    A model that computes by a `call` of its own is one box.

    Args:   shown: what boxes say.
            expand_nested: whether a model inside the model is a frame, and not a box.
            layer_range: names of the first and last layer, as for `summary`.
    Errors: ValueError if the model is not built, or the range names no layers.
    """
    graph = None if model.built and not model.has_graph else model.graph
    if graph is None:
        layers = summary.within(layer_range, [model])
        return Diagram(printable(model.name), [box_of(layer, [], shown, layer.name) for layer in layers], [])
    layers = summary.within(layer_range, model.operations)
    return _Inside(graph, layers, shown, expand_nested).diagram(model.name)


class _Inside:
    """The inside of a model: which of its layers are drawn, and whether models among them are frames.

    Args: path: what the names of boxes begin with.
    """

    def __init__(
        self, graph: Graph, layers: Sequence[Layer], shown: Shown, expand_nested: bool, path: str = ""
    ) -> None:
        self.graph = graph
        self.shown = shown
        self.expand_nested = expand_nested
        self.path = path
        self.places = {layer: place for place, layer in enumerate(layers)}
        self.calls: defaultdict[Layer, list[Node]] = defaultdict(list)
        for node in graph.nodes:
            self.calls[node.layer].append(node)

    def diagram(self, title: str, entrances: Collection[int] = (), exits: Collection[int] = ()) -> Diagram:
        """Returns the boxes and arrows.

        Args: entrances, exits: the inputs and outputs, by number, that arrows lead to and from across the edge.
        """
        arrows = list(dict.fromkeys(self._arrows(entrances, exits)))
        boxes = [self._box(layer, place, arrows) for layer, place in self.places.items()]
        return Diagram(printable(title), boxes, arrows)

    def _box(self, layer: Any, place: int, arrows: Sequence[Arrow]) -> Box | Frame:
        name = f"{self.path}{layer.name}"
        if not self._is_frame(layer):
            return box_of(layer, self.calls[layer], self.shown, name)
        inside = _Inside(layer.graph, layer.operations, self.shown, True, f"{name}/")
        entrances = sorted({arrow.target.port for arrow in arrows if arrow.target.box == place})
        exits = sorted({arrow.source.port for arrow in arrows if arrow.source.box == place})
        return Frame(name, inside.diagram(f"{layer.name} ({layer.type_name})", entrances, exits))

    def _is_frame(self, layer: Any) -> bool:
        # A model, known by its operations: its class stands on a floor above.
        return self.expand_nested and hasattr(layer, "operations") and layer.has_graph

    # ---------------------------------------------------------------------------------------- arrows

    def _arrows(self, entrances: Collection[int], exits: Collection[int]) -> Iterator[Arrow]:
        for number in entrances:
            entry = self.graph.entries[self.graph.inputs[number]]
            if entry in self.places:
                yield Arrow(End(None, number), End(self.places[entry]))
        for node in self.graph.nodes:
            if node.layer in self.places:
                for port, tensor in self._taken(node):
                    yield from self._arrow(tensor, End(self.places[node.layer], port), entrances)
        for number in exits:
            yield from self._arrow(self.graph.outputs[number], End(None, number), entrances)

    def _arrow(self, tensor: SymbolicTensor, target: End, entrances: Collection[int]) -> Iterator[Arrow]:
        """Yields the arrow of a tensor; none if what it comes from is not drawn."""
        layer = self.graph.entries.get(tensor, tensor.node.layer)
        if layer in self.places:
            yield Arrow(End(self.places[layer], tensor.index if self._is_frame(layer) else 0), target)
        elif tensor in self.graph.entries:
            # A Sequential model has no box for its input.
            number = self.graph.inputs.index(tensor)
            if number in entrances:
                yield Arrow(End(None, number), target)

    def _taken(self, node: Node) -> list[tuple[int, SymbolicTensor]]:
        """Returns the tensors that a call takes; those of a frame with the number of the input that each is for."""
        if not self._is_frame(node.layer):
            return [(0, tensor) for tensor in node.parents]
        given = _in_order(node.inputs, node.layer)
        return [(port, leaf) for port, leaf in enumerate(given) if isinstance(leaf, SymbolicTensor)]


def _in_order(inputs: Any, model: Any) -> list[Any]:
    """Returns what a model is called on, in the order of its inputs."""
    if not isinstance(inputs, Mapping):
        return nest.flatten(inputs)
    by_name = dict(zip(nest.paths(inputs), nest.flatten(inputs), strict=True))
    return [by_name[name] for name in model.input_names]
