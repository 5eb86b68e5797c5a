"""Batch normalization: moments, the normalization itself, and the corrections of batch renormalization.

Statistics are float32 (float64 for float64) whatever the inputs are: half precision can neither add up a
batch nor hold a running mean that moves by a hundredth.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from plait.functional.precision import at_least_float32

# Keeps the mean of a batch that is masked out entirely finite.
_EPSILON = 1e-7


def batch_moments(inputs: jax.Array, axis: int = -1, mask: jax.Array | None = None) -> tuple[jax.Array, jax.Array]:
    """Returns mean and biased variance over all axes but one.

    Shapes: inputs (..., features on `axis`, ...), mask: the shape of inputs without its last axis, or 1 in place of
            a size of it
            -> (features,), (features,)
    Args:   mask: True where inputs count; None counts them all.
    Errors: ValueError if the mask has another shape.
    Source: S. Ioffe, C. Szegedy, Batch Normalization, 2015, algorithm 1.
    """
    axis %= inputs.ndim
    x = at_least_float32(inputs)
    reduced = tuple(other for other in range(x.ndim) if other != axis)
    if mask is None:
        return jnp.mean(x, reduced), jnp.var(x, reduced)
    if mask.ndim != x.ndim - 1 or any(one not in (1, size) for one, size in zip(mask.shape, x.shape[:-1], strict=True)):
        raise ValueError(
            "The mask of a normalization needs the shape of its inputs without the last axis: "
            f"{x.shape[:-1]}, got {mask.shape}."
        )
    counts = jnp.broadcast_to(mask.astype(bool)[..., None], x.shape)
    number = jnp.sum(counts, reduced, dtype=x.dtype) + _EPSILON
    mean = jnp.sum(x, reduced, where=counts) / number
    # Masked before it is squared: what is masked may be infinite, and its gradient is to be zero, not NaN.
    deviation = jnp.where(counts, x - _along(mean, axis, x.ndim), 0)
    return mean, jnp.sum(jnp.square(deviation), reduced) / number


def normalize(
    inputs: jax.Array,
    mean: jax.Array,
    variance: jax.Array,
    gamma: jax.Array | None = None,
    beta: jax.Array | None = None,
    *,
    epsilon: float = 1e-3,
    axis: int = -1,
) -> jax.Array:
    """Returns `gamma * (inputs - mean) / sqrt(variance + epsilon) + beta`, in the dtype of the inputs.

    Shapes: inputs (..., features on `axis`, ...), all others (features,) -> the shape of inputs
    Source: S. Ioffe, C. Szegedy, Batch Normalization, 2015, algorithm 1.
    """
    scale = lax.rsqrt(at_least_float32(variance) + epsilon)
    if gamma is not None:
        scale = scale * at_least_float32(gamma)
    shift = -at_least_float32(mean) * scale
    if beta is not None:
        shift = shift + at_least_float32(beta)
    axis %= inputs.ndim
    outputs = at_least_float32(inputs) * _along(scale, axis, inputs.ndim) + _along(shift, axis, inputs.ndim)
    return outputs.astype(inputs.dtype)


def moving_average(old: jax.Array, new: jax.Array, momentum: float) -> jax.Array:
    """Returns what a running statistic becomes: `momentum` of the old, the rest of the new."""
    return old * momentum + new.astype(old.dtype) * (1.0 - momentum)


class Clipping(NamedTuple):
    """The bounds of batch renormalization's corrections; None leaves one open."""

    rmin: float | None = None
    rmax: float | None = None
    dmax: float | None = None


UNCLIPPED = Clipping()


def renorm_corrections(
    mean: jax.Array,
    variance: jax.Array,
    renorm_mean: jax.Array,
    renorm_stddev: jax.Array,
    *,
    epsilon: float,
    clipping: Clipping = UNCLIPPED,
) -> tuple[jax.Array, jax.Array]:
    """Returns (r, d): a batch normalized by its own moments becomes `x * r + d`. No gradient flows.

    Args:   renorm_mean, renorm_stddev: running statistics of earlier batches.
    Source: S. Ioffe, Batch Renormalization, 2017, algorithm 1.
    """
    # The running deviation is near zero early in training.
    stddev = jnp.maximum(at_least_float32(renorm_stddev), epsilon**0.5)
    r = jnp.sqrt(variance + epsilon) / stddev
    d = (mean - at_least_float32(renorm_mean)) / stddev
    r = jnp.clip(r, clipping.rmin, clipping.rmax)
    if clipping.dmax is not None:
        d = jnp.clip(d, -clipping.dmax, clipping.dmax)
    return lax.stop_gradient(r), lax.stop_gradient(d)


def corrected(
    gamma: jax.Array | None, beta: jax.Array | None, r: jax.Array, d: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Returns the gamma and beta that do the work of both: `(x * r + d) * gamma + beta`."""
    if gamma is not None:
        r, d = r * at_least_float32(gamma), d * at_least_float32(gamma)
    return r, d if beta is None else d + at_least_float32(beta)


def variance_of(stddev: jax.Array, epsilon: float) -> jax.Array:
    """Returns the variance behind `sqrt(variance + epsilon)`, never below zero."""
    return jnp.maximum(jnp.square(stddev) - epsilon, 0)


def _along(vector: jax.Array, axis: int, rank: int) -> jax.Array:
    return vector.reshape([-1 if other == axis else 1 for other in range(rank)])
