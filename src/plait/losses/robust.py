"""A loss between cross-entropy and absolute error, which labels that are wrong do not carry away."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from plait.core import registry
from plait.core.fields import dataclass
from plait.losses import arrays, bounds
from plait.losses.loss import FormulaLoss, Reduction


def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> jax.Array:
    """Returns (1 - p**q) / q, where p is the probability of the target class.

    Shapes: y_true (batch, ...) or (batch, ..., 1), y_pred (batch, ..., classes) -> (batch, ...)
    Args:   y_true: ids from 0 to classes - 1.
            y_pred: probabilities.
            q: between 0, which is cross-entropy, and 1, which is absolute error.
    Source: Z. Zhang and M. Sabuncu, Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy
            Labels, 2018.
    """
    y_pred = arrays.floating(y_pred)
    ids = arrays.class_ids("categorical_generalized_cross_entropy", y_true, y_pred.shape[:-1])
    is_target = jax.nn.one_hot(ids.astype(jnp.int32), y_pred.shape[-1], dtype=bool)
    of_target = jnp.sum(jnp.where(is_target, y_pred, 0.0), axis=-1)
    # Chosen twice, since the slope of p**q at 0 is infinite, and softmax has a slope of 0 there: the product is 0.
    is_possible = of_target > 0
    power = jnp.where(is_possible, jnp.power(jnp.where(is_possible, of_target, 1.0), q), 0.0)
    return (1.0 - power) / q


@registry.register
@dataclass(eq=False)
class CategoricalGeneralizedCrossEntropy(FormulaLoss):
    """Averages `categorical_generalized_cross_entropy` over the batch."""

    function = staticmethod(categorical_generalized_cross_entropy)
    target_kind = "class_ids"
    limits: ClassVar = {"q": bounds.BETWEEN_0_AND_1}

    q: float = 0.5
    reduction: Reduction = "sum_over_batch_size"
    name: str = "categorical_generalized_cross_entropy"
    dtype: Any = None
