"""Spectral normalization: a kernel divided by its largest singular value."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

# Keeps the vectors of a kernel of zeros finite.
_EPSILON = 1e-7


def spectral_normalize(kernel: jax.Array, vector: jax.Array, iterations: int = 1) -> tuple[jax.Array, jax.Array]:
    """Returns a kernel divided by an estimate of its largest singular value, and the vector that gave it.

    A kernel of zeros, and its vector, stay as they are. No gradient flows through the vectors.

    Shapes: kernel (..., outputs), vector (1, outputs) -> the same
    Args:   vector: of an earlier kernel like this one; the nearer, the fewer iterations are needed.
            iterations: how often both sides are multiplied; 1 or more.
    Source: T. Miyato et al., Spectral Normalization for Generative Adversarial Networks, 2018, algorithm 1.
    """
    w = kernel.reshape(-1, kernel.shape[-1])
    u = vector
    for _ in range(iterations):
        v = _to_length_1(u @ w.T)
        u = _to_length_1(v @ w)
    u, v = lax.stop_gradient((u, v))
    is_zero = jnp.all(kernel == 0)
    sigma = jnp.where(is_zero, 1, (v @ w @ u.T)[0, 0])
    return kernel / sigma, jnp.where(is_zero, vector, u)


def _to_length_1(x: jax.Array) -> jax.Array:
    return x * jnp.minimum(lax.rsqrt(jnp.sum(jnp.square(x))), 1 / _EPSILON)
