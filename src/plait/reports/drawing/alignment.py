"""Where in its row each box stands: so that arrows from box to box are straight, and long ones have no kinks."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate, pairwise
from statistics import median

from plait.reports.drawing.rows import Rows

_SWEEPS = 8
# From box to box, and to or from a bend, in points.
_BETWEEN_BOXES = 26.0
_BESIDE_A_BEND = 16.0


def aligned(rows: Rows, count: int) -> list[float]:
    """Returns the middle of each box and bend, across, in points.

    Args: count: how many boxes there are; higher numbers are bends.
    """
    return _Alignment(rows, count).found()


class _Alignment:
    def __init__(self, rows: Rows, count: int) -> None:
        self.rows = rows
        self.count = count
        # What each is connected to in the row above, and below, and how far from that it wants to be.
        self.above: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
        self.below: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
        for strands in rows.strands:
            for strand in strands:
                shift = strand.leaves - (strand.enters or 0.0)
                self.above[strand.lower].append((strand.upper, shift))
                self.below[strand.upper].append((strand.lower, -shift))
        self.across = [0.0] * len(rows.sizes)
        for row in rows.rows:
            self._settle(row, [0.0] * len(row))

    def found(self) -> list[float]:
        """Goes down and up through the rows, keeps the best, and makes what is long straight."""
        best, least = list(self.across), math.inf
        for sweep in range(_SWEEPS):
            is_downward = sweep % 2 == 0
            near = self.above if is_downward else self.below
            for row in self.rows.rows if is_downward else reversed(self.rows.rows):
                self._settle(row, [self._wanted(spot, near[spot]) for spot in row])
            slanted = self._slanted()
            if slanted < least:
                best, least = list(self.across), slanted
        self.across = best
        self._straighten()
        return self.across

    def _wanted(self, spot: int, near: list[tuple[int, float]]) -> float:
        """Returns where the middle of what it is connected to is; one long way beside others counts for nothing."""
        boxes = [pair for pair in near if pair[0] < self.count]
        counted = boxes if boxes and len(near) == len(boxes) + 1 else near
        places = [self.across[other] + shift for other, shift in counted]
        return median(places) if places else self.across[spot]

    def _slanted(self) -> float:
        """Returns how far from straight the arrows from a box to a box in the next row are, all together."""
        return sum(
            abs(self.across[strand.upper] + strand.leaves - self.across[strand.lower] - (strand.enters or 0.0))
            for strands in self.rows.strands
            for strand in strands
            if max(strand.upper, strand.lower) < self.count
        )

    # ---------------------------------------------------------------------------------------- one row

    def _settle(self, row: list[int], wanted: list[float]) -> None:
        """Moves a row as near to what is wanted as there is room: first its boxes, then the bends between them."""
        reach = list(accumulate((self._apart(*pair) for pair in pairwise(row)), initial=0.0))
        boxes = [place for place, spot in enumerate(row) if spot < self.count]
        found = _spread([wanted[place] for place in boxes], [reach[place] for place in boxes])
        for place, across in zip(boxes, found, strict=True):
            self.across[row[place]] = across
        for left, right in pairwise([-1, *boxes, len(row)]):
            between = range(left + 1, right)
            low = self.across[row[left]] - reach[left] if left >= 0 else -math.inf
            high = self.across[row[right]] - reach[right] if right < len(row) else math.inf
            found = _spread([wanted[place] for place in between], [reach[place] for place in between], low, high)
            for place, across in zip(between, found, strict=True):
                self.across[row[place]] = across

    def _apart(self, left: int, right: int) -> float:
        """Returns how far the middles of two neighbours are from each other at least."""
        gap = _BETWEEN_BOXES if max(left, right) < self.count else _BESIDE_A_BEND
        return (self.rows.sizes[left].across + self.rows.sizes[right].across) / 2 + gap

    # ---------------------------------------------------------------------------------------- long arrows

    def _straighten(self) -> None:
        """Puts the bends of a wire under each other, where there is room for that."""
        lefts = {right: left for row in self.rows.rows for left, right in pairwise(row)}
        rights = {left: right for row in self.rows.rows for left, right in pairwise(row)}
        # Twice, as one wire may be in the way of another.
        for wire in self.rows.wires * 2:
            low = max((self.across[lefts[bend]] + self._apart(lefts[bend], bend) for bend in wire if bend in lefts),
                      default=-math.inf)  # fmt: skip
            high = min((self.across[rights[bend]] - self._apart(bend, rights[bend]) for bend in wire if bend in rights),
                       default=math.inf)  # fmt: skip
            if low <= high:
                across = min(max(median(self.across[bend] for bend in wire), low), high)
                for bend in wire:
                    self.across[bend] = across


def _spread(
    wanted: Sequence[float], reach: Sequence[float], low: float = -math.inf, high: float = math.inf
) -> list[float]:
    """Returns numbers as near to those wanted as can be, their squared distances summed.

    Each is at least as far from the one before as `reach` says, counted from anywhere; and less their reach they are
    from low to high.

    Source: M. Ayer et al., An Empirical Distribution Function for Sampling with Incomplete Information, 1955.
    """
    pools: list[tuple[float, int]] = []
    for one, offset in zip(wanted, reach, strict=True):
        total, count = one - offset, 1
        while pools and pools[-1][0] / pools[-1][1] >= total / count:
            total, count = total + pools[-1][0], count + pools[-1][1]
            pools.pop()
        pools.append((total, count))
    levels = [total / count for total, count in pools for _ in range(count)]
    return [min(max(level, low), high) + offset for level, offset in zip(levels, reach, strict=True)]
