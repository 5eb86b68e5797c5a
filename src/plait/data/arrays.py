"""Batches of arrays in memory or on disk, of which only the rows of a batch are read at a time."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from plait.core import errors, nest, seeds
from plait.data import checks, packages
from plait.data.batches import Batches


def from_arrays(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    batch_size: int | None = 32,
    shuffle: bool = False,
    seed: int | None = None,
    drop_remainder: bool = False,
) -> Batches:
    """Returns batches of x, (x, y) or (x, y, sample_weight).

    Args:   x, y, sample_weight: arrays, memory maps, datasets of h5py or zarr, paths of `.npy` files; or dicts, lists
            and tuples of them. Only what is on disk stays there: other arrays are taken into memory.
            batch_size: None for single examples.
            shuffle: whether each epoch has an order of its own.
            seed: of these orders; by default another one each time, so that `restore` needs one.
            drop_remainder: whether a last, smaller batch is left out.
    Errors: TypeError for what is no array; ValueError if lengths differ, or for a wrong argument.
    """
    if batch_size is not None:
        checks.positive("from_arrays", batch_size=batch_size)
    if sample_weight is not None and y is None:
        raise ValueError(errors.explain("from_arrays got a sample_weight without y, whose losses it would weigh."))
    given = {"x": x} | ({} if y is None else {"y": y}) | ({} if sample_weight is None else {"weight": sample_weight})
    named = dict(zip(nest.paths(given), nest.flatten(given), strict=True))
    found = {name: opened(name, array) for name, array in named.items()}
    check_lengths("from_arrays", found)
    parts = tuple(nest.pack(given, found.values()).values())
    # A tuple alone would be read as (x, y).
    data = parts[0] if len(parts) == 1 and not isinstance(x, tuple) else parts

    def gather(positions: np.ndarray) -> Any:
        return nest.walk(lambda array: rows(array, positions), data)

    examples = len(next(iter(found.values())))
    order = (seeds.fresh() if seed is None else seed) if shuffle else None
    return gathered(gather, examples, batch_size, order, drop_remainder)


def opened(name: str, array: Any) -> Any:
    """Returns an array whose rows can be read: on disk as it is there, else in memory.

    Args:   array: a path is that of a `.npy` file, which is mapped into memory.
    Errors: TypeError for what is no array, ValueError for another file.
    """
    if isinstance(array, str | os.PathLike):
        if not os.fspath(array).endswith(".npy"):
            raise ValueError(
                errors.explain(
                    f"{name} needs an array or the path of a .npy file, got {os.fspath(array)!r}.",
                    "Open other files yourself: numpy.load for .npz, h5py.File for HDF5, and give their arrays.",
                )
            )
        array = np.load(array, mmap_mode="r")
    # Those of h5py and zarr, which read what they are asked for.
    is_on_disk = hasattr(array, "chunks") and hasattr(array, "shape")
    if not isinstance(array, np.ndarray) and not is_on_disk and (hasattr(array, "__array__") or type(array) is list):
        array = np.asarray(array)
    if not getattr(array, "shape", ()):
        raise TypeError(
            errors.explain(f"{name} needs an array with an axis of examples, got {errors.described(array)}.")
        )
    return array


def check_lengths(who: str, arrays: dict[str, Any]) -> None:
    """Makes sure that arrays have one number of examples, and some.

    Errors: ValueError that names the function that needs it, or the arrays.
    """
    if not arrays:
        raise ValueError(errors.explain(f"{who} needs at least one array, got none."))
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ValueError(errors.explain(f"The arrays have different numbers of examples: {listed}."))
    if 0 in lengths.values():
        raise ValueError(errors.explain(f"The data are empty: {next(iter(lengths))} has no examples."))


def rows(array: Any, positions: np.ndarray) -> np.ndarray:
    """Returns the rows at these positions, in memory.

    Shapes: (examples, ...), positions of any shape -> (*positions, ...)
    """
    if isinstance(array, np.ndarray):
        return np.asarray(array[positions])
    # What is on disk wants rising positions, and gives a stretch of rows many times faster than one by one.
    wanted, places = np.unique(positions, return_inverse=True)
    first, last = int(wanted[0]), int(wanted[-1])
    read = array[first : last + 1] if last - first + 1 == len(wanted) else array[wanted]
    return np.asarray(read)[places.reshape(positions.shape)]


def gathered(
    gather: Callable[[np.ndarray], Any],
    examples: int,
    batch_size: int | None,
    seed: int | None = None,
    drop_remainder: bool = False,
) -> Batches:
    """Returns batches that a function makes from the positions of their examples, an array of integers.

    Args: seed: of the order of the examples, another one each epoch; None keeps it.
    """

    def one(position: int) -> Any:
        return nest.walk(lambda array: array[0], gather(np.array([position])))

    positions = packages.grain().MapDataset.range(examples)
    if seed is not None:
        positions = positions.shuffle(seed)
    if batch_size is None:
        return Batches(positions.map(one))
    return Batches(
        positions.batch(batch_size, drop_remainder=drop_remainder, batch_fn=np.array).map(gather),
        examples=positions.map(one),
    )
