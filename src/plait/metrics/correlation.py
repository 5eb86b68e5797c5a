"""Metrics that compare how targets and predictions go up and down together, per example."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from plait.core import registry
from plait.core.fields import dataclass
from plait.losses import arrays
from plait.metrics.mean import FormulaMetric


def pearson_correlation(y_true: Any, y_pred: Any, axis: arrays.Axes = -1) -> jax.Array:
    """Returns the correlation of target and prediction: 1 if they are on a rising line, NaN if one is constant.

    Shapes: y_true, y_pred (batch, ..., features) -> (batch, ...)
    Args:   axis: the axis, or axes, of what is correlated.
    """
    y_true, y_pred = (_centered(y, axis) for y in arrays.paired("pearson_correlation", y_true, y_pred))
    deviations = [jnp.sqrt(_mean(jnp.square(y), axis)) for y in (y_true, y_pred)]
    return _mean(y_true * y_pred, axis) / (deviations[0] * deviations[1])


def concordance_correlation(y_true: Any, y_pred: Any, axis: arrays.Axes = -1) -> jax.Array:
    """Returns how near target and prediction are to the line on which they are equal: 1 if they are on it.

    Shapes: y_true, y_pred (batch, ..., features) -> (batch, ...)
    Args:   axis: the axis, or axes, of what is correlated.
    Source: L. Lin, A Concordance Correlation Coefficient to Evaluate Reproducibility, 1989.
    """
    y_true, y_pred = arrays.paired("concordance_correlation", y_true, y_pred)
    apart = _mean(y_true, axis) - _mean(y_pred, axis)
    y_true, y_pred = _centered(y_true, axis), _centered(y_pred, axis)
    spread = _mean(jnp.square(y_true) + jnp.square(y_pred), axis) + jnp.square(apart)
    return 2.0 * _mean(y_true * y_pred, axis) / (spread + arrays.EPSILON)


def _mean(values: jax.Array, axis: arrays.Axes, keepdims: bool = False) -> jax.Array:
    return jnp.mean(values, axis=arrays.axes_of(axis), keepdims=keepdims)


def _centered(values: jax.Array, axis: arrays.Axes) -> jax.Array:
    return values - _mean(values, axis, keepdims=True)


@registry.register
@dataclass(eq=False)
class PearsonCorrelation(FormulaMetric):
    """Averages `pearson_correlation`."""

    function = staticmethod(pearson_correlation)
    direction = "up"

    name: str = "pearson_correlation"
    dtype: Any = None
    axis: arrays.Axes = -1


@registry.register
@dataclass(eq=False)
class ConcordanceCorrelation(FormulaMetric):
    """Averages `concordance_correlation`."""

    function = staticmethod(concordance_correlation)
    direction = "up"

    name: str = "concordance_correlation"
    dtype: Any = None
    axis: arrays.Axes = -1
