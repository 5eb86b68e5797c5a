"""Normalization of each example by its own statistics: over features, over groups of channels, to length 1.

Statistics and results are float32 (float64 for float64) whatever the inputs are.
"""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import lax

from plait.functional.precision import at_least_float32


def layer_normalize(
    inputs: jax.Array,
    gamma: jax.Array | None = None,
    beta: jax.Array | None = None,
    *,
    axes: Sequence[int] = (-1,),
    epsilon: float = 1e-3,
) -> jax.Array:
    """Returns the inputs with mean 0 and variance 1 over the axes, times gamma plus beta.

    Shapes: inputs any, gamma and beta the sizes of the axes -> the shape of inputs
    Source: J. Ba et al., Layer Normalization, 2016, eq. 4.
    """
    gamma, beta = (None if one is None else _along(one, axes, inputs.shape) for one in (gamma, beta))
    return _standardized(at_least_float32(inputs), tuple(axes), gamma, beta, epsilon)


def deviation_normalize(
    inputs: jax.Array, gamma: jax.Array | None = None, *, axes: Sequence[int] = (-1,), epsilon: float = 1e-3
) -> jax.Array:
    """Returns the inputs divided by their standard deviation over the axes, their mean kept, times gamma.

    Shapes: inputs any, gamma the sizes of the axes -> the shape of inputs
    """
    x = at_least_float32(inputs)
    outputs = x * lax.rsqrt(jnp.var(x, tuple(axes), keepdims=True) + epsilon)
    return outputs if gamma is None else outputs * _along(gamma, axes, x.shape)


def rms_normalize(
    inputs: jax.Array, scale: jax.Array | None = None, *, axes: Sequence[int] = (-1,), epsilon: float = 1e-6
) -> jax.Array:
    """Returns the inputs divided by their root mean square over the axes, times scale.

    Shapes: inputs any, scale the sizes of the axes -> the shape of inputs
    Source: B. Zhang, R. Sennrich, Root Mean Square Layer Normalization, 2019, eq. 4.
    """
    x = at_least_float32(inputs)
    outputs = x * lax.rsqrt(jnp.mean(jnp.square(x), tuple(axes), keepdims=True) + epsilon)
    return outputs if scale is None else outputs * _along(scale, axes, x.shape)


def group_normalize(
    inputs: jax.Array,
    groups: int,
    gamma: jax.Array | None = None,
    beta: jax.Array | None = None,
    *,
    axis: int = -1,
    epsilon: float = 1e-3,
) -> jax.Array:
    """Returns the inputs with mean 0 and variance 1 within each group of channels of each example.

    Shapes: inputs (batch, ..., channels on `axis`, ...), gamma and beta (channels,) -> the shape of inputs
    Args:   groups: divides the number of channels.
    Source: Y. Wu, K. He, Group Normalization, 2018, eq. 1 to 3.
    """
    axis %= inputs.ndim
    split = (groups, inputs.shape[axis] // groups)
    x = at_least_float32(inputs).reshape(*inputs.shape[:axis], *split, *inputs.shape[axis + 1 :])

    def along(vector: jax.Array | None) -> jax.Array | None:
        return None if vector is None else vector.reshape(*[1] * axis, *split, *[1] * (x.ndim - axis - 2))

    within = tuple(other for other in range(1, x.ndim) if other != axis)
    return _standardized(x, within, along(gamma), along(beta), epsilon).reshape(inputs.shape)


def unit_normalize(inputs: jax.Array, *, axes: Sequence[int] = (-1,), epsilon: float = 1e-12) -> jax.Array:
    """Returns the inputs scaled to length 1 over the axes; what is shorter than epsilon is divided by epsilon.

    Shapes: any -> the same
    """
    x = at_least_float32(inputs)
    squares = jnp.sum(jnp.square(x), tuple(axes), keepdims=True)
    # The bound stands inside the root, so that the gradient at 0 is finite.
    return x * lax.rsqrt(jnp.maximum(squares, epsilon**2))


def _standardized(
    x: jax.Array, axes: tuple[int, ...], gamma: jax.Array | None, beta: jax.Array | None, epsilon: float
) -> jax.Array:
    """Returns `gamma * (x - mean) / sqrt(variance + epsilon) + beta`, for gamma and beta of as many axes as x."""
    scale = lax.rsqrt(jnp.var(x, axes, keepdims=True) + epsilon)
    if gamma is not None:
        scale = scale * gamma.astype(x.dtype)
    shift = -jnp.mean(x, axes, keepdims=True) * scale
    if beta is not None:
        shift = shift + beta.astype(x.dtype)
    return x * scale + shift


def _along(array: jax.Array, axes: Sequence[int], shape: Sequence[int]) -> jax.Array:
    """Returns an array that has these axes of the shape, with axes of length 1 in place of the others."""
    kept = {axis % len(shape) for axis in axes}
    spread = array.reshape([size if axis in kept else 1 for axis, size in enumerate(shape)])
    return at_least_float32(spread)
