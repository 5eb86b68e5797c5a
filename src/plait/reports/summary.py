"""The table of a model's layers, laid out to the byte as in the Keras of the lecture (2.2.4)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from plait.core import errors
from plait.core.weight import Weight
from plait.graph.graph import Graph
from plait.graph.input import InputLayer
from plait.graph.layer import Layer
from plait.graph.node import Node

_HEADINGS = {
    "layer": "Layer (type)",
    "shape": "Output Shape",
    "params": "Param #",
    "connection": "Connected to",
    "trainable": "Trainable",
}
_TRAINABLE_WIDTH = 11


class _Layout(NamedTuple):
    """The columns of a table by what they show, how wide it is, and where each column ends."""

    columns: list[str]
    width: int
    ends: list[int]

    def line(self, cells: dict[str, str]) -> str:
        """Returns one line; a cell that is too long is cut, with a space before the next one."""
        line = ""
        for column, end in zip(self.columns, self.ends, strict=True):
            separated = f"{line[:-1]} " if line else ""
            line = f"{separated}{cells.get(column, '')}"[:end].ljust(end)
        return line


def print_summary(
    model: Any,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    print_fn: Callable[[str], Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> None:
    """Prints a model's layers, their output shapes and numbers of parameters; nothing is allocated for it.

    Where the layers are no chain, a fourth column says which outputs each takes: `layer[call][output]`.

    Args:   line_length: the width in characters; 65, or 98 with the fourth column.
            positions: ends of the columns: fractions of the width if the last is at most 1, else characters.
            print_fn: called once per line; `print` if not given.
            expand_nested: whether to list the layers of models used as layers under them, marked by `|`.
            show_trainable: whether to add a column of 11 characters: Y, N, or - for a layer without weights.
            layer_range: names of the first and last layer to list, or regular expressions for how they begin.
    Errors: ValueError if the model is not built, the columns do not fit, or the range names no layers.
    Source: Keras 2.2.4 for the layout; tf.keras 2.6 for the last three arguments.
    """
    graph = graph_of(model)
    layers = within(layer_range, model.operations)
    layout = _layout(graph is None or _is_chain(graph), line_length, positions, show_trainable)
    light, heavy = "_" * layout.width, "=" * layout.width
    body: list[str] = []
    for rows in _rows(graph, layers, expand_nested):
        shown = rows if "connection" in layout.columns else rows[:1]
        body += [light, *map(layout.line, shown)]
    total = sum(weight.size for weight in model.weights)
    trainable = sum(weight.size for weight in model.trainable_weights)
    totals = [
        f"Total params: {total:,}",
        f"Trainable params: {trainable:,}",
        f"Non-trainable params: {total - trainable:,}",
    ]
    for line in [light, layout.line(_HEADINGS), heavy, *body[1:], heavy, *totals, light]:
        (print_fn or print)(line)


def graph_of(model: Any) -> Graph | None:
    """Returns the graph of a model; None for one that has its own `call` in place of a graph."""
    calls_by_itself = type(model).call is not Layer.call
    return None if model.built and calls_by_itself else model.graph


def _is_chain(graph: Graph) -> bool:
    """Whether each node takes the one tensor that the node before it makes, and no layer has two nodes."""
    return (
        len(graph.inputs) == 1
        and len({node.layer for node in graph.nodes}) == len(graph.nodes)
        and all(
            [parent.node for parent in node.parents] == [before]
            for before, node in pairwise([graph.inputs[0].node, *graph.nodes])
        )
    )


# ------------------------------------------------------------------------------------------------ rows


def _rows(
    graph: Graph | None, layers: list[Any], expand_nested: bool, depth: int = 0
) -> Iterator[list[dict[str, str]]]:
    """Yields the rows of each layer, as cells by column: one, and one more for each further connection."""
    calls: defaultdict[Layer, list[Node]] = defaultdict(list)
    for node in graph.nodes if graph else []:
        calls[node.layer].append(node)
    marker = f"{'|' * depth} " if depth else ""
    for layer in layers:
        nodes = sorted(calls[layer], key=lambda node: node.index)
        weights = layer.weights
        first = {
            "layer": f"{marker}{layer.name} ({layer.type_name})",
            "shape": _output_shape(layer, nodes),
            "params": _count(weights) if layer.built else "0 (unused)",
            "trainable": ("Y" if layer.trainable else "N") if weights else "-",
        }
        connections = list(_connections(graph, nodes)) if graph else []
        further = [{"connection": connection} for connection in connections[1:]]
        yield [{**first, "connection": "".join(connections[:1])}, *further]
        # A model, known by its operations: its class stands on a floor above.
        if expand_nested and layer.built and hasattr(layer, "operations"):
            yield from _rows(graph_of(layer), layer.operations, expand_nested, depth + 1)


def _count(weights: list[Weight]) -> str:
    """Returns the number of scalars; what the column has no room for is rounded, and never cut."""
    count = sum(weight.size for weight in weights)
    return str(count) if count < 10**10 else f"{count:.3e}"


def _connections(graph: Graph, nodes: list[Node]) -> Iterator[str]:
    for node in nodes:
        for tensor in node.parents:
            entry = graph.entries.get(tensor)
            yield (f"{entry.name}[0][0]" if entry else f"{tensor.node.layer.name}[{tensor.node.index}][{tensor.index}]")


def _output_shape(layer: Layer, nodes: list[Node]) -> str:
    """Returns the shape, or the list of shapes, that a layer's calls in the graph agree on."""
    if isinstance(layer, InputLayer):
        return str(layer.batch_shape)
    shapes = [[output.shape for output in node.outputs] for node in nodes]
    found = {str(several if len(several) > 1 else several[0]) for several in shapes}
    return found.pop() if len(found) == 1 else "multiple"


# ------------------------------------------------------------------------------------------------ arguments


def _layout(
    is_chain: bool, line_length: int | None, positions: Sequence[float] | None, show_trainable: bool
) -> _Layout:
    """Returns the columns and their measures.

    Errors: ValueError if a column has no room, or its end is missing or no number of characters.
    """
    columns = ["layer", "shape", "params"] if is_chain else ["layer", "shape", "params", "connection"]
    width = (65 if is_chain else 98) if line_length is None else line_length
    if not isinstance(width, int) or width < 1:
        raise ValueError(errors.explain(f"summary needs line_length in whole characters, got {width!r}."))
    given = list(positions if positions is not None else (0.45, 0.85, 1.0) if is_chain else (0.33, 0.55, 0.67, 1.0))
    numbers = all(isinstance(position, int | float) for position in given)
    scale = width if given and numbers and given[-1] <= 1 else 1
    ends = [int(scale * position) for position in given[: len(columns)]] if numbers else []
    if len(ends) < len(columns) or any(end <= before for before, end in pairwise([0, *ends])):
        raise ValueError(
            errors.explain(
                f"summary needs a column to end further right than the one before it, got positions {given} "
                f"on a line of {width} characters.",
                f"Columns of this table: {', '.join(_HEADINGS[column] for column in columns)}.",
                "Give one end for each, in characters or as fractions up to 1, or leave positions out.",
            )
        )
    if show_trainable:
        width += _TRAINABLE_WIDTH
        return _Layout([*columns, "trainable"], width, [*ends, width])
    return _Layout(columns, width, ends)


def within(layer_range: Sequence[str] | None, layers: list[Any]) -> list[Any]:
    """Returns the layers from the first that matches the start of the range to the last that matches its end.

    Errors: ValueError if it is not two strings, one matches no layer, or the last stands before the first.
    """
    if layer_range is None:
        return layers
    if isinstance(layer_range, str) or len(layer_range) != 2 or not all(isinstance(end, str) for end in layer_range):
        raise ValueError(
            errors.explain(
                f"layer_range needs the names of the first and the last layer, got {layer_range!r}.",
                'For example: layer_range=("dense_1", "dense_3").',
            )
        )
    names = [layer.name for layer in layers]
    start, stop = _matching(layer_range[0], names)[0], _matching(layer_range[1], names)[-1]
    if start > stop:
        raise ValueError(
            errors.explain(
                f'layer_range ends before it starts: layer "{names[stop]}" stands above "{names[start]}".',
                f"Layers, in order: {', '.join(names)}.",
            )
        )
    return layers[start : stop + 1]


def _matching(pattern: str, names: list[str]) -> list[int]:
    """Returns the positions of the names that a pattern matches."""
    # A name means itself alone: as a pattern, "dense_1" would match "dense_10" too.
    if pattern in names:
        return [names.index(pattern)]
    try:
        found = [index for index, name in enumerate(names) if re.match(pattern, name)]
    except re.error as error:
        raise ValueError(
            f"layer_range: {pattern!r} is neither a layer's name nor a regular expression: {error}."
        ) from error
    if not found:
        raise ValueError(
            errors.explain(
                f"layer_range: no layer's name is or matches {pattern!r}.{errors.nearest(pattern, names)}",
                f"Layers: {', '.join(names)}.",
            )
        )
    return found
