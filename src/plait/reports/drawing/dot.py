"""A diagram in the language of Graphviz."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from plait.reports.drawing.boxes import COLOURS
from plait.reports.drawing.diagram import Diagram, End, Frame
from plait.reports.drawing.wording import Box, printable

_INDENT = "    "


def dot_of(diagram: Diagram, rankdir: str, splines: str, dpi: float, is_subgraph: bool = False) -> str:
    """Returns the text of a DOT file.

    Args: rankdir, splines, dpi: Graphviz's attributes of these names.
          is_subgraph: whether it is a cluster, to stand in the graph of another file.
    """
    settings = [f"rankdir={rankdir}", f"splines={splines}", f"dpi={dpi:g}", 'node [shape=plain, fontname="Helvetica"]']
    start = f"subgraph {_quoted(f'cluster_{diagram.title}')}" if is_subgraph else f"digraph {_quoted(diagram.title)}"
    own = [f"label={_quoted(diagram.title)}"] if is_subgraph else settings
    inside = [*own, *_boxes(diagram), *(f"{_quoted(one)} -> {_quoted(other)}" for one, other in arrows_of(diagram))]
    return "\n".join([f"{start} {{", *(f"{_INDENT}{line}" for line in inside), "}", ""])


def _boxes(diagram: Diagram) -> Iterator[str]:
    for one in diagram.boxes:
        if isinstance(one, Box):
            yield f"{_quoted(one.name)} [label=<{_label(one)}>]"
            continue
        yield f"subgraph {_quoted(f'cluster_{one.name}')} {{"
        yield f"{_INDENT}label={_quoted(one.inside.title)}; labeljust=l; style=dashed"
        yield from (f"{_INDENT}{line}" for line in _boxes(one.inside))
        yield "}"


def _label(box: Box) -> str:
    colour = COLOURS[box.kind]
    title = f'<font color="white"><b>{escape(box.title)}</b></font>'
    rows = [f'<tr><td bgcolor="{colour}" colspan="2">{title}</td></tr>']
    for label, value in box.rows:
        rows.append(f'<tr><td align="left">{escape(label)}</td><td align="left">{escape(value)}</td></tr>')
    return f'<table border="1" color="{colour}" cellborder="0" cellspacing="0" cellpadding="5">{"".join(rows)}</table>'


def _quoted(text: str) -> str:
    escaped = printable(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# ------------------------------------------------------------------------------------------------ arrows


def arrows_of(diagram: Diagram) -> list[tuple[str, str]]:
    """Returns which box each arrow comes from and which one it goes to, by name, through the edges of frames."""
    return list(dict.fromkeys(_arrows(diagram)))


def _arrows(diagram: Diagram) -> Iterator[tuple[str, str]]:
    for arrow in diagram.arrows:
        for source in _boxes_at(diagram, arrow.source, is_source=True):
            for target in _boxes_at(diagram, arrow.target, is_source=False):
                yield source, target
    for one in diagram.boxes:
        if isinstance(one, Frame):
            yield from _arrows(one.inside)


def _boxes_at(diagram: Diagram, end: End, is_source: bool) -> Iterator[str]:
    """Yields the boxes at one end of an arrow; none at the edge, as the arrow is found around it too."""
    one = None if end.box is None else diagram.boxes[end.box]
    if isinstance(one, Frame):
        for arrow in one.inside.arrows:
            inner, edge = (arrow.source, arrow.target) if is_source else (arrow.target, arrow.source)
            if edge == End(None, end.port):
                yield from _boxes_at(one.inside, inner, is_source)
    elif one is not None:
        yield one.name
