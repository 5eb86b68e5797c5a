"""Ending training when it no longer helps."""

from __future__ import annotations

from typing import Any

from plait.callbacks import printing
from plait.callbacks.callback import Callback, Logs
from plait.callbacks.monitor import Monitor
from plait.core import errors
from plait.core.fields import dataclass


@dataclass(eq=False)
class EarlyStopping(Callback):
    """Ends training when a number of the logs has not become better for some epochs.

    Args:   monitor: the name of the number.
            min_delta: what a change must exceed to count as better.
            patience: epochs in a row without a better number, after which training ends; from 0.
            verbose: 1 to say what is done.
            mode: "min" or "max", what is better; "auto" tells it from the name.
            baseline: a number that must be beaten within `patience` epochs, too.
            restore_best_weights: whether training leaves the weights of the epoch with the best number, for
                whatever reason it ended, in place of the last ones.
            start_from_epoch: epochs that pass before the number is looked at.
    Errors: ValueError for a negative patience, an unknown mode, or a name that says nothing where mode is
            "auto"; when training begins or after the first epoch, if the logs do not have the name.
    """

    kept = ("wait", "stopped_epoch", "best", "best_epoch", "best_weights")

    monitor: str = "val_loss"
    min_delta: float = 0
    patience: int = 0
    verbose: int = 0
    mode: str = "auto"
    baseline: float | None = None
    restore_best_weights: bool = False
    start_from_epoch: int = 0

    def __post_init__(self) -> None:
        if self.patience < 0:
            raise ValueError(
                errors.explain(f"EarlyStopping needs a patience of 0 epochs or more, got {self.patience}.")
            )
        self._monitor = Monitor(self.monitor, self.mode, self.min_delta, self)
        self._forget()

    def _forget(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best: float | None = None
        self.best_epoch = 0
        self.best_weights: list[Any] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Forgets an earlier run."""
        self._monitor.check(self.params)
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Looks at the number, and ends training if it has been patient enough."""
        value = self._monitor.read(logs or {}, self.params)
        if value is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self._monitor.is_better(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self._monitor.is_better(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Puts the best weights back."""
        if self.stopped_epoch and self.verbose:
            printing.say(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose:
                best = self.best_epoch + 1
                printing.say(f"Restoring model weights from the end of the best epoch: {best}.")
            self.model.set_weights(self.best_weights)
