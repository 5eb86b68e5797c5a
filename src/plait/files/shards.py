"""Weights in several HDF5 files of a bounded size, and a `.weights.json` that says which group is in which."""

from __future__ import annotations

import json
import os
import pathlib
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np

from plait.core import errors
from plait.files import arrays, atomic, hdf5, hdf5_writer, weights

ENDING = ".weights.json"
_SHARD_ENDING = ".weights.h5"
_GIGABYTE = 2**30
_USUAL_GIGABYTES = 5
_MOST_TEXT_BYTES = 2**26
# More files than any model is cut into.
_MOST_SHARDS = 10_000


class _Writer:
    """Writes arrays to one new file after the other, each as full as may be.

    Errors: ValueError for an array that is larger than a file may be.
    """

    def __init__(self, folder: pathlib.Path, stem: str, most_bytes: float) -> None:
        self._folder, self._stem, self._most_bytes = folder, stem, most_bytes
        self.names: list[str] = []
        self.homes: dict[str, list[str]] = {}
        self.total = 0
        self._filled = 0
        self._file = self._next()

    def _next(self) -> hdf5_writer.Writer:
        self.names.append(f"{self._stem}_{len(self.names):05}{_SHARD_ENDING}")
        self._filled = 0
        return hdf5_writer.Writer(self._folder / self.names[-1])

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: Any) -> None:
        self._file.__exit__()

    def name(self, group: str, name: str | None) -> None:
        """Makes a group, and notes the name of what the arrays in it belong to."""
        self._file.name(group, name)

    def put(self, path: str, array: Any) -> None:
        """Writes an array, to a new file where this one has no room for it."""
        array = np.asarray(array)
        if array.nbytes > self._most_bytes:
            raise ValueError(
                errors.explain(
                    f'"{path}" has {array.nbytes} bytes, and a file may have {int(self._most_bytes)}.',
                    "Give a larger max_shard_size; it is in gigabytes.",
                )
            )
        if self._filled + array.nbytes > self._most_bytes:
            self._file.__exit__()
            self._file = self._next()
        self._file.put(path, array)
        self._filled += array.nbytes
        self.total += array.nbytes
        homes = self.homes.setdefault(f"/{path.rpartition('/')[0]}", [])
        if self.names[-1] not in homes:
            homes.append(self.names[-1])

    def listed(self) -> str:
        """Returns what says where everything is, in Keras's words."""
        where = {group: homes[0] if len(homes) == 1 else homes for group, homes in self.homes.items()}
        return json.dumps({"metadata": {"total_size": self.total}, "weight_map": where}, indent=4)


def save(model: Any, path: str | os.PathLike[str], max_shard_size: float | None = None) -> None:
    """Writes the weights, and the optimizer's state if the model is compiled, in the place of the files of that name.

    Args:   max_shard_size: how many gigabytes a file may have; 5 if not given.
    Errors: ValueError if the model is not built, or the size is none; OSError where they cannot be written.
    """
    weights.check_built(model, "saved")
    _write(path, max_shard_size, lambda writer: weights.write(model, writer))


def load(model: Any, path: str | os.PathLike[str], skip_mismatch: bool = False) -> None:
    """Gives a model the weights in such files; arguments and errors as for `weights.load`."""
    weights.check_built(model, "given weights")
    with Reader(path) as reader:
        weights.read(model, reader, skip_mismatch)


def copy(found: arrays.Arrays, path: str | os.PathLike[str]) -> None:
    """Writes the arrays of another file of weights of Keras 3, likewise."""
    _write(path, None, lambda writer: arrays.copy(found, writer))


def _write(path: str | os.PathLike[str], gigabytes: float | None, fill: Callable[[_Writer], None]) -> None:
    gigabytes = _USUAL_GIGABYTES if gigabytes is None else gigabytes
    if isinstance(gigabytes, bool) or not isinstance(gigabytes, int | float) or not gigabytes > 0:
        raise ValueError(errors.explain(f"max_shard_size is a number of gigabytes above 0, got {gigabytes!r}."))
    target = pathlib.Path(path)
    atomic.check_folder(target)
    stem = target.stem.replace(".weights", "")  # as Keras looks for them
    with tempfile.TemporaryDirectory(prefix=f".{stem}.", suffix=".part", dir=target.parent) as made:
        folder = pathlib.Path(made)
        with _Writer(folder, stem, gigabytes * _GIGABYTE) as writer:
            fill(writer)
        # While some files are old and some are new, nothing says that they belong together.
        target.unlink(missing_ok=True)
        for name in writer.names:
            atomic.replace(folder / name, target.with_name(name))
    with atomic.replacing(target) as new:
        new.write_text(writer.listed())


class Reader:
    """The arrays of several HDF5 files, as one.

    Args:   path: of the `.weights.json`; the others lie beside it.
    Errors: ValueError for what is no such list, for names that lead elsewhere, and for files that are missing, damaged
            or hold the same array.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._folder = pathlib.Path(path).parent
        self._open: tuple[str, hdf5.Reader] | None = None
        self._homes: dict[str, str] = {}
        try:
            for shard in _shards(pathlib.Path(path)):
                for found in self._reader(shard).paths():
                    if self._homes.setdefault(found, shard) != shard:
                        raise ValueError(errors.explain(f'"{found}" is in {self._homes[found]!r} and in {shard!r}.'))
        except ValueError:
            self.__exit__()
            raise

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: Any) -> None:
        if self._open:
            self._open[1].__exit__()
            self._open = None

    def paths(self) -> list[str]:
        """Returns the path of each array, file by file."""
        return list(self._homes)

    def shape(self, path: str) -> tuple[int, ...]:
        """Returns the shape of an array that is there."""
        return self._home(path).shape(path)

    def dtype(self, path: str) -> str:
        """Returns the name of the dtype of an array that is there."""
        return self._home(path).dtype(path)

    def read(self, path: str) -> np.ndarray:
        """Returns an array that is there."""
        return self._home(path).read(path)

    def _home(self, path: str) -> hdf5.Reader:
        if path not in self._homes:
            raise ValueError(errors.explain(f'The files hold no array at "{path}".'))
        return self._reader(self._homes[path])

    def _reader(self, shard: str) -> hdf5.Reader:
        # One at a time: there may be more of them than a process may have open.
        if self._open is None or self._open[0] != shard:
            self.__exit__()
            place = self._folder / shard
            if place.is_symlink() or not place.is_file():
                raise ValueError(errors.explain(f"There is no file {shard!r} beside the list that names it."))
            self._open = shard, hdf5.Reader(str(place))
        return self._open[1]


def _shards(path: pathlib.Path) -> list[str]:
    """Returns the names of the files that a list names, each once."""
    try:
        with open(path, "rb") as file:
            text = file.read(_MOST_TEXT_BYTES + 1)
        if len(text) > _MOST_TEXT_BYTES:
            raise ValueError(f"it is longer than {_MOST_TEXT_BYTES} bytes")
        homes = json.loads(text)["weight_map"].values()
        found = list(dict.fromkeys(name for home in homes for name in (home if isinstance(home, list) else [home])))
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
        problem = f"This is no list of files of weights: {type(error).__name__}: {error}"
        raise ValueError(errors.explain(problem)) from error
    for name in found:
        if not isinstance(name, str) or not name.endswith(_SHARD_ENDING) or set(name) & set("/\\:\0"):
            raise ValueError(errors.explain(f"The list of files cannot be trusted: it names {name!r}."))
    if len(found) > _MOST_SHARDS:
        raise ValueError(errors.explain(f"The list of files cannot be trusted: it names {len(found)} of them."))
    return found
