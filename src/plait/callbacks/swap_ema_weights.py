"""Measuring with the moving averages of the weights, and training on without them."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.callbacks import learning_rate
from plait.callbacks.callback import Callback, Logs
from plait.core import errors
from plait.core.fields import dataclass
from plait.graph import walks


@dataclass(eq=False)
class SwapEMAWeights(Callback):
    """Puts the optimizer's moving averages in the place of the weights while the model is evaluated or predicts.

    Training ends with the averages anyway, as `use_ema=True` says.

    Args:   swap_on_epoch: whether to do so between epochs, too: callbacks that come after this one, such as
                ModelCheckpoint, find the averages at the end of an epoch.
    Errors: ValueError when training, evaluation or prediction begins, if the optimizer keeps no averages.
    """

    kept = ("_paths", "_values")

    swap_on_epoch: bool = False

    def __post_init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        # What training goes on with, while the averages are in its place.
        self._paths: list[str] = []
        self._values: list[np.ndarray] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Makes sure that there will be averages."""
        self._check()
        self._forget()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Puts the weights back."""
        self._put_back()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Puts the averages in, if they are wanted between epochs."""
        if self.swap_on_epoch:
            self._put_averages()

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Forgets the weights: training ended with the averages."""
        self._forget()

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Puts the averages in."""
        self._put_averages()

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Puts the weights back."""
        self._put_back()

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Puts the averages in."""
        self._put_averages()

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Puts the weights back."""
        self._put_back()

    def _check(self) -> None:
        optimizer = self.model.optimizer
        if not any(getattr(one, "use_ema", False) for one in learning_rate.named(self.model).values()):
            got = "a model without one" if optimizer is None else f"{type(optimizer).__name__} without it"
            raise ValueError(errors.explain(f"SwapEMAWeights needs an optimizer with use_ema=True, got {got}."))

    def _put_averages(self) -> None:
        self._check()
        if self._paths:
            return
        weights = walks.weight_paths(self.model)
        averages = _averages(self.model.optimizer)
        self._paths, self._values = list(averages), [weights[path].numpy() for path in averages]
        for path, average in averages.items():
            weights[path].assign(average)

    def _put_back(self) -> None:
        weights = walks.weight_paths(self.model)
        for path, value in zip(self._paths, self._values, strict=True):
            weights[path].assign(value)
        self._forget()


def _averages(optimizer: Any) -> dict[str, Any]:
    """Returns the averages by path; none before the first step, as they are of nothing then."""
    slots = optimizer.slots_in_use() if optimizer.slots_in_use else None
    return optimizer.final({}, slots) if slots is not None and int(optimizer.step_of(slots)) else {}
