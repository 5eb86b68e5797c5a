"""How boxes and frames look, and how large they are."""

from __future__ import annotations

from collections.abc import Iterator

from plait.reports.drawing.diagram import Frame
from plait.reports.drawing.lettering import width_of
from plait.reports.drawing.shapes import Place, Rectangle, Shape, Text
from plait.reports.drawing.wording import Box

# In points.
_TITLE, _ROW = 13.0, 11.0
_HEADER_HEIGHT, _ROW_HEIGHT = 26.0, 16.0
_BESIDE_TITLE, _BESIDE_ROW, _ABOVE_ROWS = 14.0, 11.0, 5.0
_AFTER_LABEL = 9.0
_BORDER = 1.2
_RADIUS = 4.0
# How far below the middle of a line of text its baseline is, in sizes of the font.
_BASELINE = 0.35

COLOURS = {"layer": "#2f4b6e", "input": "#2c7a62", "operation": "#667085", "model": "#6b4a8a"}
_WHITE = "#ffffff"
_LABEL, _VALUE = "#667085", "#1d2433"
_FRAME, _FRAME_EDGE = "#f6f4f9", "#a393b8"


def size_of(one: Box | Frame) -> tuple[float, float]:
    """Returns the width and height of a box; of a frame those that its title needs."""
    if isinstance(one, Frame):
        return width_of(one.inside.title, _ROW, is_bold=True) + 2 * _BESIDE_TITLE, 2 * _HEADER_HEIGHT
    title = width_of(one.title, _TITLE, is_bold=True) + 2 * _BESIDE_TITLE
    values = max((width_of(row.value, _ROW) for row in one.rows), default=0.0)
    rows = 2 * _BESIDE_ROW + _label_width(one) + values
    height = 2 * _ABOVE_ROWS + _ROW_HEIGHT * len(one.rows) if one.rows else 0.0
    return max(title, rows), _HEADER_HEIGHT + height


def _label_width(box: Box) -> float:
    return max((width_of(row.label, _ROW) for row in box.rows), default=0.0) + _AFTER_LABEL


def drawn_box(box: Box, centre: Place) -> Iterator[Shape]:
    """Yields a header with the title, and below it the rows."""
    width, height = size_of(box)
    left, top = centre[0] - width / 2, centre[1] - height / 2
    colour = COLOURS[box.kind]
    yield Rectangle(left, top, width, height, colour, None, _RADIUS)
    middle = top + _HEADER_HEIGHT / 2 + _BASELINE * _TITLE
    yield Text(centre[0], middle, box.title, _TITLE, _WHITE, is_bold=True, is_centred=True)
    if not box.rows:
        return
    inner = height - _HEADER_HEIGHT - _BORDER
    yield Rectangle(left + _BORDER, top + _HEADER_HEIGHT, width - 2 * _BORDER, inner, _WHITE, None, _RADIUS - _BORDER)
    values = left + _BESIDE_ROW + _label_width(box)
    for number, row in enumerate(box.rows):
        y = top + _HEADER_HEIGHT + _ABOVE_ROWS + _ROW_HEIGHT * (number + 0.5) + _BASELINE * _ROW
        yield Text(left + _BESIDE_ROW, y, row.label, _ROW, _LABEL)
        yield Text(values, y, row.value, _ROW, _VALUE)


def drawn_frame(frame: Frame, centre: Place, size: Place) -> Iterator[Shape]:
    """Yields the edge of a frame, and what is behind everything in it."""
    yield Rectangle(
        centre[0] - size[0] / 2, centre[1] - size[1] / 2, *size, _FRAME, _FRAME_EDGE, 2 * _RADIUS, is_dashed=True
    )


def drawn_title(frame: Frame, centre: Place, size: Place) -> Iterator[Shape]:
    """Yields the title of a frame, in its upper left corner, over arrows that go through there."""
    left, top = centre[0] - size[0] / 2 + _BESIDE_ROW, centre[1] - size[1] / 2 + 0.4 * _ROW
    width = width_of(frame.inside.title, _ROW, is_bold=True)
    yield Rectangle(left, top, width, 1.3 * _ROW, _FRAME)
    yield Text(left, top + _ROW, frame.inside.title, _ROW, COLOURS["model"], is_bold=True)
