"""The table of a model's layers, laid out to the byte as in the Keras of the lecture (2.2.4)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from plait.core import errors
from plait.graph.graph import Graph
from plait.graph.input import InputLayer
from plait.graph.layer import Layer
from plait.graph.node import Node
from plait.graph.shapes import Shape
from plait.reports import costs, table, traced


def print_summary(
    model: Any,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    print_fn: Callable[[str], Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
    show_costs: bool = False,
) -> None:
    """Prints a model's layers, their output shapes and numbers of parameters; nothing is allocated for it.

    Where the layers are no chain, a fourth column says which outputs each takes: `layer[call][output]`. The layers of
    a model with a `call` are listed in the order of its attributes; `?` stands for the shapes of what was not called.

    Args:   line_length: the width in characters; 65, or 98 with the fourth column.
            positions: ends of the columns: fractions of the width if the last is at most 1, else characters.
            print_fn: called once per line; `print` if not given.
            expand_nested: whether to list the layers of models used as layers under them, marked by `|`.
            show_trainable: whether to add a column of 11 characters: Y, N, or - for a layer without weights.
            layer_range: names of the first and last layer to list, or regular expressions for how they begin.
            show_costs: whether to add columns of 15 and 14 characters, for what a layer costs: the multiply-adds of its
                products and convolutions, and the bytes of its outputs. Both of one example, or of as many as the
                shapes of the inputs say; of all calls of a layer together, without those of gradients.
    Errors: ValueError if the model is not built, the columns do not fit, the range names no layers, or costs depend on
            sizes that are not known.
    Source: Keras 2.2.4 for the layout; tf.keras 2.6 for the arguments after print_fn but the last; Keras 3 for the
            shapes of models with a `call`.
    """
    graph = model.graph if model.has_graph else None
    layers = within(layer_range, model.operations)
    asked = {"trainable": show_trainable, "multiply_adds": show_costs, "output_bytes": show_costs}
    further = [column for column, is_asked in asked.items() if is_asked]
    layout = table.layout(graph is None or _is_chain(graph), line_length, positions, further)
    counted = costs.of(model) if show_costs else None
    light, heavy = "_" * layout.width, "=" * layout.width
    body: list[str] = []
    for rows in _rows(model, layers, expand_nested, counted):
        shown = rows if "connection" in layout.columns else rows[:1]
        body += [light, *map(layout.line, shown)]
    totals = [*_totals(model), *([_total_costs(model, counted)] if counted else [])]
    for line in [light, layout.line(table.HEADINGS), heavy, *body[1:], heavy, *totals, light]:
        (print_fn or print)(line)


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
    model: Any,
    layers: list[Any],
    expand_nested: bool,
    counted: costs.Costs | None,
    given: traced.Given | None = None,
    depth: int = 0,
) -> Iterator[list[dict[str, str]]]:
    """Yields the rows of each layer, as cells by column: one, and one more for each further connection.

    Args: given: what layers give in the `call` of a model around this one.
    """
    graph = model.graph if model.has_graph and model.built else None
    given = given or ({} if model.has_graph else traced.shapes_given(model))
    calls: defaultdict[Layer, list[Node]] = defaultdict(list)
    for node in graph.nodes if graph else []:
        calls[node.layer].append(node)
    marker = f"{'|' * depth} " if depth else ""
    for layer in layers:
        nodes = sorted(calls[layer], key=lambda node: node.index)
        weights = layer.weights
        first = {
            "layer": f"{marker}{layer.name} ({layer.type_name})",
            "shape": _output_shape(layer, _shapes_of(nodes) if graph else given.get(layer, [])),
            "params": table.number(sum(weight.size for weight in weights)) if layer.built else "0 (unused)",
            "trainable": ("Y" if layer.trainable else "N") if weights else "-",
        }
        if counted:
            first["multiply_adds"] = table.number(counted.multiply_adds[layer])
            first["output_bytes"] = table.number(counted.output_bytes[layer])
        connections = list(_connections(graph, nodes)) if graph else []
        further = [{"connection": connection} for connection in connections[1:]]
        yield [{**first, "connection": "".join(connections[:1])}, *further]
        # A model, known by its operations: its class stands on a floor above.
        if expand_nested and hasattr(layer, "operations"):
            yield from _rows(layer, layer.operations, expand_nested, counted, given, depth + 1)


def _connections(graph: Graph, nodes: list[Node]) -> Iterator[str]:
    for node in nodes:
        for tensor in node.parents:
            entry = graph.entries.get(tensor)
            yield (f"{entry.name}[0][0]" if entry else f"{tensor.node.layer.name}[{tensor.node.index}][{tensor.index}]")


def _shapes_of(nodes: list[Node]) -> list[list[Shape]]:
    return [[output.shape for output in node.outputs] for node in nodes]


def _output_shape(layer: Layer, calls: list[list[Shape]]) -> str:
    """Returns the shape, or the list of shapes, that a layer's calls agree on."""
    if isinstance(layer, InputLayer):
        return str(layer.batch_shape)
    found = {str(several[0] if len(several) == 1 else several) for several in calls}
    return "multiple" if len(found) > 1 else "".join(found) or "?"


def _totals(model: Any) -> list[str]:
    total = sum(weight.size for weight in model.weights)
    trainable = sum(weight.size for weight in model.trainable_weights)
    return [
        f"Total params: {total:,}",
        f"Trainable params: {trainable:,}",
        f"Non-trainable params: {total - trainable:,}",
    ]


def _total_costs(model: Any, counted: costs.Costs) -> str:
    output_bytes = sum(counted.output_bytes[layer] for layer in model.operations)
    return (
        f"Costs of {errors.counted(counted.examples, 'example')}: {counted.multiply_adds[model]:,} multiply-adds, "
        f"{output_bytes:,} bytes of outputs"
    )


# ------------------------------------------------------------------------------------------------ arguments


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
