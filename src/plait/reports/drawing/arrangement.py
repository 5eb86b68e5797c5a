"""Boxes in rows, and the arrows between them: where each stands, and which way each goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import accumulate
from typing import NamedTuple

from plait.reports.drawing.alignment import aligned
from plait.reports.drawing.crossings import untangled
from plait.reports.drawing.ranks import lowered, ranks
from plait.reports.drawing.rows import ASIDE, Link, Rows, Size, Strand, stacked
from plait.reports.drawing.tracks import is_straight, tracks

# Between two rows, and from track to track, in points.
_BETWEEN_ROWS = 34.0
_BETWEEN_TRACKS = 9.0


class Point(NamedTuple):
    """A place, in points: across is along a row, deep is from row to row."""

    across: float
    deep: float


class Leg(NamedTuple):
    """The part of an arrow between two rows: where it starts and ends, and how deep it goes across."""

    start: Point
    turn: float
    end: Point


class Arrangement(NamedTuple):
    """Where everything stands.

    size:    of the whole, which starts at 0 both ways.
    centres: of the boxes, by their numbers.
    legs:    of each link, from the first row to the last; none within one box.
    turned:  the links that end in the first of their rows.
    """

    size: Size
    centres: list[Point]
    legs: dict[Link, list[Leg]]
    turned: set[Link]


def arrange(
    sizes: Sequence[Size], links: Sequence[Link], first: Collection[int] = (), last: Collection[int] = ()
) -> Arrangement:
    """Returns where boxes of these sizes stand, so that links lead from row to row: always the same for the same.

    The rows are found by longest paths, their order by few crossings, the places in them by straight arrows.

    Args: links: from box to box, by number; some are turned round where they go in a circle.
          first, last: boxes without a size that have to be in the first row, and in the last.
    """
    pairs = [(link.source, link.target) for link in links]
    rows = stacked(sizes, links, lowered(ranks(len(sizes), pairs), pairs, first, last))
    rows = rows._replace(rows=untangled(rows))
    across = _from_zero(aligned(rows, len(sizes)), rows.sizes)
    strands = [_entered(strands, across) for strands in rows.strands]
    levels = [tracks(list(entered.values()), across) for entered in strands]
    grid = _grid(rows, len(sizes), levels)

    def leg(strand: Strand) -> Leg:
        """Returns a strand with the places of its ends."""
        row = grid.row_of[strand.upper]
        enters = strands[row][strand].enters or 0.0
        return Leg(
            Point(across[strand.upper] + strand.leaves, grid.edges(strand.upper)[1]),
            grid.turn(row, levels[row].get((strand.upper, strand.leaves), 0)),
            Point(across[strand.lower] + enters, grid.edges(strand.lower)[0]),
        )

    width = max((middle + size.across / 2 for middle, size in zip(across, rows.sizes, strict=True)), default=0.0)
    return Arrangement(
        Size(width, grid.depth),
        [Point(across[box], sum(grid.edges(box)) / 2) for box in range(len(sizes))],
        {link: [leg(strand) for strand in way] for link, way in rows.ways.items()},
        rows.turned,
    )


def _from_zero(across: Sequence[float], sizes: Sequence[Size]) -> list[float]:
    left = min((middle - size.across / 2 for middle, size in zip(across, sizes, strict=True)), default=0.0)
    return [middle - left for middle in across]


# ------------------------------------------------------------------------------------------------ where arrows enter


def _entered(strands: Sequence[Strand], across: Sequence[float]) -> dict[Strand, Strand]:
    """Returns strands with where they meet what is below: one in the middle, several each on the side it comes from."""
    several = Counter(strand.lower for strand in strands)
    return {strand: strand._replace(enters=_entry(strand, several[strand.lower] > 1, across)) for strand in strands}


def _entry(strand: Strand, is_one_of_several: bool, across: Sequence[float]) -> float:
    if strand.enters is not None:
        return strand.enters
    offset = across[strand.upper] + strand.leaves - across[strand.lower]
    if is_straight(offset, 0.0) or (abs(offset) > ASIDE and not is_one_of_several):
        return 0.0
    return min(max(offset, -ASIDE), ASIDE)


# ------------------------------------------------------------------------------------------------ how deep rows are


class _Grid(NamedTuple):
    """How deep each row starts, and how deep it is; and how deep each box is, which stands in its middle."""

    tops: list[float]
    heights: list[float]
    row_of: dict[int, int]
    deep: list[float]

    @property
    def depth(self) -> float:
        """How deep all rows are together."""
        return self.tops[-1] + self.heights[-1] if self.heights else 0.0

    def edges(self, spot: int) -> tuple[float, float]:
        """Returns how deep a box starts and ends."""
        top, height = self.tops[self.row_of[spot]], self.heights[self.row_of[spot]]
        margin = (height - self.deep[spot]) / 2
        return top + margin, top + height - margin

    def turn(self, row: int, track: int) -> float:
        """Returns how deep a track behind a row is."""
        return self.tops[row] + self.heights[row] + _BETWEEN_ROWS / 2 + _BETWEEN_TRACKS * track


def _grid(rows: Rows, count: int, levels: Sequence[dict[tuple[int, float], int]]) -> _Grid:
    heights = [max(rows.sizes[spot].deep for spot in row) for row in rows.rows]
    gaps = [_BETWEEN_ROWS + _BETWEEN_TRACKS * max([0, *level.values()]) for level in levels]
    tops = list(accumulate((height + gap for height, gap in zip(heights, gaps, strict=False)), initial=0.0))
    row_of = {spot: number for number, row in enumerate(rows.rows) for spot in row}
    # A bend goes through its whole row.
    deep = [size.deep if spot < count else heights[row_of[spot]] for spot, size in enumerate(rows.sizes)]
    return _Grid(tops, heights, row_of, deep)
