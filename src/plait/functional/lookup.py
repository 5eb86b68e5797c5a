"""Looking whole numbers up in a sorted table."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def places(tokens: jax.Array, keys: jax.Array, values: jax.Array, unknown: jax.Array) -> jax.Array:
    """Returns the value of the key that equals the token, for each; that of `unknown` where there is none.

    Shapes: tokens and unknown any, keys and values (known,) -> that of tokens
    Args:   keys: rising, at least one.
    """
    nearest = jnp.minimum(jnp.searchsorted(keys, tokens), keys.size - 1)
    return jnp.where(keys[nearest] == tokens, values[nearest], unknown)
