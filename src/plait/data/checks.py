"""Checks of arguments that several readers have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from plait.core import errors

DATA_FORMATS = ("channels_last", "channels_first")
FORMATS = ("tf", "grain")


def positive(who: str, **given: Any) -> None:
    """Makes sure these arguments are positive integers.

    Errors: ValueError that names the function and the argument.
    """
    for name, value in given.items():
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value <= 0:
            raise ValueError(errors.explain(f"{who} needs a positive integer for {name}, got {value!r}."))


def one_of(name: str, value: Any, valid: Iterable[str]) -> None:
    """Makes sure an argument has one of these values.

    Errors: ValueError that lists them.
    """
    if value not in (valid := tuple(valid)):
        raise errors.unknown(name, value, valid)
