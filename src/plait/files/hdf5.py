"""Arrays in HDF5 files, as Keras 3 keeps weights in them: read with suspicion.

An HDF5 file may refer to other files, compute its arrays, declare more than it holds, or hold one array under many
names. Nothing of that is followed: what is read are plain numbers that are stored in the file itself, all of them.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from typing import IO, Any

import ml_dtypes
import numpy as np

from plait.core import errors, memory
from plait.files import hdf5_checks, hdf5_headers, hdf5_heaps

# More arrays than any model has, nested deeper.
_MOST_ARRAYS = 200_000
_MOST_DEPTH = 100


@contextlib.contextmanager
def _sound() -> Iterator[None]:
    """Errors: ValueError for whatever h5py finds wrong with a file."""
    try:
        yield
    except (OSError, RuntimeError, KeyError, TypeError, AttributeError, OverflowError, MemoryError) as error:
        raise ValueError(errors.explain(f"The file of weights is damaged: {error}")) from error


class Reader:
    """The arrays of an HDF5 file.

    Args:   file: a path, or an open binary file.
    Errors: ValueError for what is no HDF5 file.
    """

    def __init__(self, file: str | IO[bytes]) -> None:
        import h5py

        self._h5py = h5py
        # Which path led to an object first, by where in the file it lies.
        self._first_paths: dict[Any, str] = {}
        self._source = file
        self._has_sound_heaps = False
        try:
            self._file = h5py.File(file, "r")
        except PermissionError:
            raise
        except (OSError, RuntimeError, KeyError, TypeError) as error:
            raise ValueError(errors.explain(f"This is no HDF5 file, or a damaged one: {error}.")) from error

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: Any) -> None:
        self._file.close()

    def paths(self) -> list[str]:
        """Returns the path of each array, in the order of the file.

        Errors: ValueError for a file that is damaged, refers to others, or has more arrays than any model.
        """
        with _sound():
            found = list(itertools.islice(self._found(self._file, ""), _MOST_ARRAYS + 1))
        if len(found) > _MOST_ARRAYS:
            raise ValueError(errors.explain(f"The file cannot be trusted: it has more than {_MOST_ARRAYS} arrays."))
        return found

    def shape(self, path: str) -> tuple[int, ...]:
        """Returns the shape of an array that is there.

        Errors: ValueError for one that is not plain numbers stored in this file.
        """
        with _sound():
            return tuple(self._dataset(path).shape)

    def dtype(self, path: str) -> str:
        """Returns the name of the dtype of an array that is there.

        Errors: ValueError for one that is not plain numbers stored in this file.
        """
        with _sound():
            dataset = self._dataset(path)
            return "bfloat16" if self._is_bfloat16(dataset) else dataset.dtype.name

    def read(self, path: str) -> np.ndarray:
        """Returns an array that is there.

        Errors: ValueError for one that is not plain numbers stored in this file.
        """
        with _sound():
            dataset = self._dataset(path)
            numbers = memory.empty(dataset.shape, dataset.dtype)
            if numbers.size:
                dataset.read_direct(numbers)  # dataset[()] fills it with zeros first
            if self._is_bfloat16(dataset):
                return numbers.view(ml_dtypes.bfloat16)
            # In the order of bytes of this machine, which is all that JAX knows.
            return numbers.astype(numbers.dtype.newbyteorder("="), copy=False)

    def groups(self, path: str) -> list[str]:
        """Returns the names of what is in a group; of the file itself for an empty path."""
        with _sound():
            return list(self._group(path))

    def text_attribute(self, path: str, name: str) -> str | None:
        """Returns a text that is kept with a group; None if there is none of that name."""
        with _sound():
            found = self._attribute(self._group(path), name)
        if found is None:
            return None
        if not isinstance(found, str | bytes):
            raise ValueError(errors.explain(f'"{name}" in the file is no text: {errors.described(found)}.'))
        return found.decode() if isinstance(found, bytes) else found

    def list_attribute(self, path: str, name: str) -> list[str]:
        """Returns a list of texts that is kept with a group, in several parts if it is long."""
        with _sound():
            group = self._group(path)
            parts = [name] if name in group.attrs else [f"{name}{n}" for n in range(len(group.attrs))]
            found = [
                text
                for part in parts
                if part in group.attrs
                for text in np.ravel(self._attribute(group, part)).tolist()
            ]
        return [text.decode() if isinstance(text, bytes) else str(text) for text in found]

    def _attribute(self, group: Any, name: str) -> Any:
        if name not in group.attrs:
            return None
        problem = hdf5_checks.problem_of_attribute(group.attrs.get_id(name), self._file.id.get_filesize())
        if problem:
            raise ValueError(errors.explain(f'The file cannot be trusted: "{name}" in it {problem}.'))
        return self._text(group, name)

    def _is_bfloat16(self, dataset: Any) -> bool:
        return hdf5_checks.may_be_bfloat16(dataset) and bool(self._text(dataset, "dtype") == "bfloat16")

    def _text(self, found: Any, name: str) -> Any:
        """Returns what is kept with a group or an array. Texts of any length are looked at before the library does."""
        if found.attrs.get_id(name).dtype.kind == "O":
            source = self._source
            with open(source, "rb") if isinstance(source, str) else contextlib.nullcontext(source) as opened:
                self._check_texts(found, name, opened)
        return found.attrs[name]

    def _check_texts(self, found: Any, name: str, opened: IO[bytes]) -> None:
        problem = None
        if not self._has_sound_heaps:
            created = self._file.id.get_create_plist()
            # The format allows numbers of other sizes, and something else before it begins, which nobody writes.
            is_usual = created.get_sizes() == (8, 8) and created.get_userblock() == 0
            self._has_sound_heaps = is_usual and not hdf5_heaps.is_damaged(opened)
        if not self._has_sound_heaps:
            problem = "texts in it have impossible sizes"
        elif hdf5_headers.longest_text(opened, self._h5py.h5o.get_info(found.id).addr, name) > opened.seek(0, 2):
            problem = f'"{name}" in it is longer than the file'
        if problem:
            raise ValueError(errors.explain(f"The file cannot be trusted: {problem}."))

    def _group(self, path: str) -> Any:
        found: Any = self._file
        for name in filter(None, path.split("/")):
            found = self._child(found, name, path)
        if not isinstance(found, self._h5py.Group):
            raise ValueError(errors.explain(f'The file holds no group "{path}".'))
        return found

    def _found(self, group: Any, prefix: str) -> Iterator[str]:
        if prefix.count("/") > _MOST_DEPTH:
            raise ValueError(errors.explain(f"The file cannot be trusted: {prefix!r} lies too deep."))
        self._check_is_one(group, prefix)
        for name in group:
            child = self._child(group, name, f"{prefix}{name}")
            if isinstance(child, self._h5py.Group):
                yield from self._found(child, f"{prefix}{name}/")
            else:
                yield f"{prefix}{name}"

    def _dataset(self, path: str) -> Any:
        group, _, name = path.rpartition("/")
        found = self._child(self._group(group), name, path)
        if isinstance(found, self._h5py.Group):
            raise ValueError(errors.explain(f'The file holds no array at "{path}".'))
        problem = hdf5_checks.problem_of_array(found, self._is_bfloat16(found))
        if problem:
            raise ValueError(errors.explain(f'The file cannot be trusted: its array "{path}" {problem}.'))
        self._check_is_one(found, path)
        return found

    def _check_is_one(self, found: Any, path: str) -> None:
        """Errors: ValueError for what another path leads to: a small file would be a large model, or without end."""
        described = self._h5py.h5o.get_info(found.id)
        first = self._first_paths.setdefault((described.fileno, described.addr), path)
        if first != path:
            raise ValueError(errors.explain(f'The file cannot be trusted: "{path}" in it is "{first}" once more.'))

    def _child(self, group: Any, name: str, path: str) -> Any:
        link = group.get(name, getlink=True)
        if link is None:
            raise ValueError(errors.explain(f'The file holds no array at "{path}".'))
        if not isinstance(link, self._h5py.HardLink):
            raise ValueError(errors.explain(f'The file cannot be trusted: "{path}" refers to somewhere else.'))
        return group[name]
