"""Losses between probabilities: how surprised a prediction is by its target."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from plait.core import registry
from plait.core.fields import dataclass
from plait.losses import arrays, bounds
from plait.losses.loss import FormulaLoss, Reduction


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> jax.Array:
    """Returns the cross-entropy of independent yes-or-no answers, averaged over the last axis.

    Shapes: y_true, y_pred (batch, ..., outputs) -> (batch, ...)
    Args:   y_true: 0 or 1, or a probability.
            y_pred: probabilities, or any numbers with from_logits.
            label_smoothing: how far the targets are drawn towards 1/2; from 0 to 1.
            axis: the axis averaged over.
    """
    y_true, y_pred = arrays.paired("binary_crossentropy", y_true, y_pred)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        log_yes, log_no = jax.nn.log_sigmoid(y_pred), jax.nn.log_sigmoid(-y_pred)
    else:
        clipped = jnp.clip(y_pred, arrays.EPSILON, 1.0 - arrays.EPSILON)
        log_yes, log_no = jnp.log(clipped), jnp.log(1.0 - clipped)
    return -jnp.mean(y_true * log_yes + (1.0 - y_true) * log_no, axis=axis)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> jax.Array:
    """Returns the cross-entropy of one choice among classes, for one-hot targets or probabilities.

    Shapes: y_true, y_pred (batch, ..., classes) -> (batch, ...)
    Args:   y_pred: probabilities, divided by their sum here; any numbers with from_logits.
            label_smoothing: how far the targets are drawn towards 1/classes; from 0 to 1.
            axis: the axis of the classes.
    """
    y_true, y_pred = arrays.paired("categorical_crossentropy", y_true, y_pred)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + label_smoothing / y_true.shape[axis]
    return -jnp.sum(y_true * _log_probabilities(y_pred, from_logits, axis), axis=axis)


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> jax.Array:
    """Returns the cross-entropy of one choice among classes, for class ids.

    Shapes: y_true (batch, ...) or (batch, ..., 1), y_pred (batch, ..., classes) -> (batch, ...)
    Args:   y_true: ids from 0 to classes - 1.
            y_pred: probabilities, divided by their sum here; any numbers with from_logits.
            ignore_class: an id that marks nothing to learn: its loss is 0, and the mean leaves it out.
            axis: the axis of the classes in y_pred.
    """
    y_pred = jnp.moveaxis(arrays.floating(y_pred), axis, -1)
    ids = arrays.class_ids("sparse_categorical_crossentropy", y_true, y_pred.shape[:-1], axis)
    is_target = jax.nn.one_hot(ids.astype(jnp.int32), y_pred.shape[-1], dtype=bool)
    if ignore_class is not None:
        is_target &= (ids != ignore_class)[..., None]
    # Chosen, not multiplied by 0 or 1: a class ruled out by a logit of -inf stays without effect.
    return -jnp.sum(jnp.where(is_target, _log_probabilities(y_pred, from_logits, -1), 0.0), axis=-1)


def _log_probabilities(y_pred: jax.Array, from_logits: bool, axis: int) -> jax.Array:
    if from_logits:
        return jax.nn.log_softmax(y_pred, axis=axis)
    return jnp.log(probabilities(y_pred, axis))


def probabilities(y_pred: jax.Array, axis: int) -> jax.Array:
    """Returns predictions divided by their sum along an axis, and kept off 0 and 1."""
    return jnp.clip(y_pred / jnp.sum(y_pred, axis=axis, keepdims=True), arrays.EPSILON, 1.0 - arrays.EPSILON)


def is_not_class(y_true: Any, y_pred: Any, ignore_class: int, axis: int = -1) -> jax.Array:
    """Returns where the target is another class than the ignored one, in the shape of the losses."""
    shape = jnp.moveaxis(y_pred, axis, -1).shape[:-1]
    return arrays.class_ids("sparse_categorical_crossentropy", y_true, shape, axis) != ignore_class


def kl_divergence(y_true: Any, y_pred: Any) -> jax.Array:
    """Returns the sum of y_true * log(y_true / y_pred).

    Shapes: y_true, y_pred (batch, ..., classes) -> (batch, ...)
    Args:   y_true, y_pred: probabilities.
    Source: S. Kullback and R. Leibler, On Information and Sufficiency, 1951.
    """
    y_true, y_pred = (jnp.clip(y, arrays.EPSILON, 1.0) for y in arrays.paired("kl_divergence", y_true, y_pred))
    return jnp.sum(y_true * jnp.log(y_true / y_pred), axis=-1)


@registry.register
@dataclass(eq=False)
class BinaryCrossentropy(FormulaLoss):
    """Averages `binary_crossentropy` over the batch."""

    function = staticmethod(binary_crossentropy)
    limits: ClassVar = {"label_smoothing": bounds.FROM_0_TO_1}

    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = -1
    reduction: Reduction = "sum_over_batch_size"
    name: str = "binary_crossentropy"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class CategoricalCrossentropy(FormulaLoss):
    """Averages `categorical_crossentropy` over the batch."""

    function = staticmethod(categorical_crossentropy)
    target_kind = "one_hot"
    limits: ClassVar = {"label_smoothing": bounds.FROM_0_TO_1}

    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = -1
    reduction: Reduction = "sum_over_batch_size"
    name: str = "categorical_crossentropy"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class SparseCategoricalCrossentropy(FormulaLoss):
    """Averages `sparse_categorical_crossentropy` over the targets that are not `ignore_class`."""

    function = staticmethod(sparse_categorical_crossentropy)
    target_kind = "class_ids"

    from_logits: bool = False
    ignore_class: int | None = None
    reduction: Reduction = "sum_over_batch_size"
    axis: int = -1
    name: str = "sparse_categorical_crossentropy"
    dtype: Any = None

    def counted(self, y_true: Any, y_pred: Any) -> Any:
        """Returns where the target is not `ignore_class`."""
        if self.ignore_class is None:
            return None
        return is_not_class(y_true, y_pred, self.ignore_class, self.axis)


@registry.register
@dataclass(eq=False)
class KLDivergence(FormulaLoss):
    """Averages `kl_divergence` over the batch."""

    function = staticmethod(kl_divergence)

    reduction: Reduction = "sum_over_batch_size"
    name: str = "kl_divergence"
    dtype: Any = None
