"""Whole numbers below a depth as vectors of that length, in compiled programs and on the host.

The ways to encode: "int" keeps the numbers, "one_hot" makes a vector of each, "multi_hot" one of all in an example, of
0 and 1, and "count" one of how often each is there. A number outside of 0 to depth - 1 adds nothing.

Shapes: "one_hot": (batch, ..., 1) and (batch, ...) -> (batch, ..., depth);
        "multi_hot" and "count": (batch, samples, ...) -> (batch, ..., depth), (samples,) -> (depth,)
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

MODES = ("int", "one_hot", "multi_hot", "count")

_Shape = tuple[int | None, ...]


def encode(indices: jax.Array, depth: int, mode: str, dtype: str, weights: jax.Array | None = None) -> jax.Array:
    """Returns whole numbers in one of the ways.

    Args: weights: what a number counts in "count", in the shape of the numbers.
    """
    if mode == "int":
        return indices.astype(dtype)
    indices = indices.reshape(_taken_shape(indices.shape, mode))
    places = jnp.arange(depth, dtype=indices.dtype).reshape((1,) * indices.ndim + (depth,))
    vectors = (indices[..., None] == places).astype(dtype)
    if mode == "one_hot":
        return vectors
    if weights is not None:
        vectors = vectors * weights.astype(dtype).reshape(indices.shape)[..., None]
    samples = 1 if indices.ndim > 1 else 0
    return vectors.max(samples, initial=0) if mode == "multi_hot" else vectors.sum(samples)


def encode_on_host(indices: np.ndarray, depth: int, mode: str, dtype: str) -> np.ndarray:
    """Returns whole numbers in one of the ways; for vectors of whole examples, (batch, samples) or (samples,)."""
    if mode == "int":
        return indices.astype(dtype)
    indices = indices.reshape(_taken_shape(indices.shape, mode))
    if mode == "one_hot":
        vectors = np.zeros((*indices.shape, depth), dtype)
        inside = (indices >= 0) & (indices < depth)
        vectors[inside, indices[inside]] = 1
        return vectors
    rows = indices.reshape(-1, indices.shape[-1])
    numbers = np.repeat(np.arange(len(rows)), rows.shape[1])
    vectors = encode_rows(rows.reshape(-1), numbers, len(rows), depth, mode, dtype)
    return vectors if indices.ndim > 1 else vectors[0]


def encode_rows(indices: np.ndarray, rows: np.ndarray, count: int, depth: int, mode: str, dtype: str) -> np.ndarray:
    """Returns a vector of each of `count` rows of any lengths, in "multi_hot" or "count".

    Shapes: indices, and rows, the number of the row that each is in, (elements,) -> (count, depth)
    """
    inside = (indices >= 0) & (indices < depth)
    counts = np.bincount(rows[inside] * depth + indices[inside], minlength=count * depth).reshape(count, depth)
    return (counts > 0 if mode == "multi_hot" else counts).astype(dtype)


def encoded_shape(shape: _Shape, depth: int | None, mode: str) -> _Shape:
    """Returns the shape of what `encode` gives."""
    if mode == "int":
        return shape
    if mode == "one_hot":
        return (*_taken_shape(shape, mode), depth)
    return (*shape[:1], *shape[2:], depth) if len(shape) > 1 else (depth,)


def _taken_shape(shape: _Shape, mode: str) -> tuple[int, ...]:
    """Returns the shape as which numbers are encoded: one alone is an example, and a last axis of 1 none."""
    is_column = mode == "one_hot" and len(shape) > 1 and shape[-1] == 1
    return shape[:-1] if is_column else shape or (1,)  # type: ignore[return-value]
