"""Metrics made of true and false positives and negatives, at one or several thresholds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.losses import arrays, bounds
from plait.metrics.metric import Metric, State

COUNTS = ("true_positives", "false_positives", "true_negatives", "false_negatives")


def confusion(y_true: jax.Array, y_pred: jax.Array, thresholds: Any, weight: Any = None, labels: int = 1) -> State:
    """Returns the four counts at each threshold; a prediction above the threshold is positive.

    Shapes: y_true, y_pred (...), weight like them -> each count (thresholds, labels)
    Args:   thresholds: in ascending order.
            labels: how many columns to keep apart, the size of the last axis; 1 counts all together.
    """
    # How many thresholds a prediction is above says all: each then needs one addition, not one per threshold.
    predictions = y_pred.reshape(-1).astype(jnp.float32)
    is_above = jnp.searchsorted(jnp.asarray(thresholds, jnp.float32), predictions, side="left")
    cells = is_above * labels + jnp.arange(y_pred.size) % labels
    weight = jnp.ones(y_pred.shape, jnp.float32) if weight is None else weight
    is_true = y_true != 0

    def above(which: jax.Array) -> jax.Array:
        histogram = jnp.zeros((len(thresholds) + 1) * labels, jnp.float32)
        histogram = histogram.at[cells].add(jnp.where(which, weight, 0).reshape(-1))
        return jnp.cumsum(histogram.reshape(-1, labels)[::-1], axis=0)[::-1]

    true, false = above(is_true), above(~is_true)
    return {
        "true_positives": true[1:],
        "false_positives": false[1:],
        "true_negatives": false[:1] - false[1:],
        "false_negatives": true[:1] - true[1:],
    }


class ThresholdMetric(Metric):
    """Counts some of the four at each threshold, over all batches."""

    kept: ClassVar[tuple[str, ...]]

    #: What the kept counts amount to, at each threshold.
    number: ClassVar[Callable[..., Any]]

    thresholds: float | Sequence[float] | None
    name: str
    dtype: Any

    # Only some have these two as fields.
    top_k: int | None = None
    class_id: int | None = None

    def __post_init__(self) -> None:
        bounds.check(self, {"top_k": bounds.COUNT_OR_NONE, "class_id": bounds.ID_OR_NONE})
        super().__init__(self.dtype, self.name)
        if self.thresholds is None:
            self._levels = np.array([0.5 if self.top_k is None else -np.inf], np.float32)
        else:
            self._levels = np.atleast_1d(np.asarray(self.thresholds, np.float32))
            check_thresholds(type(self).__name__, self._levels)
        self._order = np.argsort(self._levels)

    def init(self) -> State:
        """Returns counts of 0."""
        return {name: np.zeros(len(self._levels), np.float32) for name in self.kept}

    def update(self, state: State, y_true: Any, y_pred: Any, weight: Any = None) -> State:
        """Returns the state with one more batch counted.

        Shapes: y_true, y_pred (batch, ...); weight (batch,) or (batch, ...)
        """
        who = type(self).__name__
        y_true, y_pred = arrays.paired(who, y_true, y_pred)
        if weight is not None:
            weight = arrays.spread("sample weight", weight, y_pred.shape)
        if self.top_k is not None:
            _, best = jax.lax.top_k(y_pred, self.top_k)
            is_best = jnp.any(jax.nn.one_hot(best, y_pred.shape[-1], dtype=bool), axis=-2)
            y_pred = jnp.where(is_best, y_pred, -jnp.inf)
        if self.class_id is not None:
            if y_pred.ndim < 2 or not 0 <= self.class_id < y_pred.shape[-1]:
                raise ValueError(
                    errors.explain(
                        f"{who} with class_id={self.class_id} needs more classes than that on the last axis, "
                        f"got predictions of shape {y_pred.shape}."
                    )
                )
            y_true, y_pred = y_true[..., self.class_id], y_pred[..., self.class_id]
            weight = None if weight is None else weight[..., self.class_id]
        counts = confusion(y_true, y_pred, self._levels[self._order], weight)
        as_given = np.argsort(self._order)
        return {name: state[name] + counts[name][as_given, 0] for name in self.kept}

    def value(self, state: State) -> jax.Array:
        """Returns the number at the threshold, or one at each."""
        number = type(self).number(*(state[name] for name in self.kept))
        return number[0] if len(self._levels) == 1 else number

    get_config = registry.Described.get_config


def check_thresholds(who: str, thresholds: Any) -> None:
    """Makes sure that thresholds are ones for probabilities.

    Errors: ValueError for one that is not from 0 to 1.
    """
    outside = [float(one) for one in thresholds if not 0 <= one <= 1]
    if outside:
        raise ValueError(errors.explain(f"{who} needs thresholds from 0 to 1, got {outside}."))


def _itself(count: jax.Array) -> jax.Array:
    return count


def share(hits: jax.Array, misses: jax.Array) -> jax.Array:
    """Returns how many of all are hits, 0 of none."""
    return arrays.quotient(hits, hits + misses)


@registry.register
@dataclass(eq=False)
class Precision(ThresholdMetric):
    """Returns which share of what was predicted positive is positive.

    Args:   thresholds: one or several from 0 to 1; 0.5 by default, and none with top_k.
            top_k: counts only the k largest predictions along the last axis as positive.
            class_id: looks at one class only, on the last axis.
    Errors: ValueError for a threshold that is not from 0 to 1.
    """

    kept = ("true_positives", "false_positives")
    direction = "up"
    number = staticmethod(share)

    thresholds: float | Sequence[float] | None = None
    top_k: int | None = None
    class_id: int | None = None
    name: str = "precision"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class Recall(ThresholdMetric):
    """Returns which share of what is positive was predicted positive.

    Args:   thresholds: one or several from 0 to 1; 0.5 by default, and none with top_k.
            top_k: counts only the k largest predictions along the last axis as positive.
            class_id: looks at one class only, on the last axis.
    Errors: ValueError for a threshold that is not from 0 to 1.
    """

    kept = ("true_positives", "false_negatives")
    direction = "up"
    number = staticmethod(share)

    thresholds: float | Sequence[float] | None = None
    top_k: int | None = None
    class_id: int | None = None
    name: str = "recall"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class TruePositives(ThresholdMetric):
    """Counts what was rightly predicted positive."""

    kept = ("true_positives",)
    number = staticmethod(_itself)

    thresholds: float | Sequence[float] | None = None
    name: str = "true_positives"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class FalsePositives(ThresholdMetric):
    """Counts what was wrongly predicted positive."""

    kept = ("false_positives",)
    number = staticmethod(_itself)

    thresholds: float | Sequence[float] | None = None
    name: str = "false_positives"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class TrueNegatives(ThresholdMetric):
    """Counts what was rightly predicted negative."""

    kept = ("true_negatives",)
    number = staticmethod(_itself)

    thresholds: float | Sequence[float] | None = None
    name: str = "true_negatives"
    dtype: Any = None


@registry.register
@dataclass(eq=False)
class FalseNegatives(ThresholdMetric):
    """Counts what was wrongly predicted negative."""

    kept = ("false_negatives",)
    number = staticmethod(_itself)

    thresholds: float | Sequence[float] | None = None
    name: str = "false_negatives"
    dtype: Any = None
