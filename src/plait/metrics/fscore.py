"""Metrics that make one number of precision and recall."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.losses import arrays, bounds
from plait.metrics.columns import ColumnsMetric, column_sums, paired_columns
from plait.metrics.metric import State

_COUNTS = ("true_positives", "false_positives", "false_negatives")


def _weighted(scores: jax.Array, positives: jax.Array) -> jax.Array:
    return jnp.sum(scores * positives) / (jnp.sum(positives) + arrays.EPSILON)


# Of the scores, and the number of positives, of each class; with "micro" all classes are one.
_AVERAGES: dict[str | None, Callable[[jax.Array, jax.Array], jax.Array]] = {
    None: lambda scores, positives: scores,
    "micro": lambda scores, positives: scores,
    "macro": lambda scores, positives: jnp.mean(scores),
    "weighted": _weighted,
}


class FScore(ColumnsMetric):
    """Computes the harmonic mean of precision and recall of each class, over all batches."""

    direction = "up"

    average: str | None
    threshold: float | None
    beta: float = 1.0
    name: str
    dtype: Any

    def __post_init__(self) -> None:
        who = type(self).__name__
        if self.average not in _AVERAGES:
            raise errors.unknown(f"average of {who}", self.average, map(str, _AVERAGES))
        bounds.check(self, {"beta": bounds.ABOVE_0, "threshold": bounds.THRESHOLD_OR_NONE})
        super().__init__(self.dtype, self.name)

    def init(self) -> State:
        """Returns counts of 0.

        Errors: ValueError while the number of classes is not known.
        """
        return {name: self.per_column() for name in _COUNTS}

    def update(self, state: State, y_true: Any, y_pred: Any, weight: Any = None) -> State:
        """Returns the state with one more batch counted.

        Shapes: y_true, y_pred (batch, classes); weight (batch,) or (batch, classes)
        """
        y_true, y_pred, weight = paired_columns(type(self).__name__, y_true, y_pred, weight)
        if self.threshold is None:
            is_best = y_pred >= jnp.max(y_pred, axis=-1, keepdims=True)
            is_positive = is_best & (jnp.abs(y_pred) > 1e-9)  # of zeros alone, none is the best
        else:
            is_positive = y_pred > self.threshold
        found = is_positive.astype(jnp.float32)
        counts = found * y_true, found * (1.0 - y_true), (1.0 - found) * y_true
        return {name: state[name] + column_sums(count, weight) for name, count in zip(_COUNTS, counts, strict=True)}

    def value(self, state: State) -> jax.Array:
        """Returns the score of each class, or their average."""
        counts = [state[name] for name in _COUNTS]
        hits, wrong, missed = [jnp.sum(count) for count in counts] if self.average == "micro" else counts
        precision, recall = hits / (hits + wrong + arrays.EPSILON), hits / (hits + missed + arrays.EPSILON)
        weight = self.beta**2
        scores = (1 + weight) * precision * recall / (weight * precision + recall + arrays.EPSILON)
        return _AVERAGES[self.average](scores, hits + missed)

    get_config = registry.Described.get_config


@registry.register
@dataclass(eq=False)
class FBetaScore(FScore):
    """Returns the harmonic mean of precision and recall, recall being worth `beta` times as much.

    Args:   average: None for one score per class, "micro" to count all classes together, "macro" for the mean of the
            scores, "weighted" for their mean by the number of positives.
            beta: > 0.
            threshold: above which a prediction is positive; above 0, at most 1. By default the largest of each row is.
    Errors: ValueError for another average, and an argument outside of its bounds.
    """

    average: str | None = None
    beta: float = 1.0
    threshold: float | None = None
    name: str = "fbeta_score"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class F1Score(FScore):
    """Returns the harmonic mean of precision and recall.

    Args:   average: None for one score per class, "micro" to count all classes together, "macro" for the mean of the
            scores, "weighted" for their mean by the number of positives.
            threshold: above which a prediction is positive; above 0, at most 1. By default the largest of each row is.
    Errors: ValueError for another average, and a threshold outside of its bounds.
    """

    average: str | None = None
    threshold: float | None = None
    name: str = "f1_score"
    dtype: Any = None
