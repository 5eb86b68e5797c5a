"""The pure triple of a metric that was written as in Keras, with `update_state` and `result`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import jax

from plait.core.weight import standing_for
from plait.metrics.metric import Metric, State

_PURE = {"update", "value"}
_STATEFUL = {"update_state", "result"}


def is_stateful(metric: Metric) -> bool:
    """Returns whether the last class to define how a metric works did so by assigning to its own state."""
    for cls in type(metric).__mro__:
        if vars(cls).keys() & _PURE:
            return False
        if vars(cls).keys() & _STATEFUL:
            return True
    return False


class PureMetric(Metric):
    """Lends a stateful metric the state to work on, and takes the new one back."""

    def __init__(self, metric: Metric) -> None:
        super().__init__(metric.dtype, metric.name)
        self.metric = metric
        self.direction = metric.direction  # type: ignore[misc]

    def init(self) -> State:
        """Returns the state of nothing seen."""
        return self.metric.init()

    def update(self, state: State, y_true: Any, y_pred: Any, weight: Any = None) -> State:
        """Returns the state with one more batch seen."""
        with self._lent(state):
            self.metric.update_state(y_true, y_pred, sample_weight=weight)
            return self.metric.state

    def value(self, state: State) -> jax.Array:
        """Returns what a state amounts to."""
        with self._lent(state):
            return self.metric.result()

    @contextlib.contextmanager
    def _lent(self, state: State) -> Iterator[None]:
        kept = self.metric._state
        self.metric._state = dict(state)
        try:
            with standing_for(None):
                yield
        finally:
            self.metric._state = kept

    def get_config(self) -> dict[str, Any]:
        """Returns the config of the metric itself."""
        return self.metric.get_config()
