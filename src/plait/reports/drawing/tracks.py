"""On which of several tracks between two rows each arrow goes across, so that none lies on another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from plait.reports.drawing.ranks import ranks
from plait.reports.drawing.rows import Strand

# Arrows this near to straight are drawn straight, in points.
STRAIGHT = 0.5
# Arrows that end this near to each other on one track would look like one.
_CLEAR = 6.0


class Net(NamedTuple):
    """The arrows from one place to the next row: where they start, and where they end, across."""

    top: float
    bottoms: list[float]

    @property
    def low(self) -> float:
        """Its left end."""
        return min(self.top, *self.bottoms) - _CLEAR

    @property
    def high(self) -> float:
        """Its right end."""
        return max(self.top, *self.bottoms) + _CLEAR

    def spans(self, across: float) -> bool:
        """Whether it passes this place."""
        return self.low <= across <= self.high


def tracks(strands: Sequence[Strand], across: Sequence[float]) -> dict[tuple[int, float], int]:
    """Returns the track of each place that arrows start from, by box and offset; the first is track 0.

    Args: across: the middles of boxes and bends, which the offsets of strands count from.
    """
    bottoms: defaultdict[tuple[int, float], list[float]] = defaultdict(list)
    for strand in strands:
        bottoms[strand.upper, strand.leaves].append(across[strand.lower] + (strand.enters or 0.0))
    nets = {start: Net(across[start[0]] + start[1], ends) for start, ends in bottoms.items()}
    bent = {start: net for start, net in nets.items() if not all(is_straight(net.top, end) for end in net.bottoms)}
    found = ranks(len(bent), _first_of_pairs(list(bent.values())))
    return dict(zip(bent, found, strict=True))


def is_straight(top: float, bottom: float) -> bool:
    """Whether a strand goes straight on from one place to another."""
    return abs(top - bottom) <= STRAIGHT


def _first_of_pairs(nets: list[Net]) -> Iterable[tuple[int, int]]:
    """Yields which of two nets that overlap goes before which: as they cross less."""
    for one, other in combinations(range(len(nets)), 2):
        first, second = nets[one], nets[other]
        if first.low <= second.high and second.low <= first.high:
            yield (one, other) if _crossings(first, second) <= _crossings(second, first) else (other, one)


def _crossings(upper: Net, lower: Net) -> int:
    """Returns how often they meet if one goes across above the other."""
    return upper.spans(lower.top) + sum(map(lower.spans, upper.bottoms))
