"""Elements taken out, put in, and put elsewhere: slices, scattering, diagonals, splits, permutations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import errors
from plait.graph.operators import lift
from plait.ops.statistics import needs_numbers

__all__ = [
    "append", "argpartition", "array_split", "cross", "diag", "diagflat", "diagonal", "diff", "dsplit", "dstack",
    "extract_sequences", "fliplr", "flipud", "hsplit", "inner", "isin", "kron", "nonzero", "rot90", "scatter",
    "scatter_update", "select", "size", "slice", "slice_update", "trace", "unique", "unravel_index", "vdot",
    "vsplit",
]  # fmt: skip

# ------------------------------------------------------------------------------------------ slices and scattering


@lift
def slice(inputs: Any, start_indices: Any, shape: Sequence[int]) -> Any:
    """Returns the block of this shape that starts at these places; -1 is all that follows along an axis."""
    sizes = [inputs.shape[axis] - start_indices[axis] if size == -1 else size for axis, size in enumerate(shape)]
    return jax.lax.dynamic_slice(jnp.asarray(inputs), start_indices, sizes)


@lift
def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Any:
    """Returns the inputs with another block that starts at these places."""
    return jax.lax.dynamic_update_slice(jnp.asarray(inputs), jnp.asarray(updates), start_indices)


@lift
def scatter(indices: Any, values: Any, shape: Sequence[int]) -> Any:
    """Returns zeros in this shape with the values added at their places.

    Shapes: indices (..., axes), values (..., what is left of shape after so many axes)
    """
    values = jnp.asarray(values)
    return jnp.zeros(tuple(shape), values.dtype).at[_places(indices)].add(values)


@lift
def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: str | None = None) -> Any:
    """Returns the inputs with the updates at their places.

    Shapes: indices (updates, axes), updates (updates, what is left of inputs after so many axes)
    Args:   reduction: "add", "mul", "max" or "min" combines them with what is there; None replaces it.
    Errors: ValueError for another reduction.
    """
    if reduction not in _UPDATES:
        raise errors.unknown("reduction of scatter_update", reduction, [name for name in _UPDATES if name])
    inputs = jnp.asarray(inputs)
    return getattr(inputs.at[_places(indices)], _UPDATES[reduction])(jnp.asarray(updates))


_UPDATES = {None: "set", "add": "add", "mul": "multiply", "max": "max", "min": "min"}


def _places(indices: Any) -> tuple[Any, ...]:
    return tuple(jnp.moveaxis(jnp.asarray(indices), -1, 0))


@lift
def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> Any:
    """Returns all stretches of one length along the last axis, their starts `sequence_stride` apart.

    Shapes: (..., length) -> (..., stretches, sequence_length)
    """
    starts = jnp.arange(0, x.shape[-1] - sequence_length + 1, sequence_stride)
    return jnp.take(x, starts[:, None] + jnp.arange(sequence_length)[None], axis=-1)


@lift
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """Returns at each place the choice of the first condition that holds there."""
    return jnp.select(condlist, choicelist, default)


# ------------------------------------------------------------------------------------------ joined and taken apart


@lift
def append(x1: Any, x2: Any, axis: int | None = None) -> Any:
    """Returns two arrays joined along an axis; without one, all their elements in a row."""
    return jnp.append(x1, x2, axis)


@lift
def dstack(xs: Sequence[Any]) -> Any:
    """Returns arrays joined along axis 2, matrices as slices."""
    return jnp.dstack(xs)


@lift
def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """Returns so many parts along an axis, the first ones longer by one if they cannot be equal."""
    return jnp.array_split(x, indices_or_sections, axis)


@lift
def hsplit(x: Any, indices_or_sections: Any) -> Any:
    """Returns the parts along axis 1, those of a vector along axis 0."""
    return jnp.hsplit(x, indices_or_sections)


@lift
def vsplit(x: Any, indices_or_sections: Any) -> Any:
    """Returns the parts along axis 0."""
    return jnp.vsplit(x, indices_or_sections)


@lift
def dsplit(x: Any, indices_or_sections: Any) -> Any:
    """Returns the parts along axis 2."""
    return jnp.dsplit(x, indices_or_sections)


@lift
def fliplr(x: Any) -> Any:
    """Returns the elements in reverse order along axis 1."""
    return jnp.fliplr(x)


@lift
def flipud(x: Any) -> Any:
    """Returns the elements in reverse order along axis 0."""
    return jnp.flipud(x)


@lift
def rot90(array: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """Returns k quarter turns in the plane of two axes, from the first towards the second."""
    return jnp.rot90(array, k, tuple(axes))


# ------------------------------------------------------------------------------------------ diagonals and products


@lift
def diag(x: Any, k: int = 0) -> Any:
    """Returns diagonal number k of a matrix, or the matrix that has a vector there and zeros elsewhere."""
    return jnp.diag(x, k)


@lift
def diagflat(x: Any, k: int = 0) -> Any:
    """Returns the matrix with all elements on diagonal number k, zeros elsewhere."""
    return jnp.diagflat(x, k)


@lift
def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Returns a diagonal of matrices that lie along two axes; it lies along the last."""
    return jnp.diagonal(x, offset, axis1, axis2)


@lift
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Returns the sum of a diagonal of matrices that lie along two axes."""
    return jnp.trace(x, offset, axis1, axis2)


@lift
def cross(x1: Any, x2: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """Returns the cross product of vectors of two or three elements."""
    return jnp.cross(x1, x2, axisa, axisb, axisc, axis)


@lift
def inner(x1: Any, x2: Any) -> Any:
    """Returns the sums of products over the last axes of both."""
    return jnp.inner(x1, x2)


@lift
def vdot(x1: Any, x2: Any) -> Any:
    """Returns the sum of products of all elements; the first ones conjugated."""
    return jnp.vdot(x1, x2)


@lift
def kron(x1: Any, x2: Any) -> Any:
    """Returns blocks of `x2`, each times one element of `x1`."""
    return jnp.kron(x1, x2)


@lift
def diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    """Returns the differences of neighbours along an axis, taken n times."""
    return jnp.diff(a, n, axis)


# ------------------------------------------------------------------------------------------ places and sets


@lift
def argpartition(x: Any, kth: int, axis: int | None = -1) -> Any:
    """Returns places such that the smallest `kth` elements come first, and number `kth` stands where it belongs."""
    return jnp.argpartition(jnp.ravel(x), kth) if axis is None else jnp.argpartition(x, kth, axis)


@lift
def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    """Returns for each element of `x1` whether it is one of `x2`."""
    return jnp.isin(x1, x2, assume_unique, invert)


@lift
def unravel_index(indices: Any, shape: Sequence[int]) -> Any:
    """Returns the places along each axis of elements that are numbered through."""
    return jnp.unravel_index(jnp.asarray(indices), tuple(shape))


@lift
def size(x: Any) -> Any:
    """Returns the number of elements."""
    return jnp.size(x)


def nonzero(x: Any) -> Any:
    """Returns the places of the elements that are not zero, an array per axis.

    Errors: TypeError where the numbers are not known yet, as the shape of the result depends on them.
    """
    needs_numbers("nonzero", x)
    return jnp.nonzero(x)


@lift
def unique(
    x: Any,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """Returns each element once, in rising order (`sorted` or not), and what else is asked for, as `numpy.unique`.

    Args:   size: how many to return, filled up with fill_value; needed where the numbers are not known yet.
    Errors: TypeError where it is needed and missing.
    """
    if size is None:
        needs_numbers("unique without size", x)
    wanted = {"return_index": return_index, "return_inverse": return_inverse, "return_counts": return_counts}
    return jnp.unique(jnp.asarray(x), **wanted, axis=axis, equal_nan=False, size=size, fill_value=fill_value)
