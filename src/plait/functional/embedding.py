"""Looking up rows of a table."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def lookup(table: jax.Array, ids: jax.Array) -> jax.Array:
    """Returns one row of the table per id.

    An id outside the table gives a row of NaN, so that it shows; negative ids count from the end.

    Shapes: table (rows, features), ids any -> (*ids, features)
    Args:   ids: integers, or floats holding integers.
    """
    if not jnp.issubdtype(ids.dtype, jnp.integer):
        ids = ids.astype(jnp.int32)
    return jnp.take(table, ids, axis=0, mode="fill")
