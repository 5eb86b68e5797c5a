"""The losses as metrics: averaged over all samples seen, and never reduced batch by batch."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from plait import losses
from plait.core import registry
from plait.core.fields import dataclass
from plait.losses import arrays, bounds, classification
from plait.metrics.mean import FormulaMetric
from plait.metrics.metric import State


@registry.register
@dataclass(eq=False)
class MeanSquaredError(FormulaMetric):
    """Averages `losses.mean_squared_error`."""

    function = staticmethod(losses.mean_squared_error)
    direction = "down"

    name: str = "mean_squared_error"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class RootMeanSquaredError(FormulaMetric):
    """Returns the square root of the mean squared error over all samples."""

    function = staticmethod(losses.mean_squared_error)
    direction = "down"

    name: str = "root_mean_squared_error"
    dtype: Any = None

    def value(self, state: State) -> jax.Array:
        """Returns the root of the mean."""
        return jnp.sqrt(super().value(state))


@registry.register
@dataclass(eq=False)
class MeanAbsoluteError(FormulaMetric):
    """Averages `losses.mean_absolute_error`."""

    function = staticmethod(losses.mean_absolute_error)
    direction = "down"

    name: str = "mean_absolute_error"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class MeanAbsolutePercentageError(FormulaMetric):
    """Averages `losses.mean_absolute_percentage_error`."""

    function = staticmethod(losses.mean_absolute_percentage_error)
    direction = "down"

    name: str = "mean_absolute_percentage_error"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class MeanSquaredLogarithmicError(FormulaMetric):
    """Averages `losses.mean_squared_logarithmic_error`."""

    function = staticmethod(losses.mean_squared_logarithmic_error)
    direction = "down"

    name: str = "mean_squared_logarithmic_error"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class LogCoshError(FormulaMetric):
    """Averages `losses.log_cosh`."""

    function = staticmethod(losses.log_cosh)
    direction = "down"

    name: str = "logcosh"
    dtype: Any = None


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> jax.Array:
    """Returns the cosine of the angle between target and prediction: 1 for the same direction.

    Shapes: y_true, y_pred (batch, ..., features) -> (batch, ...)
    """
    return -losses.cosine_similarity(y_true, y_pred, axis)


@registry.register
@dataclass(eq=False)
class CosineSimilarity(FormulaMetric):
    """Averages `cosine_similarity`: 1 for the same direction, unlike the loss of this name."""

    function = staticmethod(cosine_similarity)
    direction = "up"

    name: str = "cosine_similarity"
    dtype: Any = None
    axis: int = -1


@registry.register
@dataclass(eq=False)
class Poisson(FormulaMetric):
    """Averages `losses.poisson`."""

    function = staticmethod(losses.poisson)
    direction = "down"

    name: str = "poisson"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class KLDivergence(FormulaMetric):
    """Averages `losses.kl_divergence`."""

    function = staticmethod(losses.kl_divergence)
    direction = "down"

    name: str = "kl_divergence"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class Hinge(FormulaMetric):
    """Averages `losses.hinge`."""

    function = staticmethod(losses.hinge)
    direction = "down"

    name: str = "hinge"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class SquaredHinge(FormulaMetric):
    """Averages `losses.squared_hinge`."""

    function = staticmethod(losses.squared_hinge)
    direction = "down"

    name: str = "squared_hinge"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class CategoricalHinge(FormulaMetric):
    """Averages `losses.categorical_hinge`."""

    function = staticmethod(losses.categorical_hinge)
    direction = "down"

    name: str = "categorical_hinge"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class BinaryCrossentropy(FormulaMetric):
    """Averages `losses.binary_crossentropy`."""

    function = staticmethod(losses.binary_crossentropy)
    direction = "down"
    limits: ClassVar = {"label_smoothing": bounds.FROM_0_TO_1}

    name: str = "binary_crossentropy"
    dtype: Any = None
    from_logits: bool = False
    label_smoothing: float = 0.0


@registry.register
@dataclass(eq=False)
class CategoricalCrossentropy(FormulaMetric):
    """Averages `losses.categorical_crossentropy`."""

    function = staticmethod(losses.categorical_crossentropy)
    direction = "down"
    limits: ClassVar = {"label_smoothing": bounds.FROM_0_TO_1}

    name: str = "categorical_crossentropy"
    dtype: Any = None
    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = -1


@registry.register
@dataclass(eq=False)
class SparseCategoricalCrossentropy(FormulaMetric):
    """Averages `losses.sparse_categorical_crossentropy` over the targets that are not `ignore_class`."""

    function = staticmethod(losses.sparse_categorical_crossentropy)
    direction = "down"

    name: str = "sparse_categorical_crossentropy"
    dtype: Any = None
    from_logits: bool = False
    ignore_class: int | None = None
    axis: int = -1

    def update(self, state: State, y_true: Any, y_pred: Any, weight: Any = None) -> State:  # type: ignore[override]
        """Returns the state with one more batch counted."""
        if self.ignore_class is not None:
            counts = classification.is_not_class(y_true, y_pred, self.ignore_class, self.axis).astype(jnp.float32)
            weight = counts if weight is None else counts * arrays.spread("sample weight", weight, counts.shape)
        return super().update(state, y_true, y_pred, weight)
