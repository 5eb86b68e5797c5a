"""Arrays by path in `.npz` files, as `numpy.savez` writes them: read with suspicion, and never unpickled.

NumPy has no name for bfloat16 there: it writes two bytes without a meaning, which is what JAX reads as bfloat16 too.
"""

from __future__ import annotations

import contextlib
import math
import os
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

import ml_dtypes
import numpy as np

from plait.core import errors
from plait.files import arrays, atomic
from plait.files.archive import Archive

_ENDING = ".npy"
_BFLOAT16 = np.dtype("V2")
# What NumPy and zipfile raise for files that are damaged, or were made to confuse them.
_DAMAGED = (
    ValueError, SyntaxError, TypeError, OverflowError, RuntimeError, MemoryError, EOFError, OSError,
    tokenize.TokenError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def copy(found: arrays.Arrays, path: str | os.PathLike[str]) -> None:
    """Writes arrays, in the place of the file if there is one.

    Errors: ValueError for a path that no archive may have in it.
    """
    with atomic.replacing(path) as new:
        with zipfile.ZipFile(new, "w", zipfile.ZIP_STORED) as archive:
            for name in found.paths():
                array = np.asarray(found.read(name))
                plain = array.view(_BFLOAT16) if array.dtype.name == "bfloat16" else array
                with archive.open(f"{name}{_ENDING}", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, plain, allow_pickle=False)
        # What could not be read again does not take the place of what can.
        Archive(new).close()


class _Header(NamedTuple):
    """What a member says about its array, which lies behind it."""

    shape: tuple[int, ...]
    is_fortran: bool
    dtype: np.dtype


class Reader:
    """The arrays of an `.npz` file.

    Args:   file: a path, or an open binary file.
    Errors: ValueError for what is no such file, for arrays of anything but numbers, and for one that declares more, or
            less, than the file holds.
    """

    def __init__(self, file: Any) -> None:
        self._archive = Archive(file)
        try:
            self._headers = {name.removesuffix(_ENDING): self._header(name) for name in self._archive.names()}
        except ValueError:
            self._archive.close()
            raise

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: Any) -> None:
        self._archive.close()

    def paths(self) -> list[str]:
        """Returns the path of each array, in the order of the file."""
        return list(self._headers)

    def shape(self, path: str) -> tuple[int, ...]:
        """Returns the shape of an array that is there."""
        return self._headers[path].shape

    def dtype(self, path: str) -> str:
        """Returns the name of the dtype of an array that is there."""
        dtype = self._headers[path].dtype
        return "bfloat16" if dtype == _BFLOAT16 else dtype.name

    def read(self, path: str) -> np.ndarray:
        """Returns an array that is there.

        Errors: ValueError where it is damaged.
        """
        shape, is_fortran, dtype = self._headers[path]
        with _sound(path), self._archive.reading(f"{path}{_ENDING}") as member:
            _read_header(member)
            array = arrays.next_of(member, shape[::-1] if is_fortran else shape, dtype)
        array = array.T if is_fortran else array
        if dtype == _BFLOAT16:
            return array.view(ml_dtypes.bfloat16)
        return array.astype(dtype.newbyteorder("="), copy=False)

    def _header(self, name: str) -> _Header:
        if not name.endswith(_ENDING):
            raise ValueError(errors.explain(f"This is no .npz file: it holds {name!r}, which is no array."))
        with _sound(name), self._archive.reading(name) as member:
            header = _read_header(member)
            held = self._archive.size(name) - member.tell()
        if (header.dtype.kind not in "fiub" or header.dtype.itemsize > 8) and header.dtype != _BFLOAT16:
            problem = f"is of {header.dtype}, and not of numbers"
        elif math.prod(header.shape) * header.dtype.itemsize != held or min(header.shape, default=0) < 0:
            problem = f"has the shape {header.shape} of {header.dtype}, and {held} bytes"
        else:
            return header
        raise ValueError(errors.explain(f"The file cannot be trusted: its array {name!r} {problem}."))


def _read_header(member: IO[bytes]) -> _Header:
    # Later versions are for names of fields, which numbers have none of.
    if np.lib.format.read_magic(member) != (1, 0):
        raise ValueError("its version is not 1.0")
    return _Header(*np.lib.format.read_array_header_1_0(member))


@contextlib.contextmanager
def _sound(name: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        raise ValueError(errors.explain(f"The array {name!r} in the file is damaged: {error}.")) from error
