"""Metrics of the best threshold: how much there is of one rate where there is enough of another."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from plait.core import registry
from plait.core.fields import dataclass
from plait.losses import bounds
from plait.metrics.confusion import COUNTS, ThresholdMetric, share
from plait.metrics.metric import State

# Each rate is the share of the first count in both.
_RATES = {
    "precision": ("true_positives", "false_positives"),
    "recall": ("true_positives", "false_negatives"),
    "sensitivity": ("true_positives", "false_negatives"),
    "specificity": ("true_negatives", "false_positives"),
}


class OperatingPoint(ThresholdMetric):
    """Counts at thresholds from 0 to 1, and takes the best of those where a rate is high enough."""

    kept = COUNTS
    direction = "up"

    #: The rate that is measured, and the one that must be high enough; the latter is also the field that says how high.
    sought: ClassVar[str]
    given: ClassVar[str]

    num_thresholds: int

    def __post_init__(self) -> None:
        bounds.check(self, {self.given: bounds.FROM_0_TO_1, "num_thresholds": bounds.COUNT})
        steps = self.num_thresholds - 1
        self.thresholds = [step / steps for step in range(steps + 1)] if steps else [0.5]
        super().__post_init__()

    def update(self, state: State, y_true: Any, y_pred: Any, weight: Any = None) -> State:
        """Returns the state with one more batch counted.

        Shapes: y_true, y_pred (batch, ...); weight (batch,) or (batch, ...)
        """
        return super().update(state, y_true, jnp.clip(y_pred, 0, 1), weight)

    def value(self, state: State) -> jax.Array:
        """Returns the largest rate sought where the given one is high enough, 0 if it is so nowhere."""
        sought, given = (share(*(state[count] for count in _RATES[rate])) for rate in (self.sought, self.given))
        return jnp.max(jnp.where(given >= getattr(self, self.given), sought, 0.0))


@registry.register
@dataclass(eq=False)
class SensitivityAtSpecificity(OperatingPoint):
    """Returns the best share of positives found, where that of negatives left alone is at least `specificity`.

    Args:   specificity: from 0 to 1.
            num_thresholds: how many, evenly from 0 to 1.
            class_id: looks at one class only, on the last axis.
    Errors: ValueError for an argument outside of its bounds.
    """

    sought, given = "sensitivity", "specificity"

    specificity: float
    num_thresholds: int = 200
    class_id: int | None = None
    name: str = "sensitivity_at_specificity"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class SpecificityAtSensitivity(OperatingPoint):
    """Returns the best share of negatives left alone, where that of positives found is at least `sensitivity`.

    Args:   sensitivity: from 0 to 1.
            num_thresholds: how many, evenly from 0 to 1.
            class_id: looks at one class only, on the last axis.
    Errors: ValueError for an argument outside of its bounds.
    """

    sought, given = "specificity", "sensitivity"

    sensitivity: float
    num_thresholds: int = 200
    class_id: int | None = None
    name: str = "specificity_at_sensitivity"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class PrecisionAtRecall(OperatingPoint):
    """Returns the best precision where the recall is at least `recall`.

    Args:   recall: from 0 to 1.
            num_thresholds: how many, evenly from 0 to 1.
            class_id: looks at one class only, on the last axis.
    Errors: ValueError for an argument outside of its bounds.
    """

    sought, given = "precision", "recall"

    recall: float
    num_thresholds: int = 200
    class_id: int | None = None
    name: str = "precision_at_recall"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class RecallAtPrecision(OperatingPoint):
    """Returns the best recall where the precision is at least `precision`.

    Args:   precision: from 0 to 1.
            num_thresholds: how many, evenly from 0 to 1.
            class_id: looks at one class only, on the last axis.
    Errors: ValueError for an argument outside of its bounds.
    """

    sought, given = "recall", "precision"

    precision: float
    num_thresholds: int = 200
    class_id: int | None = None
    name: str = "recall_at_precision"
    dtype: Any = None
