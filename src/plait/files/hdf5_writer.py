"""HDF5 files, written array by array."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from plait.core import errors

# What HDF5 keeps with a group in one piece: a longer list is cut up, as Keras does.
_MOST_ATTRIBUTE_BYTES = 64512
# Large arrays begin where a page of memory does, which is quicker to write.
_LARGE_BYTES, _PAGE_BYTES = 2**16, 4096


@contextlib.contextmanager
def _room() -> Iterator[None]:
    """Errors: OSError for how HDF5 says that what is written finds no room."""
    try:
        yield
    except RuntimeError as error:
        raise OSError(f"The arrays cannot be written: {error}") from error


class Writer:
    """A new HDF5 file of arrays in groups.

    Args:   file: the path of the file.
            room: how many bytes stay free at its start; none, or a power of two from 512 on.
    Errors: OSError where it cannot be written.
    """

    def __init__(self, file: Any, room: int = 0) -> None:
        import h5py

        self._file = h5py.File(
            file, "w", userblock_size=room, alignment_threshold=_LARGE_BYTES, alignment_interval=_PAGE_BYTES
        )

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: Any) -> None:
        with _room():
            self._file.close()

    def name(self, group: str, name: str | None) -> None:
        """Makes a group, and notes the name of what the arrays in it belong to."""
        made = self._file.require_group(group)
        if name is not None:
            made.attrs["name"] = name

    def put(self, path: str, array: Any) -> None:
        """Writes an array."""
        array = np.asarray(array)
        with _room():
            dataset = self._file.create_dataset(path, data=array)
        if array.dtype.name == "bfloat16":
            dataset.attrs["dtype"] = "bfloat16"

    def note(self, group: str, name: str, text: str) -> None:
        """Keeps a text with a group; with the file itself for an empty path."""
        self._group(group).attrs[name] = text.encode()

    def note_list(self, group: str, name: str, texts: Sequence[str]) -> None:
        """Keeps a list of texts with a group, in several parts if it is long.

        Errors: ValueError for a text that is too long for any part.
        """
        listed = np.array([text.encode() for text in texts], "S")
        if listed.itemsize > _MOST_ATTRIBUTE_BYTES:
            raise ValueError(
                errors.explain(f"An HDF5 file cannot list names of more than {_MOST_ATTRIBUTE_BYTES} bytes ({name}).")
            )
        parts = max(1, -(-len(listed) // (_MOST_ATTRIBUTE_BYTES // max(listed.itemsize, 1))))
        for number, part in enumerate(np.array_split(listed, parts)):
            self._group(group).attrs[name if parts == 1 else f"{name}{number}"] = part

    def _group(self, path: str) -> Any:
        return self._file.require_group(path) if path else self._file
