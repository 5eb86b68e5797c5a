"""From where to where the arguments of losses and metrics go."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from plait.core import errors


class Bounds(NamedTuple):
    """What an argument may be: in words, and as a test."""

    words: str
    hold: Callable[[Any], bool]


def check(owner: Any, bounds: Mapping[str, Bounds]) -> None:
    """Makes sure that arguments are within their bounds.

    Args:   owner: what was made, with the arguments as attributes.
            bounds: by argument.
    Errors: ValueError for the first that is not.
    """
    for name, bound in bounds.items():
        value = getattr(owner, name)
        if not bound.hold(value):
            raise ValueError(errors.explain(f"{type(owner).__name__} needs {name} to be {bound.words}, got {value!r}."))


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


FROM_0 = Bounds("a number of at least 0", lambda value: _is_number(value) and value >= 0)
FROM_0_EACH = Bounds("of numbers of at least 0", lambda value: all(map(FROM_0.hold, np.ravel(value).tolist())))
ABOVE_0 = Bounds("a number above 0", lambda value: _is_number(value) and value > 0)
FROM_0_TO_1 = Bounds("a number from 0 to 1", lambda value: _is_number(value) and 0 <= value <= 1)
BETWEEN_0_AND_1 = Bounds("a number above 0 and below 1", lambda value: _is_number(value) and 0 < value < 1)
COUNT = Bounds("a whole number of at least 1", lambda value: _is_whole(value) and value >= 1)
COUNT_OR_NONE = Bounds(f"None or {COUNT.words}", lambda value: value is None or COUNT.hold(value))
COUNT_OR_0 = Bounds("a whole number of at least 0", lambda value: _is_whole(value) and value >= 0)
ID_OR_NONE = Bounds("None or the id of a class, counted from 0", lambda value: value is None or COUNT_OR_0.hold(value))
THRESHOLD_OR_NONE = Bounds(
    "None or a number above 0, at most 1", lambda value: value is None or (_is_number(value) and 0 < value <= 1)
)
