"""Metrics that keep numbers for each column of (batch, columns) arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors
from plait.losses import arrays
from plait.metrics.metric import Metric


class ColumnsMetric(Metric):
    """Learns the number of columns from `build`, or from the first batch that `update_state` is given."""

    columns: int | None = None

    def build(self, y_true_shape: Sequence[int | None], y_pred_shape: Sequence[int | None]) -> None:
        """Takes the number of columns from the last axis.

        Errors: ValueError for predictions that are not (batch, columns).
        """
        if len(y_pred_shape) != 2 or y_pred_shape[-1] is None:
            who = type(self).__name__
            raise ValueError(
                errors.explain(f"{who} needs y_pred of shape (batch, columns), got {tuple(y_pred_shape)}.")
            )
        self.columns = y_pred_shape[-1]

    def per_column(self) -> np.ndarray:
        """Returns a zero for each column.

        Errors: ValueError while their number is not known.
        """
        if self.columns is None:
            raise ValueError(
                errors.explain(
                    f"{type(self).__name__} does not know the number of columns yet.",
                    "Call update_state first, or build with the shapes of y_true and y_pred.",
                )
            )
        return np.zeros(self.columns, np.float32)

    def update_state(self, *data: Any, sample_weight: Any = None, **named: Any) -> None:
        """Counts one more batch: `update_state(y_true, y_pred, sample_weight=None)`."""
        if self._state is None:
            y_true, y_pred = (*data, *named.values())[:2]
            self.build(np.shape(y_true), np.shape(y_pred))
        super().update_state(*data, sample_weight=sample_weight, **named)


def column_sums(values: jax.Array, weight: jax.Array | None) -> jax.Array:
    """Returns the sum of each column.

    Shapes: values (batch, columns), weight like them or None -> (columns,)
    """
    if weight is not None:
        # Not a product alone: what weighs nothing may be infinite or NaN.
        values = jnp.where(weight == 0, 0, values * weight)
    return jnp.sum(values, axis=0)


def paired_columns(who: str, y_true: Any, y_pred: Any, weight: Any) -> tuple[jax.Array, jax.Array, jax.Array | None]:
    """Returns float32 targets, predictions and weights of one shape (batch, columns); no weights stay None.

    Args:   who: the metric, for the error.
    Errors: ValueError for shapes that do not fit.
    """
    y_true, y_pred = arrays.paired(who, y_true, jnp.asarray(y_pred).astype(jnp.float32))
    return y_true, y_pred, None if weight is None else arrays.spread("sample weight", weight, y_pred.shape)
