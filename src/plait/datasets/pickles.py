"""Pickles in the files of the data sets: lists, numbers, texts and arrays, and nothing else.

A pickle is a program that calls what it names. The only names that are known here are those that NumPy writes an array
with, and they stand for notes of what is said of it. When all is read, arrays are made of the notes, as far as they are
of numbers or of lists.
"""

from __future__ import annotations

import pickle
import re
from typing import IO, Any

import numpy as np

from plait.core import errors

_OBJECTS = re.compile("[<>=|]O[48]?")
_NUMBERS = re.compile("[<>=|][biuf][1248]")


class _Type:
    """What is said of a dtype: its name and, in its state, the order of its bytes."""

    def __init__(self, name: Any, *_: Any) -> None:
        self._name, self._order = name, "|"

    def __setstate__(self, state: Any) -> None:
        self._order = state[1]

    def made(self) -> np.dtype:
        name = _text(self._order) + _text(self._name)
        if _OBJECTS.fullmatch(name):
            return np.dtype(object)
        if _NUMBERS.fullmatch(name):
            return np.dtype(name)
        raise pickle.UnpicklingError(f"it has an array of {name!r}")


class _Array:
    """What is said of an array: a version, a shape, a dtype, whether columns come first, and the content."""

    def __init__(self, *_: Any) -> None:
        self._state: Any = None

    def __setstate__(self, state: Any) -> None:
        self._state = state

    def made(self) -> np.ndarray:
        _, shape, of, is_fortran, content = self._state
        dtype = of.made()
        if not dtype.hasobject:
            return np.frombuffer(content, dtype).reshape(shape, order="F" if is_fortran else "C").copy(order="K")
        if not isinstance(content, list):
            raise pickle.UnpicklingError("it has an array of objects without a list of them")
        return np.fromiter(content, object, len(content)).reshape(shape)


# NumPy 1 and 2 have the function in different modules. Each name stands for a class with a `__setstate__`, so that a
# pickle that gives it a state, which would set its attributes, fails.
_KNOWN = {
    ("numpy", "dtype"): _Type,
    ("numpy", "ndarray"): _Array,
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Array,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _KNOWN:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return _KNOWN[module, name]


def load(file: IO[bytes]) -> Any:
    """Returns what is pickled: an array, or a dict of arrays and lists. The texts of Python 2 are bytes.

    Errors: ValueError for a pickle that asks for anything else, or is damaged.
    """
    try:
        found = _Unpickler(file, encoding="bytes").load()
        if isinstance(found, dict):
            return {key: _made(value) for key, value in found.items()}
        if isinstance(found, _Array):
            return found.made()
        raise pickle.UnpicklingError("it has neither an array nor a dict")
    except Exception as error:  # a program that is damaged fails in any way
        raise ValueError(
            errors.explain(f"This is no pickle of lists, numbers, texts and arrays of numbers: {error}.")
        ) from error


def _made(found: Any) -> Any:
    return found.made() if isinstance(found, _Array) else found


def _text(found: Any) -> str:
    return found.decode() if isinstance(found, bytes) else found
