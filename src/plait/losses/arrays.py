"""What losses and metrics do to their arrays: pair targets with predictions, spread weights, divide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors

#: The small number that keeps logarithms and quotients finite, as in Keras.
EPSILON = 1e-7

#: One axis, several, or None for all.
Axes = int | Sequence[int] | None


def floating(values: Any) -> jax.Array:
    """Returns an array of floats: numbers that are not floats become float32."""
    array = jnp.asarray(values)
    return array if jnp.issubdtype(array.dtype, jnp.floating) else array.astype(jnp.float32)


def paired(who: str, y_true: Any, y_pred: Any) -> tuple[jax.Array, jax.Array]:
    """Returns targets and predictions with one shape and one floating dtype, that of the predictions.

    Shapes: two that differ only by a last axis of size 1 are made equal; nothing else is.
    Args:   who: the loss or metric, for the error.
    Errors: ValueError for any other difference of shapes: broadcasting (n,) against (n, k) would compare
            things that have nothing to do with each other, without a word.
    """
    y_pred = floating(y_pred)
    y_true = jnp.asarray(y_true).astype(y_pred.dtype)
    y_true, y_pred = of_one_rank(y_true, y_pred)
    if y_true.shape != y_pred.shape:
        raise ValueError(
            errors.explain(
                f"{who} needs y_true and y_pred of one shape, got {y_true.shape} and {y_pred.shape}.",
                "If y_true holds class ids, use the sparse_categorical_ loss or metric."
                if targets_of(y_true.shape, y_pred.shape) == "class_ids"
                else "Give the last layer as many outputs as y_true has, or reshape y_true. "
                "Shapes are never broadcast here.",
            )
        )
    return y_true, y_pred


def of_one_rank(first: jax.Array, second: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Returns both with as many axes, if they differ by a last one of size 1; as they are, if not."""
    if first.ndim < second.ndim:
        second, first = of_one_rank(second, first)
        return first, second
    if first.ndim == second.ndim + 1 and first.shape[-1] == 1:
        return (first, second[:, None]) if second.ndim == 1 else (first[..., 0], second)
    return first, second


def class_ids(who: str, y_true: Any, shape: tuple[int, ...], axis: int = -1) -> jax.Array:
    """Returns the ids with this shape; an axis of size 1 where the classes would be is dropped.

    Errors: ValueError if they have another shape.
    """
    ids = jnp.asarray(y_true)
    if ids.ndim == len(shape) + 1 and ids.shape[axis] == 1:
        ids = jnp.squeeze(ids, axis)
    if ids.shape != shape:
        raise ValueError(
            errors.explain(
                f"{who} needs one class id per prediction, in shape {shape} or {(*shape, 1)}, "
                f"got y_true of shape {np.shape(y_true)}.",
                "If y_true is one-hot, use the categorical_ loss or metric.",
            )
        )
    return ids


def spread(what: str, weight: Any, shape: tuple[int, ...], dtype: Any = jnp.float32) -> jax.Array:
    """Returns weights of the leading axes repeated over the other ones.

    Shapes: (batch,) or (batch, ...) -> shape
    Args:   what: what the weights are, for the error.
    Errors: ValueError if the axes they have are not the leading ones of `shape`.
    """
    weight = jnp.asarray(weight).astype(dtype)
    given = weight.shape
    while weight.ndim > len(shape) and weight.shape[-1] == 1:
        weight = weight[..., 0]
    padded = weight.shape + (1,) * (len(shape) - weight.ndim)
    if len(padded) != len(shape) or any(a not in (1, b) for a, b in zip(padded, shape, strict=True)):
        raise ValueError(
            errors.explain(
                f"The {what} has shape {given}, which does not fit per-sample values of shape {shape}.",
                "Give one number per sample, or one per leading axes of the values.",
            )
        )
    return jnp.broadcast_to(weight.reshape(padded), shape)


def axes_of(axis: Axes) -> int | tuple[int, ...] | None:
    """Returns axes as JAX takes them: a config that was read from a file has a list."""
    return axis if axis is None or isinstance(axis, int) else tuple(axis)


def quotient(dividend: Any, divisor: Any) -> jax.Array:
    """Returns the quotient, and 0 where the divisor is 0."""
    is_zero = divisor == 0
    return jnp.where(is_zero, 0, dividend / jnp.where(is_zero, 1, divisor))


def targets_of(y_true_shape: Sequence[int | None], y_pred_shape: Sequence[int | None]) -> str:
    """Returns what the targets must be, by the shapes alone: "binary", "class_ids" or "one_hot"."""
    if len(y_pred_shape) < 2 or y_pred_shape[-1] == 1:
        return "binary"
    if len(y_true_shape) < len(y_pred_shape) or y_true_shape[-1] == 1:
        return "class_ids"
    return "one_hot"
