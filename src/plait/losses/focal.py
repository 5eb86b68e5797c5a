"""Cross-entropies that attend to what is hard: a prediction that is right already counts for little."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.losses import arrays, bounds, classification
from plait.losses.loss import FormulaLoss, Reduction


def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> jax.Array:
    """Returns the mean of (1 - p)**gamma times the cross-entropy, where p is the probability of what is true.

    Shapes: y_true, y_pred (batch, ..., outputs) -> (batch, ...)
    Args:   apply_class_balancing: whether yes weighs alpha, and no 1 - alpha.
            gamma: how little what is right counts; >= 0, and 0 is `binary_crossentropy`.
            label_smoothing: how far the targets are drawn towards 1/2; from 0 to 1.
    Source: T.-Y. Lin et al., Focal Loss for Dense Object Detection, 2017.
    """
    y_true, y_pred = arrays.paired("binary_focal_crossentropy", y_true, y_pred)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        y_pred = jax.nn.sigmoid(y_pred)
    # One answer per row, so that the mean over a row is that answer's.
    losses = classification.binary_crossentropy(y_true[..., None], y_pred[..., None])
    of_truth = y_true * y_pred + (1.0 - y_true) * (1.0 - y_pred)
    losses = jnp.power(1.0 - of_truth, gamma) * losses
    if apply_class_balancing:
        losses = losses * (y_true * alpha + (1.0 - y_true) * (1.0 - alpha))
    return jnp.mean(losses, axis=axis)


def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: float | Sequence[float] = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> jax.Array:
    """Returns the cross-entropy of one choice among classes, each class times alpha * (1 - p)**gamma.

    Shapes: y_true, y_pred (batch, ..., classes) -> (batch, ...)
    Args:   y_true: one-hot.
            alpha: weighs the classes; one number, or one for each.
            gamma: how little what is right counts; >= 0, and 0 is alpha times `categorical_crossentropy`.
            label_smoothing: how far the targets are drawn towards 1/classes; from 0 to 1.
    Errors: ValueError if alpha has another length than there are classes.
    Source: T.-Y. Lin et al., Focal Loss for Dense Object Detection, 2017.
    """
    y_true, y_pred = arrays.paired("categorical_focal_crossentropy", y_true, y_pred)
    classes = y_true.shape[axis]
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + label_smoothing / classes
    if from_logits:
        y_pred = jax.nn.softmax(y_pred, axis=axis)
    probabilities = classification.probabilities(y_pred, axis)
    factors = jnp.power(1.0 - probabilities, gamma) * _along(alpha, probabilities, axis)
    return -jnp.sum(factors * y_true * jnp.log(probabilities), axis=axis)


def _along(alpha: Any, values: jax.Array, axis: int) -> Any:
    """Returns the weights of the classes, in a shape that spreads along their axis."""
    if np.ndim(alpha) == 0:
        return alpha
    if np.shape(alpha) != (values.shape[axis],):
        raise ValueError(
            errors.explain(
                f"categorical_focal_crossentropy needs one alpha, or one for each of {values.shape[axis]} classes, "
                f"got alpha of shape {np.shape(alpha)}."
            )
        )
    shape = [1] * values.ndim
    shape[axis] = values.shape[axis]
    return jnp.asarray(alpha, values.dtype).reshape(shape)


@registry.register
@dataclass(eq=False)
class BinaryFocalCrossentropy(FormulaLoss):
    """Averages `binary_focal_crossentropy` over the batch."""

    function = staticmethod(binary_focal_crossentropy)
    limits: ClassVar = {
        "alpha": bounds.FROM_0_TO_1,
        "gamma": bounds.FROM_0,
        "label_smoothing": bounds.FROM_0_TO_1,
    }

    apply_class_balancing: bool = False
    alpha: float = 0.25
    gamma: float = 2.0
    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = -1
    reduction: Reduction = "sum_over_batch_size"
    name: str = "binary_focal_crossentropy"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class CategoricalFocalCrossentropy(FormulaLoss):
    """Averages `categorical_focal_crossentropy` over the batch."""

    function = staticmethod(categorical_focal_crossentropy)
    target_kind = "one_hot"
    limits: ClassVar = {
        "alpha": bounds.FROM_0_EACH,
        "gamma": bounds.FROM_0,
        "label_smoothing": bounds.FROM_0_TO_1,
    }

    alpha: float | Sequence[float] = 0.25
    gamma: float = 2.0
    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = -1
    reduction: Reduction = "sum_over_batch_size"
    name: str = "categorical_focal_crossentropy"
    dtype: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if np.ndim(self.alpha):
            self.alpha = np.asarray(self.alpha).tolist()
