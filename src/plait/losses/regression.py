"""Losses between numbers: how far a prediction is from its target.

Each function returns the mean over the last axis: (batch, ..., outputs) -> (batch, ...).
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from plait.core import registry
from plait.core.fields import dataclass
from plait.losses import arrays, bounds
from plait.losses.loss import FormulaLoss, Reduction


def mean_squared_error(y_true: Any, y_pred: Any) -> jax.Array:
    """Returns the mean of the squared differences.

    Shapes: y_true, y_pred (batch, ..., outputs) -> (batch, ...)
    """
    y_true, y_pred = arrays.paired("mean_squared_error", y_true, y_pred)
    return jnp.mean(jnp.square(y_true - y_pred), axis=-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> jax.Array:
    """Returns the mean of the absolute differences.

    Shapes: y_true, y_pred (batch, ..., outputs) -> (batch, ...)
    """
    y_true, y_pred = arrays.paired("mean_absolute_error", y_true, y_pred)
    return jnp.mean(jnp.abs(y_true - y_pred), axis=-1)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> jax.Array:
    """Returns the mean absolute difference in percent of the target.

    Shapes: y_true, y_pred (batch, ..., outputs) -> (batch, ...)
    """
    y_true, y_pred = arrays.paired("mean_absolute_percentage_error", y_true, y_pred)
    return 100.0 * jnp.mean(jnp.abs((y_true - y_pred) / jnp.maximum(jnp.abs(y_true), arrays.EPSILON)), axis=-1)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> jax.Array:
    """Returns the mean squared difference of log(1 + y), for y >= 0.

    Shapes: y_true, y_pred (batch, ..., outputs) -> (batch, ...)
    """
    y_true, y_pred = arrays.paired("mean_squared_logarithmic_error", y_true, y_pred)
    logs = [jnp.log(jnp.maximum(y, arrays.EPSILON) + 1.0) for y in (y_true, y_pred)]
    return jnp.mean(jnp.square(logs[1] - logs[0]), axis=-1)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> jax.Array:
    """Returns squared error near zero and absolute error beyond `delta`.

    Shapes: y_true, y_pred (batch, ..., outputs) -> (batch, ...)
    Args:   delta: where the two meet, in the unit of y; > 0.
    Source: P. Huber, Robust Estimation of a Location Parameter, 1964.
    """
    y_true, y_pred = arrays.paired("huber", y_true, y_pred)
    distance = jnp.abs(y_pred - y_true)
    near, far = 0.5 * jnp.square(distance), delta * distance - 0.5 * delta**2
    return jnp.mean(jnp.where(distance <= delta, near, far), axis=-1)


def log_cosh(y_true: Any, y_pred: Any) -> jax.Array:
    """Returns the mean of log(cosh(difference)), without the overflow of cosh.

    Shapes: y_true, y_pred (batch, ..., outputs) -> (batch, ...)
    """
    y_true, y_pred = arrays.paired("log_cosh", y_true, y_pred)
    difference = y_pred - y_true
    return jnp.mean(difference + jax.nn.softplus(-2.0 * difference) - math.log(2.0), axis=-1)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> jax.Array:
    """Returns minus the cosine of the angle between target and prediction: -1 for the same direction.

    Shapes: y_true, y_pred (batch, ..., features) -> (batch, ...)
    Args:   axis: the axis the vectors lie along.
    """
    y_true, y_pred = arrays.paired("cosine_similarity", y_true, y_pred)
    return -jnp.sum(_unit(y_true, axis) * _unit(y_pred, axis), axis=axis)


def _unit(vectors: jax.Array, axis: int) -> jax.Array:
    # Bounded before the root, not after it: the gradient of rsqrt at a zero vector is NaN.
    squared = jnp.sum(jnp.square(vectors), axis=axis, keepdims=True)
    return vectors * jax.lax.rsqrt(jnp.maximum(squared, arrays.EPSILON**2))


def poisson(y_true: Any, y_pred: Any) -> jax.Array:
    """Returns the mean of y_pred - y_true * log(y_pred): the surprise at counts, up to a constant.

    Shapes: y_true, y_pred (batch, ..., outputs) -> (batch, ...)
    Args:   y_pred: expected counts; >= 0.
    """
    y_true, y_pred = arrays.paired("poisson", y_true, y_pred)
    return jnp.mean(y_pred - y_true * jnp.log(y_pred + arrays.EPSILON), axis=-1)


@registry.register
@dataclass(eq=False)
class MeanSquaredError(FormulaLoss):
    """Averages `mean_squared_error` over the batch."""

    function = staticmethod(mean_squared_error)

    reduction: Reduction = "sum_over_batch_size"
    name: str = "mean_squared_error"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class MeanAbsoluteError(FormulaLoss):
    """Averages `mean_absolute_error` over the batch."""

    function = staticmethod(mean_absolute_error)

    reduction: Reduction = "sum_over_batch_size"
    name: str = "mean_absolute_error"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class MeanAbsolutePercentageError(FormulaLoss):
    """Averages `mean_absolute_percentage_error` over the batch."""

    function = staticmethod(mean_absolute_percentage_error)

    reduction: Reduction = "sum_over_batch_size"
    name: str = "mean_absolute_percentage_error"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class MeanSquaredLogarithmicError(FormulaLoss):
    """Averages `mean_squared_logarithmic_error` over the batch."""

    function = staticmethod(mean_squared_logarithmic_error)

    reduction: Reduction = "sum_over_batch_size"
    name: str = "mean_squared_logarithmic_error"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class Huber(FormulaLoss):
    """Averages `huber` over the batch."""

    function = staticmethod(huber)
    limits: ClassVar = {"delta": bounds.ABOVE_0}

    delta: float = 1.0
    reduction: Reduction = "sum_over_batch_size"
    name: str = "huber_loss"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class LogCosh(FormulaLoss):
    """Averages `log_cosh` over the batch."""

    function = staticmethod(log_cosh)

    reduction: Reduction = "sum_over_batch_size"
    name: str = "log_cosh"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class CosineSimilarity(FormulaLoss):
    """Averages `cosine_similarity` over the batch."""

    function = staticmethod(cosine_similarity)

    axis: int = -1
    reduction: Reduction = "sum_over_batch_size"
    name: str = "cosine_similarity"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class Poisson(FormulaLoss):
    """Averages `poisson` over the batch."""

    function = staticmethod(poisson)

    reduction: Reduction = "sum_over_batch_size"
    name: str = "poisson"
    dtype: Any = None
