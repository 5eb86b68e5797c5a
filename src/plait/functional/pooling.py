"""Maximum and average over windows.

XLA's own windowed maximum has a gradient that is slow on the CPU: about eight times the cost of combining
strided slices, one per element of the window. So small windows are combined from slices.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from plait.functional import kernels, windows
from plait.functional.slices import slices

# Above this many elements in a window, slices are slower to run and to compile.
_MOST_SLICES = 16


def max_pool(
    inputs: jax.Array,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str = "valid",
    data_format: str = "channels_last",
) -> jax.Array:
    """Returns the largest element of each window; the gradient goes to the first of those that are equal.

    Shapes: (batch, *spatial, channels) -> (batch, *new_spatial, channels); or channels second
    Args:   strides: how far windows are apart; None for `pool_size`.
            padding: "valid" or "same"; padding is never the largest.
    Errors: ValueError for arguments that do not fit the inputs.
    """
    geometry = _geometry(inputs, pool_size, strides, padding, data_format)
    return _reduce(inputs, *geometry, _lowest(inputs.dtype), lax.max, _first_maximum)


def average_pool(
    inputs: jax.Array,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str = "valid",
    data_format: str = "channels_last",
) -> jax.Array:
    """Returns the mean of each window; padding counts neither in the sum nor in the number of elements.

    Shapes: (batch, *spatial, channels) -> (batch, *new_spatial, channels); or channels second
    Args:   strides: how far windows are apart; None for `pool_size`.
            padding: "valid" or "same".
    Errors: ValueError for arguments that do not fit the inputs.
    """
    if not jnp.issubdtype(inputs.dtype, jnp.floating):
        inputs = inputs.astype(jnp.float32)
    geometry = _geometry(inputs, pool_size, strides, padding, data_format)
    sums = _reduce(inputs, *geometry, 0.0, lax.add, lax.add)
    size, steps, _ = geometry
    if padding == "valid":
        return sums / math.prod(size)
    # One entry suffices along axes that are not pooled.
    counts = [
        [1] if window == 1 else windows.covered(length, window, step, padding)
        for length, window, step in zip(inputs.shape, size, steps, strict=True)
    ]
    return sums / jnp.asarray(functools.reduce(np.multiply.outer, map(np.asarray, counts)), sums.dtype)


def adaptive_max_pool(inputs: jax.Array, output_size: Sequence[int], data_format: str = "channels_last") -> jax.Array:
    """Returns the largest element of each of `output_size` windows along each spatial axis, which cover it evenly.

    Shapes: (batch, *spatial, channels) -> (batch, *output_size, channels); or channels second
    """
    for axis, bounds in _adaptive_windows(inputs, output_size, data_format):
        inputs = _combine(inputs, axis, bounds, _lowest(inputs.dtype), lax.max, _first_maximum)
    return inputs


def adaptive_average_pool(
    inputs: jax.Array, output_size: Sequence[int], data_format: str = "channels_last"
) -> jax.Array:
    """Returns the mean of each of `output_size` windows along each spatial axis, which cover it evenly.

    Shapes: (batch, *spatial, channels) -> (batch, *output_size, channels); or channels second
    """
    if not jnp.issubdtype(inputs.dtype, jnp.floating):
        inputs = inputs.astype(jnp.float32)
    for axis, bounds in _adaptive_windows(inputs, output_size, data_format):
        sums = _combine(inputs, axis, bounds, 0.0, lax.add, lax.add)
        shape = [-1 if one == axis else 1 for one in range(inputs.ndim)]
        counts = np.array([end - start for start, end in bounds]).reshape(shape)
        inputs = sums / jnp.asarray(counts, sums.dtype)
    return inputs


def _adaptive_windows(
    inputs: jax.Array, output_size: Sequence[int], data_format: str
) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Yields each spatial axis, with the start and the end of its windows."""
    for axis, outputs in zip(windows.spatial_axes(inputs.ndim, data_format), output_size, strict=True):
        yield axis, windows.adaptive(inputs.shape[axis], outputs)


def _combine(
    inputs: jax.Array,
    axis: int,
    bounds: list[tuple[int, int]],
    neutral: Any,
    whole: Callable[..., jax.Array],
    pair: Callable[..., jax.Array],
) -> jax.Array:
    """Combines what lies between bounds along an axis, which may overlap."""
    length, longest = inputs.shape[axis], max(end - start for start, end in bounds)
    if longest * len(bounds) != length:
        # Window is laid behind window, and shorter ones are filled up with what lies beyond the end: the neutral.
        places = [at if at < end else length for start, end in bounds for at in range(start, start + longest)]
        inputs = jnp.take(inputs, np.array(places), axis=axis, mode="fill", fill_value=neutral)
    size = [longest if one == axis else 1 for one in range(inputs.ndim)]
    return _reduce(inputs, size, size, [(0, 0)] * inputs.ndim, neutral, whole, pair)


def _lowest(dtype: Any) -> Any:
    return -jnp.inf if jnp.issubdtype(dtype, jnp.floating) else jnp.iinfo(dtype).min


def _geometry(
    inputs: jax.Array,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None,
    padding: str,
    data_format: str,
) -> tuple[list[int], list[int], list[tuple[int, int]]]:
    """Returns window, stride and padding for every axis, those of batch and channels included."""
    if padding == "causal":
        raise ValueError('Pooling needs padding "valid" or "same", got "causal".')
    axes = windows.spatial_axes(inputs.ndim, data_format)
    size, steps, amounts = [1] * inputs.ndim, [1] * inputs.ndim, [(0, 0)] * inputs.ndim
    window = windows.per_axis(pool_size, len(axes), "pool_size")
    stride = window if strides is None else windows.per_axis(strides, len(axes), "strides")
    for axis, k, s in zip(axes, window, stride, strict=True):
        size[axis], steps[axis] = k, s
        amounts[axis] = windows.padding_amounts(inputs.shape[axis], k, s, padding)
    return size, steps, amounts


def _reduce(
    inputs: jax.Array,
    size: list[int],
    steps: list[int],
    amounts: list[tuple[int, int]],
    neutral: Any,
    whole: Callable[..., jax.Array],
    pair: Callable[..., jax.Array],
) -> jax.Array:
    """Combines the elements of each window, by pairs of slices or by XLA's reduction as a whole."""
    if kernels.is_plain():
        return _axis_by_axis(inputs, size, steps, amounts, neutral, whole)
    if math.prod(size) > _MOST_SLICES:
        return lax.reduce_window(inputs, neutral, whole, size, steps, amounts)
    return functools.reduce(pair, slices(inputs, size, steps, amounts, neutral))


def _axis_by_axis(
    inputs: jax.Array,
    size: list[int],
    steps: list[int],
    amounts: list[tuple[int, int]],
    neutral: Any,
    whole: Callable[..., jax.Array],
) -> jax.Array:
    """Combines along one axis after the other: what any reader of a program knows, and few slices for large windows."""
    for axis in range(inputs.ndim):
        if (size[axis], steps[axis]) != (1, 1):
            span, step, amount = [1] * inputs.ndim, [1] * inputs.ndim, [(0, 0)] * inputs.ndim
            span[axis], step[axis], amount[axis] = size[axis], steps[axis], amounts[axis]
            inputs = functools.reduce(whole, slices(inputs, span, step, amount, neutral))
    return inputs


@jax.custom_jvp
def _first_maximum(a: jax.Array, b: jax.Array) -> jax.Array:
    """Returns the larger one, as `jnp.maximum`, which would share the gradient out between equal elements."""
    return jnp.maximum(a, b)


@_first_maximum.defjvp
def _first_maximum_jvp(primals: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
    (a, b), (da, db) = primals, tangents
    return _first_maximum(a, b), jnp.where(b > a, db, da)
