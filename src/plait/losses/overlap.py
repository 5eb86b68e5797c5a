"""Losses of regions: how little what was marked and what should have been overlap."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from plait.core import registry
from plait.core.fields import dataclass
from plait.losses import arrays, bounds
from plait.losses.loss import FormulaLoss, Reduction


def dice(y_true: Any, y_pred: Any, axis: arrays.Axes = None) -> jax.Array:
    """Returns 1 - 2 * (y_true * y_pred) / (y_true + y_pred), of sums over axes.

    Shapes: y_true, y_pred (batch, ...) -> the shape without the axes
    Args:   y_true, y_pred: from 0, outside, to 1, inside.
            axis: by default all: then the result is one number for the whole batch.
    Source: F. Milletari et al., V-Net, 2016, without the squares in the denominator.
    """
    y_true, y_pred = arrays.paired("dice", y_true, y_pred)
    both, true, predicted = (_sum(one, axis) for one in (y_true * y_pred, y_true, y_pred))
    return 1.0 - 2.0 * both / (true + predicted + arrays.EPSILON)


def tversky(y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: arrays.Axes = None) -> jax.Array:
    """Returns 1 - both / (both + alpha * missed + beta * wrong), of sums over axes; 1/2 and 1/2 is `dice`.

    Shapes: y_true, y_pred (batch, ...) -> the shape without the axes
    Args:   y_true, y_pred: from 0, outside, to 1, inside.
            alpha: weighs what was missed, y_true * (1 - y_pred), as Keras computes (and says the opposite).
            beta: weighs what was wrongly marked, (1 - y_true) * y_pred.
            axis: by default all: then the result is one number for the whole batch.
    Source: S. Salehi et al., Tversky Loss Function for Image Segmentation, 2017.
    """
    y_true, y_pred = arrays.paired("tversky", y_true, y_pred)
    both = _sum(y_true * y_pred, axis)
    missed, wrong = _sum(y_true * (1.0 - y_pred), axis), _sum((1.0 - y_true) * y_pred, axis)
    return 1.0 - both / (both + alpha * missed + beta * wrong + arrays.EPSILON)


def _sum(values: jax.Array, axis: arrays.Axes) -> jax.Array:
    return jnp.sum(values, axis=arrays.axes_of(axis))


@registry.register
@dataclass(eq=False)
class Dice(FormulaLoss):
    """Averages `dice` over what the axes leave."""

    function = staticmethod(dice)

    reduction: Reduction = "sum_over_batch_size"
    name: str = "dice"
    axis: arrays.Axes = None
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class Tversky(FormulaLoss):
    """Averages `tversky` over what the axes leave."""

    function = staticmethod(tversky)
    limits: ClassVar = {"alpha": bounds.FROM_0, "beta": bounds.FROM_0}

    alpha: float = 0.5
    beta: float = 0.5
    reduction: Reduction = "sum_over_batch_size"
    name: str = "tversky"
    axis: arrays.Axes = None
    dtype: Any = None
