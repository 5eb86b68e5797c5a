"""Attention: how well each query fits each key is made a probability, and weighs the values.

Probabilities are computed in float32 (float64 for float64) whatever the inputs are. A mask is True where a query may
attend to a source, that is to a key and its value.
"""

from __future__ import annotations

import functools
import string
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp

from plait.functional.precision import at_least_float32

# What is subtracted from a score that is masked, in attention without heads.
_MASKED = 1e9


class Products(NamedTuple):
    """The two products of attention with heads, in Einstein's notation: of queries and keys, and with the values."""

    scores: str
    outputs: str


def products(rank: int, axes: Sequence[int]) -> Products:
    """Returns the products for queries, keys and values of so many axes: (batch, ..., heads, features).

    Shapes: scores (batch, ... not attended over, heads, *targets, *sources)
    Args:   axes: those attended over, each from 1 to rank - 3.
    """
    letters = string.ascii_letters
    query, fresh = letters[:rank], iter(letters[rank:])
    key = "".join(next(fresh) if axis in axes else letter for axis, letter in enumerate(query))
    kept = "".join(letter for axis, letter in enumerate(query[:-1]) if axis not in axes)
    scores = kept + "".join(query[axis] for axis in axes) + "".join(key[axis] for axis in axes)
    return Products(f"{query},{key}->{scores}", f"{scores},{key}->{query}")


def dot_product(query: jax.Array, key: jax.Array, value: jax.Array, mask: jax.Array | None = None) -> jax.Array:
    """Returns the values, weighed by `softmax(query @ key / sqrt(size))`; their mean where all is masked.

    Shapes: query (batch, targets, heads, size), key (batch, sources, key heads, size),
            value (batch, sources, key heads, features), mask any that repeats to (batch, heads, targets, sources)
            -> (batch, targets, heads, features)
    Args:   key heads divide heads; each serves as many neighbouring heads.
    Source: A. Vaswani et al., Attention Is All You Need, 2017, eq. 1.
    """
    if query.dtype == jnp.float16 and jax.default_backend() == "cpu":
        # There, JAX's own adds up no products of float16.
        query, key, value = (x.astype(jnp.float32) for x in (query, key, value))
        return dot_product(query, key, value, mask).astype(jnp.float16)
    # JAX's own computes probabilities of float64 in float32, and takes values of the keys' size only.
    if query.dtype != jnp.float64 and value.shape[-1] == key.shape[-1]:
        # Where dtypes are strict, JAX itself is not: it adds up half precision in float32.
        with jax.numpy_dtype_promotion("standard"):
            return jax.nn.dot_product_attention(query, key, value, mask=mask)
    key, value = (repeated(x, query.shape[2]) for x in (key, value))
    scores_of, outputs_of = products(4, (1,))
    weights = probabilities(scaled_scores(scores_of, query, key), mask)
    return jnp.einsum(outputs_of, weights.astype(value.dtype), value)


def repeated(array: jax.Array, heads: int) -> jax.Array:
    """Returns keys or values with each head repeated, so that there are as many as asked.

    Shapes: (..., key heads, size) -> (..., heads, size)
    """
    times = heads // array.shape[-2]
    return array if times == 1 else jnp.repeat(array, times, axis=-2)


def scaled_scores(product: str, query: jax.Array, key: jax.Array) -> jax.Array:
    """Returns the products of queries and keys, divided by the root of their size.

    Args: product: `products(…).scores`.
    """
    return jnp.einsum(product, query * (query.shape[-1] ** -0.5), key)


def probabilities(scores: jax.Array, mask: jax.Array | None = None, axes: int | Sequence[int] = -1) -> jax.Array:
    """Returns the softmax over the axes: 0 where masked, and all alike where everything is; float32 at least.

    Shapes: scores any, mask as many axes, each as long or 1 -> as scores
    """
    x = at_least_float32(scores)
    if mask is not None:
        x = jnp.where(mask, x, jnp.finfo(x.dtype).min / 2)
    return jax.nn.softmax(x, axes if isinstance(axes, int) else tuple(axes))


def by_position(targets: int, sources: int, *, is_causal: bool = False, window: int | None = None) -> jax.Array | None:
    """Returns to which sources each target may attend: (targets, sources), or None for all.

    Args: is_causal: only to sources that do not come later.
          window: only to sources fewer steps away, before or after.
    """
    later = jnp.arange(targets)[:, None] - jnp.arange(sources)[None, :]
    conditions = [*([later >= 0] if is_causal else []), *([jnp.abs(later) < window] if window else [])]
    return functools.reduce(jnp.logical_and, conditions) if conditions else None


def joined(masks: Iterable[jax.Array | None], rank: int, kept: int = 2) -> jax.Array | None:
    """Returns where all of these masks are True, with so many axes; None if there are none.

    Shapes: each mask (its first axes, its last `kept` axes), with axes of length 1 put in between
    """
    aligned = [
        mask.astype(bool).reshape(*mask.shape[:-kept], *[1] * (rank - mask.ndim), *mask.shape[-kept:])
        for mask in masks
        if mask is not None
    ]
    return functools.reduce(jnp.logical_and, aligned) if aligned else None


def pairs(query: jax.Array, key: jax.Array) -> jax.Array:
    """Returns the sum of each query and each key: (..., targets, size), (..., sources, size)
    -> (..., targets, sources, size)."""
    return query[..., :, None, :] + key[..., None, :, :]


def subtracted(scores: jax.Array, mask: jax.Array | None) -> jax.Array:
    """Returns the scores in float32 at least, far lower where they are masked; their order stays.

    Shapes: scores any, mask as many axes, each as long or 1 -> as scores
    """
    x = at_least_float32(scores)
    return x if mask is None else jnp.where(mask, x, x - _MASKED)
