"""How the losses of a batch become one number: weights, masks, and what a mean divides by."""

from __future__ import annotations

from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors
from plait.losses import arrays

Reduction = Literal["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none"] | None

REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)


def reduce(
    values: Any,
    sample_weight: Any = None,
    mask: Any = None,
    reduction: Reduction = "sum_over_batch_size",
    rows: Any = None,
) -> jax.Array:
    """Returns the losses of a batch as one number; with the reduction "none", weighted and as they are.

    A mean divides by the number of values that the mask and `rows` leave in, whatever they weigh: a sample of
    weight 0 still counts as one. "mean_with_sample_weight" divides by the sum of the weights instead.

    Shapes: values (batch, ...); sample_weight and mask (batch,) or (batch, ...); rows (batch,) -> ()
    Args:   mask: False where there is nothing to learn from, e.g. a padded time step.
            rows: False for rows that only fill up the batch: the result is that of the batch without them.
    Errors: ValueError if a shape does not fit, or if a loss that is one number already is to leave out rows.
    """
    values = arrays.floating(values)
    if values.ndim == 0:
        if rows is not None:
            raise ValueError(
                errors.explain(
                    "This loss is one number for the whole batch, so rows that only fill it up are in it.",
                    "Return one number per sample, or train on batches that need no filling up.",
                )
            )
        given = [np.shape(one) for one in (sample_weight, mask) if one is not None]
        values = jnp.broadcast_to(values, np.broadcast_shapes(*given))
    counted = where_all(values.shape, mask, rows)
    if sample_weight is not None:
        sample_weight = arrays.spread("sample weight", sample_weight, values.shape, values.dtype)
        values = values * sample_weight
    if counted is not None:
        values = jnp.where(counted, values, 0)  # not a product: what is left out may be infinite or NaN
    if reduction in ("none", None):
        return values
    total = jnp.sum(values)
    if reduction == "sum":
        return total
    if reduction == "mean_with_sample_weight" and sample_weight is not None:
        divisor = jnp.sum(sample_weight if counted is None else jnp.where(counted, sample_weight, 0))
    else:
        divisor = jnp.asarray(values.size if counted is None else jnp.sum(counted)).astype(values.dtype)
    return arrays.quotient(total, divisor)


def where_all(shape: tuple[int, ...], *masks: Any) -> jax.Array | None:
    """Returns where every mask that is not None holds, or None if none is given."""
    every = None
    for mask in masks:
        if mask is not None:
            holds = arrays.spread("mask", mask, shape, bool)
            every = holds if every is None else every & holds
    return every
