"""Boxes in rows, and arrows in strands from each row to the next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

# Where an arrow meets the edge of a box that others meet in the middle, from there, in points.
ASIDE = 12.0


class Size(NamedTuple):
    """How large a box is, in points: across is along its row, deep is from row to row."""

    across: float
    deep: float


class Link(NamedTuple):
    """An arrow from a box to a box, by their numbers.

    leaves, enters: where it meets the edge of each, from the middle, in points; None for wherever suits.
    """

    source: int
    target: int
    leaves: float | None = None
    enters: float | None = None


class Strand(NamedTuple):
    """The part of an arrow from a row to the next; `leaves` and `enters` as of a link."""

    upper: int
    lower: int
    leaves: float = 0.0
    enters: float | None = 0.0


# The bends of arrows from one place, one under the other.
Wire: TypeAlias = list[int]


class Rows(NamedTuple):
    """What stands where, as far as numbers go.

    sizes:   of the boxes, by their numbers, and then of the bends: where an arrow passes a row, which has no size.
    rows:    boxes and bends, from left to right.
    strands: between each row and the next.
    wires:   all bends; arrows from one place share theirs.
    ways:    of each link its strands, from the first of its rows on; a link within one box has none.
    turned:  the links that go from a row to one before it.
    """

    sizes: list[Size]
    rows: list[list[int]]
    strands: list[list[Strand]]
    wires: list[Wire]
    ways: dict[Link, list[Strand]]
    turned: set[Link]


def stacked(sizes: Sequence[Size], links: Sequence[Link], ranks: Sequence[int]) -> Rows:
    """Returns the rows that ranks amount to, in the order of the numbers."""
    result = Rows(list(sizes), [[] for _ in range(max(ranks, default=-1) + 1)], [], [], {}, set())
    for box, rank in enumerate(ranks):
        result.rows[rank].append(box)
    strands: list[dict[Strand, None]] = [{} for _ in result.rows[1:]]
    wires: defaultdict[tuple[int, float, bool], Wire] = defaultdict(list)
    for link in links:
        is_turned = ranks[link.source] > ranks[link.target]
        upper, lower, leaves, enters = _turned(link) if is_turned else link
        passed = range(ranks[upper] + 1, ranks[lower])
        wire = wires[upper, leaves or 0.0, is_turned]
        wire += [_bend(result, rank) for rank in passed[len(wire) :]]
        way = _strands([upper, *wire[: len(passed)], lower], leaves or 0.0, enters) if upper != lower else []
        for rank, strand in enumerate(way, ranks[upper]):
            strands[rank][strand] = None
        result.ways[link] = way
        if is_turned:
            result.turned.add(link)
    result.strands.extend(map(list, strands))
    result.wires.extend(filter(None, wires.values()))
    return result


def _turned(link: Link) -> Link:
    """Returns a link from the target to the source, which leaves it beside those that start there."""
    return Link(link.target, link.source, (link.enters or 0.0) + ASIDE, link.leaves)


def _bend(rows: Rows, rank: int) -> int:
    """Puts a new bend into a row, and returns its number."""
    number = len(rows.sizes)
    rows.sizes.append(Size(0.0, 0.0))
    rows.rows[rank].append(number)
    return number


def _strands(spots: Sequence[int], leaves: float, enters: float | None) -> list[Strand]:
    """Returns strands from each to the next; at the bends between the ends there is only the middle."""
    starts: list[float] = [leaves, *(0.0 for _ in spots[2:])]
    ends: list[float | None] = [*(0.0 for _ in spots[2:]), enters]
    steps = zip(pairwise(spots), starts, ends, strict=True)
    return [Strand(upper, lower, start, end) for (upper, lower), start, end in steps]
