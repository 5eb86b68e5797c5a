"""Losses that ask for a margin: a prediction on the right side by 1 or more costs nothing."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from plait.core import registry
from plait.core.fields import dataclass
from plait.losses import arrays
from plait.losses.loss import FormulaLoss, Reduction


def hinge(y_true: Any, y_pred: Any) -> jax.Array:
    """Returns the mean of max(1 - y_true * y_pred, 0).

    Shapes: y_true, y_pred (batch, ..., outputs) -> (batch, ...)
    Args:   y_true: -1 or 1; a batch of only 0 and 1 is read as -1 and 1.
    """
    y_true, y_pred = arrays.paired("hinge", y_true, y_pred)
    return jnp.mean(_margins(y_true, y_pred), axis=-1)


def squared_hinge(y_true: Any, y_pred: Any) -> jax.Array:
    """Returns the mean of the square of max(1 - y_true * y_pred, 0).

    Shapes: y_true, y_pred (batch, ..., outputs) -> (batch, ...)
    Args:   y_true: -1 or 1; a batch of only 0 and 1 is read as -1 and 1.
    """
    y_true, y_pred = arrays.paired("squared_hinge", y_true, y_pred)
    return jnp.mean(jnp.square(_margins(y_true, y_pred)), axis=-1)


def _margins(y_true: jax.Array, y_pred: jax.Array) -> jax.Array:
    is_binary = jnp.all((y_true == 0) | (y_true == 1))
    return jnp.maximum(1.0 - jnp.where(is_binary, 2.0 * y_true - 1.0, y_true) * y_pred, 0.0)


def categorical_hinge(y_true: Any, y_pred: Any) -> jax.Array:
    """Returns max(best wrong score - right score + 1, 0).

    Shapes: y_true, y_pred (batch, ..., classes) -> (batch, ...)
    Args:   y_true: one-hot.
    """
    y_true, y_pred = arrays.paired("categorical_hinge", y_true, y_pred)
    right = jnp.sum(y_true * y_pred, axis=-1)
    wrong = jnp.max((1.0 - y_true) * y_pred, axis=-1)
    return jnp.maximum(wrong - right + 1.0, 0.0)


@registry.register
@dataclass(eq=False)
class Hinge(FormulaLoss):
    """Averages `hinge` over the batch."""

    function = staticmethod(hinge)

    reduction: Reduction = "sum_over_batch_size"
    name: str = "hinge"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class SquaredHinge(FormulaLoss):
    """Averages `squared_hinge` over the batch."""

    function = staticmethod(squared_hinge)

    reduction: Reduction = "sum_over_batch_size"
    name: str = "squared_hinge"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class CategoricalHinge(FormulaLoss):
    """Averages `categorical_hinge` over the batch."""

    function = staticmethod(categorical_hinge)
    target_kind = "one_hot"

    reduction: Reduction = "sum_over_batch_size"
    name: str = "categorical_hinge"
    dtype: Any = None
