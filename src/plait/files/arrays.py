"""What has arrays by path: a file that is open, or the weights of a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from plait.core import memory

# What is read at a time, in bytes: little enough to be in the cache still when its checksum is taken.
_PIECE = 2**20


class Arrays(Protocol):
    """Gives arrays one at a time; what they are is known before they are read."""

    def paths(self) -> list[str]:
        """Returns the path of each array."""

    def shape(self, path: str) -> tuple[int, ...]:
        """Returns the shape of an array that is there."""

    def dtype(self, path: str) -> str:
        """Returns the name of its dtype: `"float32"`, `"bfloat16"` …."""

    def read(self, path: str) -> np.ndarray:
        """Returns the array."""


class Form(NamedTuple):
    """Tells what becomes of an array: the shape that it has then, and what makes it."""

    shape: tuple[int, ...]
    convert: Callable[[np.ndarray], np.ndarray]


class Writer(Protocol):
    """Takes arrays one at a time, in groups that may be named."""

    def name(self, group: str, name: str | None) -> None:
        """Makes a group, and notes the name of what the arrays in it belong to."""

    def put(self, path: str, array: Any) -> None:
        """Writes an array."""


def copy(arrays: Arrays, writer: Writer) -> None:
    """Writes all arrays to where they are in another file."""
    for path in arrays.paths():
        writer.put(path, arrays.read(path))


def next_of(file: Any, shape: Sequence[int], dtype: Any) -> np.ndarray:
    """Returns an array whose numbers are the next bytes of an open file.

    Errors: EOFError if there are fewer.
    """
    array = memory.empty(shape, dtype)
    left = array.reshape(-1).view(np.uint8).data
    while left:
        count = file.readinto(left[:_PIECE])
        if not count:
            raise EOFError(f"there are {left.nbytes} bytes too few")
        left = left[count:]
    return array
