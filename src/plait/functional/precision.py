"""In which dtype statistics are computed."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def at_least_float32(x: jax.Array) -> jax.Array:
    """Returns the array in float32, or in float64 if it is: half precision cannot add up many numbers."""
    return x if x.dtype == jnp.float64 else x.astype(jnp.float32)
