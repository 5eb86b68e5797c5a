"""Metrics of regions: how much of what was marked, or should have been, is both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors, registry
from plait.losses import arrays, bounds
from plait.metrics.metric import Metric, State

_TABLE = "total_confusion_matrix"


class RegionMetric(Metric):
    """Counts pairs of a true and a predicted class id, and averages intersection over union over classes.

    What is of an id out of range, or of the class that is ignored, counts for nothing; a class that neither occurs nor
    is predicted is left out of the average.
    """

    direction = "up"

    name: str
    dtype: Any

    num_classes: int
    target_class_ids: Sequence[int] | None

    # Only some have these as fields.
    ignore_class: int | None = None
    sparse_y_true: bool = True
    sparse_y_pred: bool = True
    axis: int = -1

    def __post_init__(self) -> None:
        bounds.check(self, {"num_classes": bounds.COUNT})
        classes = range(self.num_classes)
        asked = classes if self.target_class_ids is None else np.ravel(self.target_class_ids).tolist()
        if not asked or any(one not in classes for one in asked):
            raise ValueError(
                errors.explain(
                    f"{type(self).__name__} needs target_class_ids from 0 to {self.num_classes - 1}, got {asked}."
                )
            )
        self._targets = [int(one) for one in asked]
        if self.target_class_ids is not None:
            self.target_class_ids = self._targets
        # As in configs of Keras, which counts in it; here sample weights may be fractions.
        super().__init__(self.dtype or "int32", self.name)

    def init(self) -> State:
        """Returns counts of 0."""
        return {_TABLE: np.zeros((self.num_classes, self.num_classes), np.float32)}

    def update(self, state: State, y_true: Any, y_pred: Any, weight: Any = None) -> State:
        """Returns the state with one more batch counted.

        Shapes: y_true, y_pred (batch, ...), or with an axis of classes if they are not sparse; weight (batch,) or
                (batch, ...)
        """
        true, predicted = _ids(y_true, self.sparse_y_true, self.axis), _ids(y_pred, self.sparse_y_pred, self.axis)
        true, predicted = arrays.of_one_rank(true, predicted)
        if true.shape != predicted.shape:
            raise ValueError(
                errors.explain(
                    f"{type(self).__name__} needs a true class id for each predicted one, "
                    f"got y_true of shape {np.shape(y_true)} and y_pred of shape {np.shape(y_pred)}.",
                    "If y_pred has an axis of classes, say sparse_y_pred=False; if y_true has, sparse_y_true=False.",
                )
            )
        weight = arrays.spread("sample weight", 1.0 if weight is None else weight, true.shape)
        is_known = (true >= 0) & (true < self.num_classes) & (predicted >= 0) & (predicted < self.num_classes)
        if self.ignore_class is not None:
            is_known &= true != self.ignore_class
        cells = jnp.where(is_known, true * self.num_classes + predicted, 0).reshape(-1)
        counts = jnp.zeros(self.num_classes**2, jnp.float32).at[cells].add(jnp.where(is_known, weight, 0).reshape(-1))
        return {_TABLE: state[_TABLE] + counts.reshape(state[_TABLE].shape)}

    def value(self, state: State) -> jax.Array:
        """Returns the mean over the target classes that there are."""
        table = state[_TABLE]
        both = jnp.diagonal(table)
        either = jnp.sum(table, axis=0) + jnp.sum(table, axis=1) - both
        both, either = (counts[np.array(self._targets)] for counts in (both, either))
        is_there = either > 1e-9
        shares = jnp.where(is_there, both / (either + arrays.EPSILON), 0)
        return jnp.sum(shares) / (jnp.sum(is_there, dtype=jnp.float32) + arrays.EPSILON)

    get_config = registry.Described.get_config


def _ids(values: Any, is_sparse: bool, axis: int) -> jax.Array:
    values = jnp.asarray(values)
    return (values if is_sparse else jnp.argmax(values, axis=axis)).astype(jnp.int32)
