"""How far along each of several things is, where some come before others."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable
from typing import TypeAlias

_Pairs: TypeAlias = Iterable[tuple[int, int]]
_Sides: TypeAlias = defaultdict[int, set[int]]


def ranks(count: int, pairs: _Pairs) -> list[int]:
    """Returns for each of the numbers below `count` the length of the longest way that leads to it.

    Where pairs lead round in a circle, one of them is turned round. The two numbers of a pair always differ in rank.

    Args: pairs: which number comes before which; a number with itself counts for nothing.
    """
    before, after = _sides(pairs)
    found = [0] * count
    left = dict.fromkeys(range(count))
    ready = deque(one for one in left if not before[one])
    while left:
        one = ready.popleft() if ready else _start_of_a_circle(list(left), found)
        del left[one]
        # In a circle some that come before it are left: they are taken to come after it.
        for other in sorted((after[one] | before[one]) & left.keys()):
            found[other] = max(found[other], found[one] + 1)
            before[other].discard(one)
            if not before[other]:
                ready.append(other)
    return found


def _sides(pairs: _Pairs) -> tuple[_Sides, _Sides]:
    """Returns what comes right before each, and right after."""
    before: _Sides = defaultdict(set)
    after: _Sides = defaultdict(set)
    for first, second in pairs:
        if first != second:
            after[first].add(second)
            before[second].add(first)
    return before, after


def _start_of_a_circle(left: list[int], found: list[int]) -> int:
    """Returns the first that something ranked already leads to; the first of all if there is none."""
    return next((one for one in left if found[one]), left[0])


def lowered(found: list[int], pairs: _Pairs, first: Collection[int] = (), last: Collection[int] = ()) -> list[int]:
    """Returns ranks in which fewer ways are long, and all together they are no longer than before.

    Right before the first that it leads to comes what has more ways out than in, and what is part of a branch that
    starts by itself and leads to one place only.

    Args: found: the ranks to begin with, which differ for the two numbers of a pair.
          first, last: what stays where it is, and what goes to the last rank.
    """
    before, after = _sides((min(pair, key=found.__getitem__), max(pair, key=found.__getitem__)) for pair in pairs)
    in_order = sorted(range(len(found)), key=found.__getitem__)
    loose: set[int] = set()
    for one in in_order:
        if one not in first and all(other in loose and len(after[other]) == 1 for other in before[one]):
            loose.add(one)
    result = list(found)
    for one in last:
        result[one] = max(found)
    for one in reversed(in_order):
        goes_down = one in loose or len(after[one]) > len(before[one])
        if goes_down and after[one] and one not in first:
            result[one] = min(result[other] for other in after[one]) - 1
    return result
