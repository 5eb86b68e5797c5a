"""The area under a curve that thresholds draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.losses import arrays
from plait.metrics.confusion import COUNTS, check_thresholds, confusion
from plait.metrics.metric import Metric, State


def _roc(tp: jax.Array, fp: jax.Array, tn: jax.Array, fn: jax.Array) -> tuple[jax.Array, jax.Array]:
    return arrays.quotient(fp, fp + tn), arrays.quotient(tp, tp + fn)


def _precision_recall(tp: jax.Array, fp: jax.Array, tn: jax.Array, fn: jax.Array) -> tuple[jax.Array, jax.Array]:
    return arrays.quotient(tp, tp + fn), arrays.quotient(tp, tp + fp)


def _precision_recall_gain(tp: jax.Array, fp: jax.Array, tn: jax.Array, fn: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Source: P. Flach and M. Kull, Precision-Recall-Gain Curves, 2015."""
    odds = arrays.quotient(tp + fn, tn + fp)
    recall = jnp.where(tp == 0, 0, 1 - odds * arrays.quotient(fn, tp))
    precision = jnp.where(tp == 0, 1, 1 - odds * arrays.quotient(fp, tp))
    return jnp.maximum(recall, 0), precision


_CURVES: dict[str, Callable[..., Any]] = {
    "ROC": _roc,
    "PR": _precision_recall,
    "PRGAIN": _precision_recall_gain,
}

_HEIGHTS: dict[str, Callable[..., Any]] = {
    "interpolation": lambda left, right: (left + right) / 2,
    "minoring": jnp.minimum,
    "majoring": jnp.maximum,
}


def _interpolated_precision_recall(tp: jax.Array, fp: jax.Array, tn: jax.Array, fn: jax.Array) -> jax.Array:
    """Returns the area of each piece; between thresholds the counts are straight lines, the precision is not.

    Source: J. Davis and M. Goadrich, The Relationship Between Precision-Recall and ROC Curves, 2006.
    """
    positive = tp + fp
    step_tp, step_positive = tp[:-1] - tp[1:], positive[:-1] - positive[1:]
    slope = arrays.quotient(step_tp, jnp.maximum(step_positive, 0))
    intercept = tp[1:] - slope * positive[1:]
    has_both = (positive[:-1] > 0) & (positive[1:] > 0)
    ratio = jnp.where(has_both, arrays.quotient(positive[:-1], positive[1:]), 1)
    return arrays.quotient(slope * (step_tp + intercept * jnp.log(ratio)), tp[1:] + fn[1:])


@registry.register
@dataclass(eq=False)
class AUC(Metric):
    """Approximates the area under the ROC or the precision-recall curve by its points at some thresholds.

    Args:   num_thresholds: how many, evenly from 0 to 1; at least 2.
            curve: "ROC", "PR" or "PRGAIN".
            summation_method: "interpolation", "minoring" (from below) or "majoring" (from above).
            thresholds: the ones between 0 and 1 to use in place of even ones.
            multi_label: whether each column of y has a curve of its own; the mean of the areas is returned.
            num_labels: the number of columns with multi_label; found at the first batch by `update_state`.
            label_weights: weighs the columns.
            from_logits: whether predictions are to go through a sigmoid first.
    Errors: ValueError for another curve or method, for fewer than 2 thresholds or one that is not from 0 to 1,
            and for num_labels without multi_label.
    """

    direction = "up"

    num_thresholds: int = 200
    curve: str = "ROC"
    summation_method: str = "interpolation"
    name: str = "auc"
    dtype: Any = None
    thresholds: Sequence[float] | None = None
    multi_label: bool = False
    num_labels: int | None = None
    label_weights: Sequence[float] | None = None
    from_logits: bool = False

    def __post_init__(self) -> None:
        super().__init__(self.dtype, self.name)
        for kind, given, known in (
            ("curve", self.curve.upper(), _CURVES),
            ("summation method", self.summation_method.lower(), _HEIGHTS),
        ):
            if given not in known:
                raise errors.unknown(f"{kind} of AUC", given, known)
        self.curve, self.summation_method = self.curve.upper(), self.summation_method.lower()
        if self.num_labels and not self.multi_label:
            raise ValueError(
                errors.explain(f"AUC got num_labels={self.num_labels}, which is for multi_label=True only.")
            )
        if self.thresholds is not None:
            between = sorted(float(one) for one in self.thresholds)
            check_thresholds("AUC", between)
            self.thresholds, self.num_thresholds = between, len(between) + 2
        elif self.num_thresholds < 2:
            raise ValueError(
                errors.explain(f"AUC needs at least 2 thresholds, got num_thresholds={self.num_thresholds}.")
            )
        else:
            between = [i / (self.num_thresholds - 1) for i in range(1, self.num_thresholds - 1)]
        # The outermost two lie beyond 0 and 1, so that the curve has both its ends.
        self._levels = np.array([-arrays.EPSILON, *between, 1 + arrays.EPSILON], np.float32)
        if self.label_weights is not None:
            self.label_weights = [float(one) for one in self.label_weights]

    def build(self, y_true_shape: Sequence[int | None], y_pred_shape: Sequence[int | None]) -> None:
        """Takes the number of labels from the last axis.

        Errors: ValueError for predictions that are not (batch, labels) with multi_label.
        """
        if not self.multi_label:
            return
        if len(y_pred_shape) != 2:
            raise ValueError(
                errors.explain(
                    f"AUC(multi_label=True) needs y_pred of shape (batch, labels), got {tuple(y_pred_shape)}."
                )
            )
        self.num_labels = y_pred_shape[-1]

    def init(self) -> State:
        """Returns counts of 0.

        Errors: ValueError with multi_label while the number of labels is not known.
        """
        shape: tuple[int, ...] = (self.num_thresholds,)
        if self.multi_label:
            if not self.num_labels:
                raise ValueError(
                    errors.explain(
                        "AUC with multi_label=True does not know the number of labels yet.",
                        "Give num_labels, or call build with the shapes of y_true and y_pred.",
                    )
                )
            shape = (self.num_thresholds, self.num_labels)
        return {name: np.zeros(shape, np.float32) for name in COUNTS}

    def update(self, state: State, y_true: Any, y_pred: Any, weight: Any = None) -> State:
        """Returns the state with one more batch counted.

        Shapes: y_true, y_pred (batch, ...), (batch, labels) with multi_label; weight (batch,) or (batch, ...)
        """
        y_true, y_pred = arrays.paired("AUC", y_true, y_pred)
        if self.from_logits:
            y_pred = jax.nn.sigmoid(y_pred)
        if weight is not None:
            weight = arrays.spread("sample weight", weight, y_pred.shape)
        if self.label_weights is not None and not self.multi_label:
            columns = jnp.broadcast_to(jnp.asarray(self.label_weights, jnp.float32), y_pred.shape[-1:])
            columns = jnp.broadcast_to(columns.reshape((1,) * (y_pred.ndim - 1) + (-1,)), y_pred.shape)
            weight = columns if weight is None else weight * columns
        labels = y_pred.shape[-1] if self.multi_label else 1
        counts = confusion(y_true, jnp.clip(y_pred, 0, 1), self._levels, weight, labels)
        return {name: state[name] + counts[name].reshape(state[name].shape) for name in COUNTS}

    def update_state(self, *data: Any, sample_weight: Any = None, **named: Any) -> None:
        """Counts one more batch: `update_state(y_true, y_pred, sample_weight=None)`."""
        if self._state is None:
            y_true, y_pred = (*data, *named.values())[:2]
            self.build(np.shape(y_true), np.shape(y_pred))
        super().update_state(*data, sample_weight=sample_weight, **named)

    def value(self, state: State) -> jax.Array:
        """Returns the area; with multi_label, the (weighted) mean of the labels' areas."""
        counts = [state[name] for name in COUNTS]
        if (self.curve, self.summation_method) == ("PR", "interpolation"):
            pieces = _interpolated_precision_recall(*counts)
        else:
            x, y = _CURVES[self.curve](*counts)
            pieces = (x[:-1] - x[1:]) * _HEIGHTS[self.summation_method](y[:-1], y[1:])
        areas = jnp.sum(pieces, axis=0)
        if not self.multi_label or self.label_weights is None:
            return jnp.mean(areas)
        weights = jnp.asarray(self.label_weights, jnp.float32)
        return arrays.quotient(jnp.sum(areas * weights), jnp.sum(weights))

    get_config = registry.Described.get_config
