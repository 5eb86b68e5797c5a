"""What merges several arrays into one: element by element, or as a product along two axes.

Arrays of fewer axes get new ones of length 1 right after the batch. A mask has the leading axes of its array;
what it marks as no real step takes no part in a product, a maximum or a minimum.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import lax

from plait.core import errors

Masks: TypeAlias = Sequence[jax.Array | None] | None
_Masked: TypeAlias = tuple[jax.Array, jax.Array | None]


def aligned(inputs: Sequence[jax.Array]) -> list[jax.Array]:
    """Returns the arrays with axes of length 1 inserted at axis 1, until all have the same number of axes.

    Errors: ValueError for an empty list.
    """
    if not inputs:
        raise ValueError("Merging needs at least one array, got none.")
    rank = max(x.ndim for x in inputs)
    return [x.reshape(*x.shape[:1], *[1] * (rank - x.ndim), *x.shape[1:]) for x in inputs]


def common_dtype(dtypes: Sequence[Any]) -> str:
    """Returns the smallest dtype that holds arrays of all these, as JAX promotes them unless told to be strict."""
    with jax.numpy_dtype_promotion("standard"):
        return functools.reduce(jnp.promote_types, map(jax.dtypes.canonicalize_dtype, dtypes)).name


def add(inputs: Sequence[jax.Array]) -> jax.Array:
    """Returns the sum."""
    return functools.reduce(jnp.add, aligned(inputs))


def average(inputs: Sequence[jax.Array]) -> jax.Array:
    """Returns the mean."""
    return add(inputs) / len(inputs)


def subtract(inputs: Sequence[jax.Array]) -> jax.Array:
    """Returns the first minus the second.

    Errors: ValueError if there are not exactly two.
    """
    if len(inputs) != 2:
        raise ValueError(f"Subtracting needs exactly 2 arrays, got {len(inputs)}.")
    return functools.reduce(jnp.subtract, aligned(inputs))


def multiply(inputs: Sequence[jax.Array], masks: Masks = None) -> jax.Array:
    """Returns the product; zero where all arrays are masked."""
    pairs = _with_masks(inputs, masks)
    product = functools.reduce(
        jnp.multiply, [x if mask is None else jnp.where(mask, x, jnp.ones_like(x)) for x, mask in pairs]
    )
    present = [mask for _, mask in pairs if mask is not None]
    if len(present) < len(pairs):
        return product
    return jnp.where(functools.reduce(jnp.logical_or, present), product, jnp.zeros_like(product))


def maximum(inputs: Sequence[jax.Array], masks: Masks = None) -> jax.Array:
    """Returns the largest of the elements that are not masked."""
    return _chosen(jnp.maximum, inputs, masks)


def minimum(inputs: Sequence[jax.Array], masks: Masks = None) -> jax.Array:
    """Returns the smallest of the elements that are not masked."""
    return _chosen(jnp.minimum, inputs, masks)


def _chosen(choose: Callable[..., jax.Array], inputs: Sequence[jax.Array], masks: Masks) -> jax.Array:
    def merge(left: _Masked, right: _Masked) -> _Masked:
        (a, a_is_real), (b, b_is_real) = left, right
        if b_is_real is not None:
            b = jnp.where(b_is_real, b, a)
        if a_is_real is not None:
            a = jnp.where(a_is_real, a, b)
        either = None if a_is_real is None or b_is_real is None else a_is_real | b_is_real
        return choose(a, b), either

    return functools.reduce(merge, _with_masks(inputs, masks))[0]


def _with_masks(inputs: Sequence[jax.Array], masks: Masks) -> list[_Masked]:
    """Returns the aligned arrays, each with a mask of its own shape."""
    if masks is None:
        return [(x, None) for x in aligned(inputs)]
    whole = _whole(inputs, masks)
    return [
        (x, None if mask is None else spread)
        for x, mask, spread in zip(aligned(inputs), masks, aligned(whole), strict=True)
    ]


def concatenated_mask(inputs: Sequence[jax.Array], masks: Masks, axis: int = -1) -> jax.Array | None:
    """Returns the mask of the arrays put end to end: a step is real if any element on its last axis is.

    Shapes: inputs (batch, ..., features), each mask its leading axes -> (batch, ...); None if no array has a mask
    """
    if masks is None or all(mask is None for mask in masks):
        return None
    return jnp.any(jnp.concatenate(_whole(inputs, masks), axis), axis=-1)


def _whole(inputs: Sequence[jax.Array], masks: Sequence[jax.Array | None]) -> list[jax.Array]:
    """Returns for each array a mask of its own shape, True where there is none."""
    return [
        jnp.ones(x.shape, bool)
        if mask is None
        else jnp.broadcast_to(mask.astype(bool).reshape(*mask.shape, *[1] * (x.ndim - mask.ndim)), x.shape)
        for x, mask in zip(inputs, masks, strict=True)
    ]


def dot(x: jax.Array, y: jax.Array, axes: int | Sequence[int], normalize: bool = False) -> jax.Array:
    """Returns the product of each example of x with the same example of y, summed along one axis of each.

    Shapes: (batch, *left with axes[0], ...), (batch, *right with axes[1], ...)
            -> (batch, *left without it, *right without it), or (batch, 1) if nothing is left
    Args:   axes: one axis of each, counted with the batch, or one number for both; not the batch.
            normalize: scale the vectors along these axes to length 1; the result is a cosine.
    Errors: ValueError if the axes are not such, or their lengths or the batches differ.
    """
    pair = (axes, axes) if isinstance(axes, int) else tuple(axes)
    if len(pair) != 2 or not all(-z.ndim <= axis < z.ndim for axis, z in zip(pair, (x, y), strict=True)):
        raise ValueError(f"dot needs an axis of each array, of shapes {x.shape} and {y.shape}, got axes={axes}.")
    left, right = pair[0] % x.ndim, pair[1] % y.ndim
    if left == 0 or right == 0:
        raise ValueError(f"dot cannot sum along axis 0, the batch, got axes={axes}.")
    if x.shape[left] != y.shape[right] or x.shape[0] != y.shape[0]:
        raise ValueError(
            errors.explain(
                f"dot along axes {(left, right)} needs the same length there and the same batch, "
                f"got shapes {x.shape} and {y.shape}."
            )
        )
    if normalize:
        x, y = unit_length(x, left), unit_length(y, right)
    products = lax.dot_general(x, y, (((left,), (right,)), ((0,), (0,))))
    return products[:, None] if products.ndim == 1 else products


def unit_length(x: jax.Array, axis: int) -> jax.Array:
    """Returns x scaled to length 1 along an axis; a vector shorter than 1e-7 is multiplied by 1e7 instead."""
    # In float32, for neither 1e-14 nor 1e7 is a number in float16.
    precise = x if x.dtype == jnp.float64 else x.astype(jnp.float32)
    squares = jnp.sum(jnp.square(precise), axis, keepdims=True)
    return (precise * lax.rsqrt(jnp.maximum(squares, 1e-14))).astype(x.dtype)
