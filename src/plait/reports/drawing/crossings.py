"""The order of boxes and bends within their rows: one in which few arrows cross."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from statistics import fmean

from plait.reports.drawing.rows import Rows, Strand

_SWEEPS = 12


def untangled(rows: Rows) -> list[list[int]]:
    """Returns the rows in the best order that was found, going down and up through them several times.

    Each time a box is put where the boxes that it is connected to are on average.

    Source: K. Sugiyama, S. Tagawa, M. Toda, Methods for Visual Understanding of Hierarchical System Structures, 1981.
    """
    above, below = _neighbours(rows)
    order = [list(row) for row in rows.rows]
    best, fewest = order, _crossings(rows, order)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        is_downward = sweep % 2 == 0
        order = _swept(order, above if is_downward else below, is_downward)
        count = _crossings(rows, order)
        if count < fewest:
            best, fewest = order, count
    return best


def _neighbours(rows: Rows) -> tuple[dict[int, list[tuple[int, float]]], dict[int, list[tuple[int, float]]]]:
    """Returns what each is connected to in the row above, and below, and at which fraction of its width."""
    above: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
    below: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
    for strands in rows.strands:
        for strand in strands:
            leaves, enters = _fractions(rows, strand)
            above[strand.lower].append((strand.upper, leaves))
            below[strand.upper].append((strand.lower, enters))
    return above, below


def _fractions(rows: Rows, strand: Strand) -> tuple[float, float]:
    upper, lower = rows.sizes[strand.upper].across, rows.sizes[strand.lower].across
    return strand.leaves / (upper or 1), (strand.enters or 0.0) / (lower or 1)


def _swept(order: list[list[int]], near: dict[int, list[tuple[int, float]]], is_downward: bool) -> list[list[int]]:
    result = [list(row) for row in order]
    places = _places(result)
    for row in result if is_downward else reversed(result):
        wanted = {
            spot: fmean(places[other] + fraction for other, fraction in near[spot]) if near[spot] else places[spot]
            for spot in row
        }
        row.sort(key=wanted.__getitem__)
        places.update({spot: place for place, spot in enumerate(row)})
    return result


def _places(order: list[list[int]]) -> dict[int, int]:
    return {spot: place for row in order for place, spot in enumerate(row)}


def _crossings(rows: Rows, order: list[list[int]]) -> int:
    """Returns how often arrows cross between rows."""
    places, count = _places(order), 0
    for strands in rows.strands:
        ends = []
        for strand in strands:
            leaves, enters = _fractions(rows, strand)
            ends.append((places[strand.upper] + leaves, places[strand.lower] + enters))
        passed: list[float] = []
        for _, lower in sorted(ends):
            count += len(passed) - bisect_right(passed, lower)
            insort(passed, lower)
    return count
