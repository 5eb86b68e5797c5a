"""Numbers shifted and scaled by given numbers."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

# Where the standard deviation is smaller, this is taken.
_LEAST_DEVIATION = 1e-7


def aligned(factors: jax.Array, ndim: int) -> jax.Array:
    """Returns an array with axes of size 1 before its own, so that it has `ndim`."""
    return factors.reshape((1,) * (ndim - factors.ndim) + factors.shape)


def standardized(inputs: jax.Array, mean: jax.Array, variance: jax.Array) -> jax.Array:
    """Returns the inputs with the mean taken away, divided by the standard deviation.

    Shapes: mean and variance as inputs, or 1 along an axis.
    """
    return (inputs - mean) / jnp.maximum(jnp.sqrt(variance), _LEAST_DEVIATION)


def restored(inputs: jax.Array, mean: jax.Array, variance: jax.Array) -> jax.Array:
    """Returns the inverse of `standardized`."""
    return mean + inputs * jnp.maximum(jnp.sqrt(variance), _LEAST_DEVIATION)


class Moments(NamedTuple):
    """Mean and variance of the numbers seen so far, and how many they are."""

    size: int
    mean: np.ndarray
    variance: np.ndarray

    @classmethod
    def of(cls, batch: np.ndarray, axes: tuple[int, ...]) -> Moments:
        """Returns those of a batch, along these axes."""
        batch = batch.astype(np.float64)
        return cls(int(np.prod([batch.shape[axis] for axis in axes])), batch.mean(axes), batch.var(axes))

    def joined(self, other: Moments) -> Moments:
        """Returns those of both together.

        Source: T. Chan, G. Golub, R. LeVeque, Updating Formulae and a Pairwise Algorithm, 1979.
        """
        size = self.size + other.size
        share, distance = other.size / size, other.mean - self.mean
        variance = self.variance * (1 - share) + other.variance * share + distance**2 * share * (1 - share)
        return Moments(size, self.mean + distance * share, variance)
