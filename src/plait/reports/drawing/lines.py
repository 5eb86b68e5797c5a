"""The lines that arrows are drawn by: round a corner, straight, or in a curve; and their heads."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from plait.reports.drawing.arrangement import Leg, Point
from plait.reports.drawing.shapes import Command, Place
from plait.reports.drawing.tracks import is_straight

_ROUNDING = 6.0
_HEAD_LENGTH = 8.0
_HEAD_WIDTH = 7.0

Points: TypeAlias = Callable[[Sequence[Leg]], list[Point]]
Commands: TypeAlias = Callable[[Sequence[Place]], Iterator[Command]]


# ------------------------------------------------------------------------------------------------ which points


def angled(legs: Sequence[Leg]) -> list[Point]:
    """Returns the corners of a line that goes from row to row, and along the rows between them."""
    corners: list[Point] = []
    for start, turn, end in legs:
        is_bent = not is_straight(start.across, end.across)
        corners += [start, *([Point(start.across, turn), Point(end.across, turn)] if is_bent else []), end]
    return corners


def direct(legs: Sequence[Leg]) -> list[Point]:
    """Returns the corners of a line that goes the shortest way from row to row."""
    return [point for leg in legs for point in (leg.start, leg.end)]


def curved(legs: Sequence[Leg]) -> list[Point]:
    """Returns the ends of Bézier curves, with two points between each and the next that they bend towards."""
    ends = direct(legs)
    return [ends[0], *(point for start, end in pairwise(ends) for point in _bow(start, end))]


def _bow(start: Point, end: Point) -> tuple[Point, Point, Point]:
    middle = (start.deep + end.deep) / 2
    return Point(start.across, middle), Point(end.across, middle), end


# ------------------------------------------------------------------------------------------------ what goes through


def cornered(corners: Sequence[Place]) -> Iterator[Command]:
    """Yields a line from corner to corner, each of them rounded."""
    corners = [corners[0], *(after for before, after in pairwise(corners) if math.dist(before, after) > 0.01)]
    yield "M", (corners[0],)
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        radius = min(_ROUNDING, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        yield "L", (towards(corner, before, radius),)
        yield "Q", (corner, towards(corner, after, radius))
    yield "L", (corners[-1],)


def smooth(points: Sequence[Place]) -> Iterator[Command]:
    """Yields curves through every third point."""
    yield "M", (points[0],)
    for number in range(1, len(points), 3):
        yield "C", tuple(points[number : number + 3])


def towards(start: Place, end: Place, distance: float) -> Place:
    """Returns the place so far from the start on the way to the end."""
    part = distance / (math.dist(start, end) or 1.0)
    return start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part


# By the names that Graphviz has for them.
SPLINES: dict[str, tuple[Points, Commands]] = {
    "ortho": (angled, cornered),
    "polyline": (direct, cornered),
    "line": (direct, cornered),
    "spline": (curved, smooth),
    "curved": (curved, smooth),
}


# ------------------------------------------------------------------------------------------------ heads


def with_head(points: Sequence[Place]) -> tuple[list[Place], tuple[Command, ...]]:
    """Returns the points of a line that leaves room for the head of an arrow at its end, and the head."""
    before, tip = points[-2:]
    back = towards(tip, before, _HEAD_LENGTH)
    part = _HEAD_WIDTH / _HEAD_LENGTH / 2
    x, y = (back[1] - tip[1]) * part, (tip[0] - back[0]) * part
    one, other = (back[0] + x, back[1] + y), (back[0] - x, back[1] - y)
    commands: tuple[Command, ...] = (("M", (tip,)), ("L", (one,)), ("L", (other,)), ("Z", ()))
    return [*points[:-1], towards(tip, before, _HEAD_LENGTH / 2)], commands
