"""The kernel for attention with heads."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def attend(query: jax.Array, key: jax.Array, value: jax.Array, mask: jax.Array | None) -> jax.Array:
    """Returns the values, weighed by `softmax(query @ key / sqrt(size))`; their mean where all is masked.

    Shapes: query (batch, targets, heads, size), key (batch, sources, heads, size),
            value (batch, sources, heads, features), mask any that repeats to (batch, heads, targets, sources)
            -> (batch, targets, heads, features)
    """
    if mask is None:
        seen = jnp.zeros((0, 0, 0, 0), bool)
    else:
        shape = (1,) * (4 - mask.ndim) + mask.shape
        seen = jnp.broadcast_to(mask.astype(bool).reshape(shape), (*shape[:3], key.shape[1]))
    return _weighed(query, key, value, seen)[0]


@jax.custom_vjp
def _weighed(query: Any, key: Any, value: Any, seen: Any) -> Any:
    """Returns the outputs; and of each target the largest score, and one over the sum of its weights."""
    batch, targets, heads, _ = query.shape
    shapes = [(batch, targets, heads, value.shape[3]), (batch, heads, targets, 2)]
    results = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    call = jax.ffi.ffi_call("plait_attention_forward", results, vmap_method="sequential")
    return tuple(call(query, key, value, seen, scale=_scale(query)))


def _scale(query: Any) -> Any:
    return np.float32(query.shape[-1] ** -0.5)


def _forward(*given: Any) -> Any:
    made = _weighed(*given)
    return made, (*given, *made)


def _backward(given: Any, cotangents: Any) -> Any:
    # Only the backward pass reads what comes beside the outputs.
    d_outputs, _ = cotangents
    return *_gradients(*given, d_outputs), None


_weighed.defvjp(_forward, _backward)


@jax.custom_vjp
def _gradients(query: Any, key: Any, value: Any, seen: Any, outputs: Any, kept: Any, cotangents: Any) -> Any:
    results = [jax.ShapeDtypeStruct(array.shape, jnp.float32) for array in (query, key, value)]
    call = jax.ffi.ffi_call("plait_attention_backward", results, vmap_method="sequential")
    return tuple(call(query, key, value, seen, outputs, kept, cotangents, scale=_scale(query)))


def _gradients_forward(*given: Any) -> Any:
    return _gradients(*given), given


def _gradients_backward(given: Any, second: Any) -> Any:
    # Of the gradients themselves there is no kernel: they are computed again in plain JAX.
    query, key, value, seen, _, _, cotangents = given

    def gradients(query: Any, key: Any, value: Any, cotangents: Any) -> Any:
        return jax.vjp(lambda *three: _plain(seen, *three), query, key, value)[1](cotangents)

    *through, d_cotangents = jax.vjp(gradients, query, key, value, cotangents)[1](second)
    return *through, None, None, None, d_cotangents


def _plain(seen: Any, query: Any, key: Any, value: Any) -> Any:
    scores = jnp.einsum("btnh,bsnh->bnts", query * _scale(query), key)
    if seen.size:
        scores = jnp.where(seen, scores, jnp.finfo(jnp.float32).min / 2)
    return jnp.einsum("bnts,bsnh->btnh", jax.nn.softmax(scores), value)


_gradients.defvjp(_gradients_forward, _gradients_backward)
