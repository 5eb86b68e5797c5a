"""Data as users have them: an array, a list, or batches, read one by one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import jax.numpy as jnp
import numpy as np

from plait.core import errors

# What a layer takes, by NumPy's letters for kinds of dtypes.
NUMBERS, TEXT, BOTH, WHOLE = "biuf", "U", "biufU", "iuU"
_NAMES = {NUMBERS: "numbers", TEXT: "text", BOTH: "numbers or text", WHOLE: "whole numbers or text"}
_SCALARS = (str, bytes, int, float)


def batches(layer: Any, data: Any, kinds: str, steps: int | None = None) -> Iterator[np.ndarray]:
    """Yields the batches of the data that a layer is adapted to; what is given as a whole is one.

    Args:   steps: how many batches are read; all if not given.
    Errors: TypeError for what is no data; ValueError for data without a batch, or lists of unequal lengths.
    """
    read = islice(_parts(layer, data), steps)
    first = next(read, None)
    if first is None:
        raise ValueError(errors.explain(f"{layer} cannot be adapted to no data.", "Give one batch at least."))
    yield as_array(layer, first, kinds)
    for part in read:
        yield as_array(layer, part, kinds)


def as_array(layer: Any, given: Any, kinds: str) -> np.ndarray:
    """Returns what is given as an array of NumPy's; text as an array of `str`, fixed in length or of objects.

    Errors: ValueError for lists of unequal lengths; TypeError for what is no array of these kinds.
    """
    # Of objects: else each text of a list would take the room of the longest.
    is_text = isinstance(given, list | tuple) and isinstance(_first(given), str | bytes)
    try:
        array = np.asarray(given, object if is_text else None)
    except ValueError as error:
        raise ValueError(
            errors.explain(f"{layer} takes arrays, and lists of equal lengths: {error}.", "Make them equally long.")
        ) from error
    if array.dtype.kind in "SOT":
        array = _as_text(array, getattr(layer, "encoding", "utf-8"))
    kind = "f" if array.dtype == jnp.bfloat16 else _kind(array)
    if kind not in kinds:
        raise TypeError(errors.explain(f"{layer} takes arrays and lists of {_NAMES[kinds]}, got {_named(array)}."))
    return array


def _as_text(array: np.ndarray, encoding: str) -> np.ndarray:
    decoded = [one.decode(encoding) if isinstance(one, bytes) else one for one in array.reshape(-1).tolist()]
    return np.array([*decoded, None], object)[:-1].reshape(array.shape)


def _kind(array: np.ndarray) -> str:
    is_text = array.dtype == object and all(isinstance(one, str) for one in array.flat)
    return "U" if is_text else array.dtype.kind


def _first(given: Any) -> Any:
    while isinstance(given, list | tuple) and given:
        given = given[0]
    return given


def _parts(layer: Any, data: Any) -> Iterator[Any]:
    if hasattr(data, "__array__") or isinstance(data, _SCALARS):
        return iter([data])
    if isinstance(data, list | tuple):
        # A list of arrays is one of batches, a list of anything else is the data.
        are_batches = all(getattr(one, "ndim", 0) > 0 for one in data)
        return iter(data if are_batches else [data])
    if hasattr(data, "__iter__"):
        return (_inputs(batch) for batch in data)
    if hasattr(data, "__getitem__") and hasattr(data, "__len__"):
        return (_inputs(data[number]) for number in range(len(data)))
    raise TypeError(
        errors.explain(f"{layer} is adapted to an array, a list, or what gives batches, got {errors.described(data)}.")
    )


def _inputs(batch: Any) -> Any:
    """Returns x of (x, y) and (x, y, sample_weight)."""
    is_pair = isinstance(batch, tuple) and len(batch) > 1 and hasattr(batch[0], "__array__")
    return batch[0] if is_pair else batch


def _named(array: np.ndarray) -> str:
    first = f" such as {array.reshape(-1)[0]!r}" if array.size else ""
    return f"an array of {array.dtype.name}{first}"
