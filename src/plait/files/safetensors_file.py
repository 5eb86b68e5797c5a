"""Arrays by path in `.safetensors` files: a text that says what is where, then the numbers of one array after another.

Source: https://github.com/huggingface/safetensors, "Format".
"""

from __future__ import annotations

import json
import math
import os
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np

from plait.core import errors
from plait.files import arrays, atomic

_DTYPES: dict[str, Any] = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": ml_dtypes.bfloat16, "I64": "<i8", "I32": "<i4", "I16": "<i2",
    "I8": "i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?",
}  # fmt: skip
_NAMES = {np.dtype(dtype).name: name for name, dtype in _DTYPES.items()}
# Texts of the writer's own; not an array.
_NOTES = "__metadata__"
_LENGTH_BYTES = 8
# The format's own bound for the text.
_MOST_TEXT_BYTES = 100_000_000


def copy(found: arrays.Arrays, path: str | os.PathLike[str]) -> None:
    """Writes arrays, in the place of the file if there is one.

    Errors: ValueError for numbers of a kind that the format has no name for.
    """
    described: dict[str, Any] = {_NOTES: {"format": "np"}}
    begin = 0
    for name in found.paths():
        shape, dtype = found.shape(name), found.dtype(name)
        if dtype not in _NAMES:
            raise ValueError(errors.explain(f'A .safetensors file cannot hold "{name}", which is of {dtype}.'))
        end = begin + math.prod(shape) * np.dtype(_DTYPES[_NAMES[dtype]]).itemsize
        described[name] = {"dtype": _NAMES[dtype], "shape": list(shape), "data_offsets": [begin, end]}
        begin = end
    text = json.dumps(described, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _LENGTH_BYTES)
    with atomic.replacing(path) as new, open(new, "wb") as file:
        file.write(len(text).to_bytes(_LENGTH_BYTES, "little"))
        file.write(text)
        for name in found.paths():
            dtype = np.dtype(_DTYPES[described[name]["dtype"]])
            array = np.ascontiguousarray(found.read(name), dtype)
            file.write(array.reshape(-1).view(np.uint8).data)


class _Entry(NamedTuple):
    """What the text says about an array."""

    shape: tuple[int, ...]
    dtype: np.dtype
    begin: int
    end: int


class Reader:
    """The arrays of a `.safetensors` file.

    Args:   path: of the file.
    Errors: ValueError for what is no such file, and for one whose text does not say, byte for byte, what follows it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = open(path, "rb")  # noqa: SIM115 - closed by __exit__
        try:
            size = os.fstat(self._file.fileno()).st_size
            length = int.from_bytes(self._file.read(_LENGTH_BYTES), "little")
            self._start = _LENGTH_BYTES + length
            if length > _MOST_TEXT_BYTES or self._start > size:
                raise _untrusted(f"it announces a text of {length} bytes, and has {size} bytes in all")
            self._entries = _parsed(self._file.read(length))
            _check_layout(self._entries, size - self._start)
        except ValueError:
            self._file.close()
            raise

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: Any) -> None:
        self._file.close()

    def paths(self) -> list[str]:
        """Returns the path of each array, in the order of the file."""
        return list(self._entries)

    def shape(self, path: str) -> tuple[int, ...]:
        """Returns the shape of an array that is there."""
        return self._entries[path].shape

    def dtype(self, path: str) -> str:
        """Returns the name of the dtype of an array that is there."""
        return self._entries[path].dtype.name

    def read(self, path: str) -> np.ndarray:
        """Returns an array that is there.

        Errors: ValueError for a file that was cut off since it was opened.
        """
        entry = self._entries[path]
        self._file.seek(self._start + entry.begin)
        try:
            return arrays.next_of(self._file, entry.shape, entry.dtype)
        except EOFError as error:
            raise _untrusted(f"of {path!r} {error}") from error


def _parsed(text: bytes) -> dict[str, _Entry]:
    """Returns what the text says, in the order of the numbers."""
    try:
        described = json.loads(text, object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise ValueError(errors.explain(f"This is no .safetensors file, or a damaged one: {error}.")) from error
    if not isinstance(described, dict):
        raise ValueError(errors.explain("This is no .safetensors file: it starts with no JSON object."))
    found = {name: _entry(name, value) for name, value in described.items() if name != _NOTES}
    return dict(sorted(found.items(), key=lambda item: (item[1].begin, item[1].end)))


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _entry(name: str, value: Any) -> _Entry:
    if not isinstance(value, dict) or value.keys() != {"dtype", "shape", "data_offsets"}:
        raise _untrusted(f"what it says about {name!r} is not dtype, shape and data_offsets")
    shape, offsets = value["shape"], value["data_offsets"]
    for numbers in (shape, offsets):
        if not isinstance(numbers, list) or any(type(number) is not int or number < 0 for number in numbers):
            raise _untrusted(f"{name!r} has {numbers!r} where sizes should be")
    if not isinstance(value["dtype"], str) or value["dtype"] not in _DTYPES:
        raise ValueError(errors.explain(f"The array {name!r} is of the dtype {value['dtype']!r}, which is not read."))
    if len(offsets) != 2:
        raise _untrusted(f"{name!r} lies from and to {offsets!r}")
    entry = _Entry(tuple(shape), np.dtype(_DTYPES[value["dtype"]]), *offsets)
    if entry.end - entry.begin != math.prod(shape) * entry.dtype.itemsize:
        raise _untrusted(f"{name!r} has the shape {entry.shape} of {entry.dtype}, and {entry.end - entry.begin} bytes")
    return entry


def _check_layout(entries: dict[str, _Entry], size: int) -> None:
    """Errors: ValueError where arrays overlap, leave a hole, or are more or less than there is."""
    reached = 0
    for name, entry in entries.items():
        if entry.begin != reached:
            raise _untrusted(f"{name!r} begins at byte {entry.begin}, and the array before it ends at {reached}")
        reached = entry.end
    if reached != size:
        raise _untrusted(f"it announces {reached} bytes of numbers, and has {size}")


def _untrusted(problem: str) -> ValueError:
    return ValueError(errors.explain(f"The file cannot be trusted: {problem}."))
