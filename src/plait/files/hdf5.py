"""Arrays in HDF5 files, as Keras 3 keeps weights in them: read with suspicion.

An HDF5 file may refer to other files, compute its arrays, or declare more than it holds. Nothing of that is followed:
what is read are plain numbers that are stored in the file itself, all of them.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator
from typing import IO, Any

import ml_dtypes
import numpy as np

from plait.core import errors

# What compression is granted: beyond this an array is larger than anything that was meant.
_MOST_EXPANSION = 100
_MOST_ATTRIBUTE_BYTES = 64 * 2**10
# More arrays than any model has, nested deeper.
_MOST_ARRAYS = 200_000
_MOST_DEPTH = 100


def write(file: Any, groups: Iterable[tuple[str, str | None, Iterable[Any]]]) -> None:
    """Writes arrays numbered from 0 in groups, which may have a name: (path, name, arrays)."""
    import h5py

    with h5py.File(file, "w") as opened:
        for path, name, arrays in groups:
            group = opened.require_group(f"{path}/vars" if path else "vars")
            if name is not None:
                group.attrs["name"] = name
            for number, array in enumerate(arrays):
                array = np.asarray(array)
                dataset = group.create_dataset(str(number), data=array)
                if array.dtype.name == "bfloat16":
                    dataset.attrs["dtype"] = "bfloat16"


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
        try:
            self._file = h5py.File(file, "r")
        except OSError as error:
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

    def read(self, path: str) -> np.ndarray:
        """Returns an array that is there.

        Errors: ValueError for one that is not plain numbers stored in this file.
        """
        with _sound():
            dataset = self._dataset(path)
            numbers = np.asarray(dataset[()])
            return numbers.view(ml_dtypes.bfloat16) if self._is_bfloat16(dataset) else numbers

    def groups(self, path: str) -> list[str]:
        """Returns the names of what is in a group; of the file itself for an empty path."""
        with _sound():
            return list(self._group(path))

    def text_attribute(self, path: str, name: str) -> str | None:
        """Returns a text that is kept with a group; None if there is none of that name."""
        with _sound():
            found = self._group(path).attrs.get(name)
        if found is None:
            return None
        if not isinstance(found, str | bytes):
            raise ValueError(errors.explain(f'"{name}" in the file is no text: {errors.described(found)}.'))
        return found.decode() if isinstance(found, bytes) else found

    def list_attribute(self, path: str, name: str) -> list[str]:
        """Returns a list of texts that is kept with a group, in several parts if it is long."""
        with _sound():
            attributes = self._group(path).attrs
            parts = [name] if name in attributes else [f"{name}{n}" for n in range(len(attributes))]
            found = [text for part in parts if part in attributes for text in np.ravel(attributes[part]).tolist()]
        return [text.decode() if isinstance(text, bytes) else str(text) for text in found]

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
        problem = self._problem(found)
        if problem:
            raise ValueError(errors.explain(f'The file cannot be trusted: its array "{path}" {problem}.'))
        return found

    def _child(self, group: Any, name: str, path: str) -> Any:
        link = group.get(name, getlink=True)
        if link is None:
            raise ValueError(errors.explain(f'The file holds no array at "{path}".'))
        if not isinstance(link, self._h5py.HardLink):
            raise ValueError(errors.explain(f'The file cannot be trusted: "{path}" refers to somewhere else.'))
        return group[name]

    def _problem(self, dataset: Any) -> str | None:
        if not isinstance(dataset, self._h5py.Dataset):
            return "is a type, and no array"
        if dataset.dtype.kind not in "fiub" and not self._is_bfloat16(dataset):
            return f"is of {dataset.dtype}, and not of numbers"
        if dataset.is_virtual:
            return "is made of other files"
        if dataset.external:
            return "is kept in another file"
        stored = dataset.id.get_storage_size()
        compressed = dataset.chunks is not None and dataset.compression is not None
        if dataset.nbytes > (stored * _MOST_EXPANSION if compressed else stored):
            return f"declares {dataset.nbytes} bytes and holds {stored}"
        return None

    def _is_bfloat16(self, dataset: Any) -> bool:
        if dataset.dtype.kind != "V" or dataset.dtype.itemsize != 2 or "dtype" not in dataset.attrs:
            return False
        if dataset.attrs.get_id("dtype").get_storage_size() > _MOST_ATTRIBUTE_BYTES:
            return False
        return bool(dataset.attrs["dtype"] == "bfloat16")
