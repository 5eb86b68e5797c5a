"""How much of the targets' variance predictions explain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.losses import arrays, bounds
from plait.metrics.columns import ColumnsMetric, column_sums, paired_columns
from plait.metrics.metric import State

# Of the scores of the columns, and their sums of squares about the mean.
_AGGREGATIONS: dict[str | None, Callable[[jax.Array, jax.Array], jax.Array]] = {
    None: lambda scores, spread: scores,
    "uniform_average": lambda scores, spread: jnp.mean(scores),
    "variance_weighted_average": lambda scores, spread: jnp.sum(scores * spread) / jnp.sum(spread),
}


@registry.register
@dataclass(eq=False)
class R2Score(ColumnsMetric):
    """Returns 1 - (squared errors) / (squared distances of the targets from their mean): 1 is best, a constant has 0.

    Args:   class_aggregation: None for one score per column, "uniform_average" for their mean,
            "variance_weighted_average" for their mean by the variance of the targets.
            num_regressors: with how many independent variables the predictions were fitted, to adjust the score for
            it; 0 for the score as it is, which it also is where there are not enough targets.
    Errors: ValueError for another aggregation, and a num_regressors that is no whole number of at least 0.
    """

    direction = "up"

    class_aggregation: str | None = "uniform_average"
    num_regressors: int = 0
    name: str = "r2_score"
    dtype: Any = None

    def __post_init__(self) -> None:
        if self.class_aggregation not in _AGGREGATIONS:
            raise errors.unknown("class_aggregation of R2Score", self.class_aggregation, map(str, _AGGREGATIONS))
        bounds.check(self, {"num_regressors": bounds.COUNT_OR_0})
        super().__init__(self.dtype, self.name)

    def init(self) -> State:
        """Returns sums of 0.

        Errors: ValueError while the number of columns is not known.
        """
        sums = {name: self.per_column() for name in ("count", "mean", "spread", "residual")}
        return {"num_samples": np.zeros((), np.float32), **sums}

    def update(self, state: State, y_true: Any, y_pred: Any, weight: Any = None) -> State:
        """Returns the state with one more batch counted.

        Squares about the mean of a batch are added up: sums of plain squares would lose the variance of targets that
        are far from 0.

        Shapes: y_true, y_pred (batch, columns); weight (batch,) or (batch, columns)
        Source: T. Chan et al., Updating Formulae and a Pairwise Algorithm for Computing Sample Variances, 1979.
        """
        y_true, y_pred, weight = paired_columns("R2Score", y_true, y_pred, weight)
        ones = jnp.ones_like(y_true)
        # Each target of each column, as Keras counts; one of weight 0 may be there only to fill up the batch.
        samples = jnp.sum(ones if weight is None else (weight != 0).astype(jnp.float32))
        count = column_sums(ones, weight)
        mean = arrays.quotient(column_sums(y_true, weight), count)
        spread = column_sums(jnp.square(y_true - mean[None]), weight)
        apart, share = mean - state["mean"], arrays.quotient(count, state["count"] + count)
        return {
            "num_samples": state["num_samples"] + samples,
            "count": state["count"] + count,
            "mean": state["mean"] + apart * share,
            "spread": state["spread"] + spread + jnp.square(apart) * state["count"] * share,
            "residual": state["residual"] + column_sums(jnp.square(y_true - y_pred), weight),
        }

    def value(self, state: State) -> jax.Array:
        """Returns the score; NaN where nothing was seen, or targets and predictions are one constant."""
        scores = 1 - state["residual"] / state["spread"]
        scores = jnp.where(jnp.isinf(scores), 0.0, scores)
        score = _AGGREGATIONS[self.class_aggregation](scores, state["spread"])
        if not self.num_regressors:
            return score
        freedom = state["num_samples"] - 1 - self.num_regressors
        adjusted = 1 - (1 - score) * (state["num_samples"] - 1) / jnp.maximum(freedom, 1.0)
        return jnp.where(freedom > 0, adjusted, score)

    get_config = registry.Described.get_config
