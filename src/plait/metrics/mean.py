"""Metrics that are means over samples: of given values, or of any function of targets and predictions."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors, nest, registry
from plait.losses import arrays, bounds
from plait.metrics.metric import Metric, State


def weighed(values: Any, weight: Any = None) -> tuple[jax.Array, jax.Array]:
    """Returns the weighted sum of the samples' values, and the sum of their weights.

    Shapes: values (batch, ...), averaged to (batch,); weight (batch,) or (batch, ...)
    """
    values = jnp.asarray(values).astype(jnp.float32)
    weight = arrays.spread("sample weight", 1.0 if weight is None else weight, values.shape)
    per_sample = math.prod(values.shape[1:])
    # Not a product alone: what weighs nothing may be infinite or NaN.
    total = jnp.sum(jnp.where(weight == 0, 0, values * weight))
    return total / per_sample, jnp.sum(weight) / per_sample


@registry.register
class Mean(Metric):
    """Averages the values it is given: `mean.update_state(values, sample_weight)`."""

    def __init__(self, name: str | None = "mean", dtype: Any = None) -> None:
        super().__init__(dtype, name)

    def init(self) -> State:
        """Returns a total and a count of 0."""
        return {"total": np.zeros((), np.float32), "count": np.zeros((), np.float32)}

    def update(self, state: State, values: Any, weight: Any = None) -> State:  # type: ignore[override]
        """Returns the state with these values counted.

        Shapes: values (batch, ...) or (); weight (batch,) or (batch, ...)
        """
        total, count = weighed(values, weight)
        return {"total": state["total"] + total, "count": state["count"] + count}

    def value(self, state: State) -> jax.Array:
        """Returns the mean, or 0 if nothing was counted."""
        return arrays.quotient(state["total"], state["count"])


@registry.register
class Sum(Metric):
    """Adds up the values it is given: `sum.update_state(values, sample_weight)`."""

    def __init__(self, name: str | None = "sum", dtype: Any = None) -> None:
        super().__init__(dtype, name)

    def init(self) -> State:
        """Returns a total of 0."""
        return {"total": np.zeros((), np.float32)}

    def update(self, state: State, values: Any, weight: Any = None) -> State:  # type: ignore[override]
        """Returns the state with these values added."""
        values = jnp.asarray(values).astype(jnp.float32)
        total, _ = weighed(values, weight)
        return {"total": state["total"] + total * math.prod(values.shape[1:])}

    def value(self, state: State) -> jax.Array:
        """Returns the sum."""
        return state["total"]


@registry.register
class FunctionMetric(Mean):
    """Averages any function of (y_true, y_pred) over samples.

    A function that returns one number for a batch is counted with the number of samples in it, so a last and
    smaller batch counts for what it is.

    Args: fn: returns one number per sample (or per time step …), or one for the batch; further arguments by
          name are handed to it.
          name: by default the function's.
    """

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **arguments: Any) -> None:
        super().__init__(name or getattr(fn, "__name__", None) or type(fn).__name__, dtype)
        self.fn = fn
        self.arguments = arguments

    def update(self, state: State, y_true: Any, y_pred: Any, weight: Any = None) -> State:  # type: ignore[override]
        """Returns the state with one more batch counted."""
        values = self.fn(y_true, y_pred, **self.arguments)
        if values is None:
            raise TypeError(
                errors.explain(
                    f'The metric "{self.name}" returned None; it needs to return one number per sample, or one for all.'
                )
            )
        values = jnp.asarray(values).astype(jnp.float32)
        if values.ndim == 0:
            count = _samples(y_pred, weight)
            return {"total": state["total"] + values * count, "count": state["count"] + count}
        return super().update(state, values, weight)

    def get_config(self) -> dict[str, Any]:
        """Returns the function's registered name and its arguments."""
        return {
            **super().get_config(),
            "fn": registry.serialize(self.fn),
            **registry.serialize(self.arguments),
        }


def _samples(y_pred: Any, weight: Any) -> jax.Array:
    """Returns how many samples a batch has, without those of weight 0."""
    if weight is None:
        shape = np.shape(nest.flatten(y_pred)[0])
        return jnp.asarray(shape[0] if shape else 1, jnp.float32)
    weight = jnp.asarray(weight)
    counts = jnp.any(weight != 0, axis=tuple(range(1, weight.ndim)))
    return jnp.sum(counts, dtype=jnp.float32)


class FormulaMetric(Mean):
    """Averages a function of arrays: a dataclass, whose further fields are the function's arguments."""

    function: ClassVar[Callable[..., Any]]

    #: The arguments that may not be just any value.
    limits: ClassVar[Mapping[str, bounds.Bounds]] = {}

    name: str
    dtype: Any

    def __post_init__(self) -> None:
        bounds.check(self, self.limits)
        Metric.__init__(self, self.dtype, self.name)

    @property
    def mixes_batch(self) -> bool:
        """Whether the axis that the function goes along is that of the batch."""
        axis = getattr(self, "axis", -1)
        return axis is None or 0 in np.ravel(axis)

    def update(self, state: State, y_true: Any, y_pred: Any, weight: Any = None) -> State:  # type: ignore[override]
        """Returns the state with one more batch counted."""
        # In half precision the logarithm of a clipped probability would be infinite.
        y_pred = jnp.asarray(y_pred).astype(self.dtype)
        if y_pred.ndim == 1 and weight is not None:
            # The only axis is then known to be the batch, and not that of the outputs.
            y_true, y_pred = (jnp.asarray(y).reshape(-1, 1) for y in (y_true, y_pred))
        values = type(self).function(y_true, y_pred, **self._arguments())
        return super().update(state, values, _samples(y_pred, weight) if values.ndim == 0 else weight)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that make this metric again."""
        return {**super().get_config(), **self._arguments()}

    def _arguments(self) -> dict[str, Any]:
        fields: Any = dataclasses.fields(self)  # type: ignore[arg-type]
        return {f.name: getattr(self, f.name) for f in fields if f.name not in ("name", "dtype")}
