"""Ids of words and classes: whole numbers below a size, checked on the host."""

from __future__ import annotations

import numpy as np


def not_whole(array: np.ndarray) -> str | None:
    """Returns where the first element that is no whole number stands, or None."""
    if array.dtype.kind in "biu":
        return None
    wrong = array != np.floor(array)
    return _first(array, wrong) if wrong.any() else None


def out_of_range(array: np.ndarray, size: int, also: int | None = None) -> str | None:
    """Returns where the first id that is negative, or not below `size`, stands, or None."""
    if array.size == 0:
        return None
    low, high = array.min(), array.max()
    if low >= 0 and high < size:
        return None
    wrong = (array < 0) | (array >= size)
    if also is not None:
        wrong &= array != also
    return f"ids go from 0 to {size - 1}, got {_first(array, wrong)}" if wrong.any() else None


def _first(array: np.ndarray, wrong: np.ndarray) -> str:
    place = tuple(int(axis) for axis in np.argwhere(wrong)[0])
    where = f"row {place[0]}" if len(place) == 1 else f"row {place[0]}, position {', '.join(map(str, place[1:]))}"
    value = array[place].item()
    # What is asked to be an id is shown as one, though it came in an array of floats.
    return f"{int(value) if value == value // 1 else value} in {where}"
