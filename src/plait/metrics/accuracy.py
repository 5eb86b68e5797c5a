"""Metrics that count how often a prediction is right."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from plait.core import registry
from plait.core.fields import dataclass
from plait.losses import arrays, bounds
from plait.metrics.mean import FormulaMetric


def accuracy(y_true: Any, y_pred: Any) -> jax.Array:
    """Returns 1 where the prediction equals the target, else 0.

    Shapes: y_true, y_pred (batch, ...) -> (batch, ...)
    """
    y_true, y_pred = arrays.paired("accuracy", y_true, y_pred)
    return (y_true == y_pred).astype(jnp.float32)


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> jax.Array:
    """Returns 1 where the prediction lies on the target's side of the threshold, else 0.

    Shapes: y_true, y_pred (batch, ...) -> (batch, ...)
    Args:   y_true: 0 or 1; what equals the threshold is read as 0.
    """
    y_true, y_pred = arrays.paired("binary_accuracy", y_true, y_pred)
    return (y_true == (y_pred > threshold).astype(y_true.dtype)).astype(jnp.float32)


def categorical_accuracy(y_true: Any, y_pred: Any) -> jax.Array:
    """Returns 1 where the largest prediction is that of the target class, else 0.

    Shapes: y_true, y_pred (batch, ..., classes) -> (batch, ...)
    Args:   y_true: one-hot, or probabilities, of which the largest counts.
    """
    y_true, y_pred = arrays.paired("categorical_accuracy", y_true, y_pred)
    return (jnp.argmax(y_true, axis=-1) == jnp.argmax(y_pred, axis=-1)).astype(jnp.float32)


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> jax.Array:
    """Returns 1 where the largest prediction is that of the target class, else 0.

    Shapes: y_true (batch, ...) or (batch, ..., 1), y_pred (batch, ..., classes) -> (batch, ...)
    Args:   y_true: class ids.
    """
    y_pred = jnp.asarray(y_pred)
    ids = arrays.class_ids("sparse_categorical_accuracy", y_true, y_pred.shape[:-1])
    return (ids.astype(jnp.int32) == jnp.argmax(y_pred, axis=-1).astype(jnp.int32)).astype(jnp.float32)


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> jax.Array:
    """Returns 1 where fewer than k classes have a larger prediction than the target class, else 0.

    Shapes: y_true, y_pred (batch, ..., classes) -> (batch, ...)
    Args:   y_true: one-hot, or probabilities, of which the largest counts.
    """
    y_true, y_pred = arrays.paired("top_k_categorical_accuracy", y_true, y_pred)
    return _is_in_top_k(jnp.argmax(y_true, axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False) -> jax.Array:
    """Returns 1 where fewer than k classes have a larger prediction than the target class, else 0.

    Shapes: y_true (batch, ...) or (batch, ..., 1), y_pred (batch, ..., classes) -> (batch, ...)
    Args:   y_true: class ids.
            from_sorted_ids: whether y_pred holds ids, best first, in place of predictions.
    """
    y_pred = jnp.asarray(y_pred)
    ids = arrays.class_ids("sparse_top_k_categorical_accuracy", y_true, y_pred.shape[:-1]).astype(jnp.int32)
    if from_sorted_ids:
        return jnp.any(ids[..., None] == y_pred[..., :k].astype(jnp.int32), axis=-1).astype(jnp.float32)
    return _is_in_top_k(ids, y_pred, k)


def _is_in_top_k(ids: jax.Array, y_pred: jax.Array, k: int) -> jax.Array:
    of_target = jnp.take_along_axis(y_pred, ids[..., None], axis=-1)
    of_target = jnp.where(jnp.isnan(of_target), -jnp.inf, of_target)  # a NaN is no good prediction
    return (jnp.sum(y_pred > of_target, axis=-1) < k).astype(jnp.float32)


@registry.register
@dataclass(eq=False)
class Accuracy(FormulaMetric):
    """Averages `accuracy`: how often predictions equal targets exactly."""

    function = staticmethod(accuracy)
    direction = "up"

    name: str = "accuracy"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class BinaryAccuracy(FormulaMetric):
    """Averages `binary_accuracy`."""

    function = staticmethod(binary_accuracy)
    direction = "up"

    name: str = "binary_accuracy"
    dtype: Any = None
    threshold: float = 0.5


@registry.register
@dataclass(eq=False)
class CategoricalAccuracy(FormulaMetric):
    """Averages `categorical_accuracy`, for one-hot targets."""

    function = staticmethod(categorical_accuracy)
    direction = "up"

    name: str = "categorical_accuracy"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class SparseCategoricalAccuracy(FormulaMetric):
    """Averages `sparse_categorical_accuracy`, for class ids."""

    function = staticmethod(sparse_categorical_accuracy)
    direction = "up"

    name: str = "sparse_categorical_accuracy"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class TopKCategoricalAccuracy(FormulaMetric):
    """Averages `top_k_categorical_accuracy`, for one-hot targets."""

    function = staticmethod(top_k_categorical_accuracy)
    direction = "up"
    limits: ClassVar = {"k": bounds.COUNT}

    k: int = 5
    name: str = "top_k_categorical_accuracy"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class SparseTopKCategoricalAccuracy(FormulaMetric):
    """Averages `sparse_top_k_categorical_accuracy`, for class ids."""

    function = staticmethod(sparse_top_k_categorical_accuracy)
    direction = "up"
    limits: ClassVar = {"k": bounds.COUNT}

    k: int = 5
    name: str = "sparse_top_k_categorical_accuracy"
    dtype: Any = None
    from_sorted_ids: bool = False
