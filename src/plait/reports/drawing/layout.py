"""Where the boxes, frames and arrows of a diagram stand: each frame is arranged by itself, and is then one box."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from plait.reports.drawing.arrangement import Arrangement, Leg, Point, arrange
from plait.reports.drawing.diagram import Arrow, Diagram, End, Frame
from plait.reports.drawing.rows import Link, Size
from plait.reports.drawing.wording import Box

# Around the whole, and around what is in a frame, which has its title there; in points.
_MARGIN = 22.0
# How far an arrow from a box to the same box goes out of it.
_LOOP = 16.0
_NOTHING = Size(0.0, 0.0)

Measure: TypeAlias = Callable[[Box | Frame], Size]


class Line(NamedTuple):
    """An arrow, or the part of one inside or outside of a frame; `head` is "end", "start" or "", for no head."""

    legs: list[Leg]
    head: str

    def moved(self, by: Point) -> Line:
        """Returns the line elsewhere."""
        return Line([Leg(_sum(start, by), turn + by.deep, _sum(end, by)) for start, turn, end in self.legs], self.head)


class Layout(NamedTuple):
    """Where the middle of everything stands; frames stand before what is in them.

    loops:            the corners of arrows from a box to itself.
    entrances, exits: where arrows cross the edge, by number: how far across from its middle.
    """

    size: Size
    boxes: list[tuple[Box, Point]]
    frames: list[tuple[Frame, Point, Size]]
    lines: list[Line]
    loops: list[list[Point]]
    entrances: Mapping[int, float]
    exits: Mapping[int, float]

    def take(self, frame: Frame, inside: Layout, centre: Point) -> None:
        """Puts a frame here, with what is in it."""
        by = Point(centre.across - inside.size.across / 2, centre.deep - inside.size.deep / 2)
        self.frames.append((frame, centre, inside.size))
        self.frames.extend((inner, _sum(place, by), size) for inner, place, size in inside.frames)
        self.boxes.extend((box, _sum(place, by)) for box, place in inside.boxes)
        self.lines.extend(line.moved(by) for line in inside.lines)
        self.loops.extend([_sum(corner, by) for corner in loop] for loop in inside.loops)


def laid_out(diagram: Diagram, measure: Measure, least: Size = _NOTHING) -> Layout:
    """Returns where everything stands.

    Args: measure: gives the size of a box; of a frame the least that it must have.
          least: the least size of the whole.
    """
    plan = _Plan(diagram, measure)
    found = plan.arrangement()
    before, behind = plan.margins(found)
    size = Size(max(found.size.across + 2 * _MARGIN, least.across), max(before + found.size.deep + behind, least.deep))
    spare = size.deep - before - found.size.deep - behind
    by = Point((size.across - found.size.across) / 2, before + spare / 2)
    return plan.layout(found, size, by)


class _Plan:
    """A diagram whose frames are laid out already; where arrows cross its edge are boxes without a size."""

    def __init__(self, diagram: Diagram, measure: Measure) -> None:
        self.diagram = diagram
        self.inside = {
            place: laid_out(one.inside, measure, measure(one))
            for place, one in enumerate(diagram.boxes)
            if isinstance(one, Frame)
        }
        self.sizes = [
            self.inside[place].size if place in self.inside else measure(one) for place, one in enumerate(diagram.boxes)
        ]
        self.loops = {arrow.source.box for arrow in diagram.arrows if _is_loop(arrow)}
        entrances = dict.fromkeys(arrow.source.port for arrow in diagram.arrows if arrow.source.box is None)
        exits = dict.fromkeys(arrow.target.port for arrow in diagram.arrows if arrow.target.box is None)
        self.entrances = {port: len(self.sizes) + number for number, port in enumerate(entrances)}
        self.exits = {port: len(self.sizes) + len(entrances) + number for number, port in enumerate(exits)}

    def arrangement(self) -> Arrangement:
        """Returns the boxes arranged, each with room beside it for an arrow to itself."""
        rooms = [
            Size(size.across + 2 * _LOOP, size.deep) if place in self.loops else size
            for place, size in enumerate(self.sizes)
        ]
        gates = [*self.entrances.values(), *self.exits.values()]
        links = list(map(self._link, self.diagram.arrows))
        return arrange(rooms + [_NOTHING] * len(gates), links, self.entrances.values(), self.exits.values())

    def margins(self, found: Arrangement) -> tuple[float, float]:
        """Returns how deep the margins before and behind are: less where arrows from the edge need room anyway."""
        edges = [
            (centre.deep - size.deep / 2, found.size.deep - centre.deep - size.deep / 2)
            for centre, size in zip(found.centres, self.sizes, strict=False)
        ]
        before, behind = map(min, zip(*edges, strict=True))
        return max(0.0, _MARGIN - before), max(0.0, _MARGIN - behind)

    def _link(self, arrow: Arrow) -> Link:
        source, leaves = self._end(arrow.source, self.entrances, "exits")
        target, enters = self._end(arrow.target, self.exits, "entrances")
        return Link(source, target, leaves, enters)

    def _end(self, end: End, gates: Mapping[int, int], side: str) -> tuple[int, float | None]:
        """Returns the number of a box, and where an arrow meets its edge, where that is not free."""
        if end.box is None:
            return gates[end.port], 0.0
        inside = self.inside.get(end.box)
        return end.box, None if inside is None else getattr(inside, side)[end.port]

    def layout(self, found: Arrangement, size: Size, by: Point) -> Layout:
        """Returns where everything stands in a whole of this size, in which the arrangement begins at a place."""
        centres = [_sum(centre, by) for centre in found.centres]
        layout = Layout(
            size,
            [(box, centre) for box, centre in zip(self.diagram.boxes, centres, strict=False) if isinstance(box, Box)],
            [],
            [self._line(arrow, found, size, by) for arrow in self.diagram.arrows if not _is_loop(arrow)],
            [_loop(centres[place], one) for place, one in enumerate(self.sizes) if place in self.loops],
            {port: centres[number].across - size.across / 2 for port, number in self.entrances.items()},
            {port: centres[number].across - size.across / 2 for port, number in self.exits.items()},
        )
        for place, inside in self.inside.items():
            layout.take(self.diagram.boxes[place], inside, centres[place])  # type: ignore[arg-type]
        return layout

    def _line(self, arrow: Arrow, found: Arrangement, size: Size, by: Point) -> Line:
        link = self._link(arrow)
        goes_on = arrow.target.box is None or arrow.target.box in self.inside
        head = "start" if link in found.turned else "" if goes_on else "end"
        line = Line(found.legs[link], head).moved(by)
        if arrow.source.box is None:
            line.legs[0] = line.legs[0]._replace(start=Point(line.legs[0].start.across, 0.0))
        if arrow.target.box is None:
            line.legs[-1] = line.legs[-1]._replace(end=Point(line.legs[-1].end.across, size.deep))
        return line


def _is_loop(arrow: Arrow) -> bool:
    return arrow.source.box is not None and arrow.source.box == arrow.target.box


def _loop(centre: Point, size: Size) -> list[Point]:
    edge = centre.across + size.across / 2
    low, high = centre.deep + size.deep / 4, centre.deep - size.deep / 4
    return [Point(edge, low), Point(edge + _LOOP, low), Point(edge + _LOOP, high), Point(edge, high)]


def _sum(place: Point, by: Point) -> Point:
    return Point(place.across + by.across, place.deep + by.deep)
