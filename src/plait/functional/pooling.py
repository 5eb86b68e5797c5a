"""Maximum and average over windows.

XLA's own windowed maximum has a gradient that is slow on the CPU: about eight times the cost of combining
strided slices, one per element of the window. So small windows are combined from slices.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from plait.functional import windows

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
    lowest = -jnp.inf if jnp.issubdtype(inputs.dtype, jnp.floating) else jnp.iinfo(inputs.dtype).min
    geometry = _geometry(inputs, pool_size, strides, padding, data_format)
    return _reduce(inputs, *geometry, lowest, lax.max, _first_maximum)


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
    if math.prod(size) > _MOST_SLICES:
        return lax.reduce_window(inputs, neutral, whole, size, steps, amounts)
    return functools.reduce(pair, _slices(inputs, size, steps, amounts, neutral))


def _slices(
    inputs: jax.Array, size: list[int], steps: list[int], amounts: list[tuple[int, int]], neutral: Any
) -> Iterator[jax.Array]:
    """Yields the first element of all windows, then the second of all, in row-major order."""
    padded = lax.pad(inputs, jnp.asarray(neutral, inputs.dtype), [(*amount, 0) for amount in amounts])
    last = [(length - k) // s * s for length, k, s in zip(padded.shape, size, steps, strict=True)]
    for offset in itertools.product(*map(range, size)):
        stop = [start + far + 1 for start, far in zip(offset, last, strict=True)]
        yield lax.slice(padded, offset, stop, steps)


@jax.custom_jvp
def _first_maximum(a: jax.Array, b: jax.Array) -> jax.Array:
    """Returns the larger one, as `jnp.maximum`, which would share the gradient out between equal elements."""
    return jnp.maximum(a, b)


@_first_maximum.defjvp
def _first_maximum_jvp(primals: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
    (a, b), (da, db) = primals, tangents
    return _first_maximum(a, b), jnp.where(b > a, db, da)
