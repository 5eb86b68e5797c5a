"""Learning more slowly when training no longer gets better."""

from __future__ import annotations

from plait.callbacks import learning_rate, printing
from plait.callbacks.callback import Callback, Logs
from plait.callbacks.monitor import Monitor
from plait.core import errors
from plait.core.fields import dataclass


@dataclass(eq=False)
class ReduceLROnPlateau(Callback):
    """Multiplies the learning rate by a factor when a number of the logs has not become better for some epochs.

    It adds the rate that an epoch was trained with to its logs, as "learning_rate"; of an optimizer made of several,
    the rate of each with its name: "learning_rate_sgd".

    Args:   monitor: the name of the number.
            factor: from 0 to below 1.
            patience: epochs in a row without a better number, after which the rate is reduced.
            verbose: 1 to say what is done.
            mode: "min" or "max", what is better; "auto" tells it from the name.
            min_delta: what a change must exceed to count as better.
            cooldown: epochs after a reduction that do not count.
            min_lr: the rate that it does not go below.
    Errors: ValueError for a factor out of its range, an unknown mode, or a name that says nothing where mode is "auto";
            when training begins, if the rate cannot be set; then or after the first epoch, if the logs do not have the
            name.
    """

    kept = ("wait", "cooldown_counter", "best")

    monitor: str = "val_loss"
    factor: float = 0.1
    patience: int = 10
    verbose: int = 0
    mode: str = "auto"
    min_delta: float = 1e-4
    cooldown: int = 0
    min_lr: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.factor < 1:
            raise ValueError(errors.explain(f"ReduceLROnPlateau needs a factor from 0 to below 1, got {self.factor}."))
        self._monitor = Monitor(self.monitor, self.mode, self.min_delta, self)
        self._forget()

    def _forget(self) -> None:
        self.wait = 0
        self.cooldown_counter = 0
        self.best: float | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Forgets an earlier run."""
        learning_rate.check_can_be_set(type(self).__name__, self.model)
        self._monitor.check(self.params)
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Looks at the number, and reduces the rate if it has been patient enough."""
        logs = {} if logs is None else logs
        logs |= learning_rate.current(self.model)
        value = self._monitor.read(logs, self.params)
        if value is None:
            return
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.wait = 0
        if self._monitor.is_better(value, self.best):
            self.best, self.wait = value, 0
        elif self.cooldown_counter == 0:
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def _reduce(self, epoch: int) -> None:
        for name, optimizer in learning_rate.named(self.model).items():
            rate = float(optimizer.learning_rate)
            if rate > self.min_lr:
                rate = max(rate * self.factor, self.min_lr)
                optimizer.learning_rate = rate
                self.wait, self.cooldown_counter = 0, self.cooldown
                if self.verbose:
                    what = learning_rate.called(name)
                    printing.say(f"Epoch {epoch + 1}: ReduceLROnPlateau reducing {what} to {rate}.")
