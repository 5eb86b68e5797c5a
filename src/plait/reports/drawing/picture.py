"""A diagram as a picture: boxes where they stand, and arrows between them, from whichever side to the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import TypeAlias

from plait.reports.drawing.arrangement import Point
from plait.reports.drawing.boxes import drawn_box, drawn_frame, drawn_title, size_of
from plait.reports.drawing.diagram import Diagram, Frame
from plait.reports.drawing.layout import Layout, laid_out
from plait.reports.drawing.lines import SPLINES, cornered, with_head
from plait.reports.drawing.rows import Size
from plait.reports.drawing.shapes import Command, Path, Picture, Place, Rectangle, Shape
from plait.reports.drawing.wording import Box

_WHITE = "#ffffff"
_LINE = "#4a5468"

_Turn: TypeAlias = Callable[[Point, Size], Place]

# By the names that Graphviz has for them: where a point of a layout of some size is in the picture.
DIRECTIONS: dict[str, _Turn] = {
    "TB": lambda point, size: (point.across, point.deep),
    "BT": lambda point, size: (point.across, size.deep - point.deep),
    "LR": lambda point, size: (point.deep, point.across),
    "RL": lambda point, size: (size.deep - point.deep, point.across),
}
_LYING = ("LR", "RL")


def picture_of(diagram: Diagram, rankdir: str = "TB", splines: str = "ortho") -> Picture:
    """Returns the picture of a diagram.

    Args: rankdir: where arrows go, one of DIRECTIONS: "TB" is from top to bottom.
          splines: how they are drawn, one of SPLINES.
    """

    def oriented(size: Place) -> Size:
        return Size(*(reversed(size) if rankdir in _LYING else size))

    def measure(one: Box | Frame) -> Size:
        return oriented(size_of(one))

    layout = laid_out(diagram, measure)
    width, height = oriented(layout.size)
    shapes = _shapes(layout, lambda point: DIRECTIONS[rankdir](point, layout.size), oriented, splines)
    return Picture(diagram.title, width, height, [Rectangle(0.0, 0.0, width, height, _WHITE), *shapes])


def _shapes(
    layout: Layout, place: Callable[[Point], Place], oriented: Callable[[Place], Place], splines: str
) -> Iterator[Shape]:
    """Yields frames, over them arrows, and over these titles and boxes."""
    frames = [(frame, place(centre), oriented(size)) for frame, centre, size in layout.frames]
    for frame in frames:
        yield from drawn_frame(*frame)
    yield from _arrows(layout, place, splines)
    for frame in frames:
        yield from drawn_title(*frame)
    for box, centre in layout.boxes:
        yield from drawn_box(box, place(centre))


def _arrows(layout: Layout, place: Callable[[Point], Place], splines: str) -> Iterator[Shape]:
    """Yields the heads of arrows, and the lines to them."""
    points_of, commands = SPLINES[splines]
    # Those from one place are one path: drawn over each other, they would be bolder where they share their way.
    paths: defaultdict[Point, list[Command]] = defaultdict(list)
    for legs, head in layout.lines:
        points = list(map(place, points_of(legs)))
        if head:
            points, tip = with_head(points[::-1] if head == "start" else points)
            yield Path(tip, fill=_LINE)
        paths[legs[0].start] += commands(points)
    for loop in layout.loops:
        points, tip = with_head(list(map(place, loop)))
        yield Path(tip, fill=_LINE)
        paths[loop[0]] += cornered(points)
    for path in paths.values():
        yield Path(tuple(path), stroke=_LINE)
