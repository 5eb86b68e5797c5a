"""A learning rate for each epoch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from plait.callbacks import learning_rate, printing
from plait.callbacks.callback import Callback, Logs
from plait.core import errors
from plait.core.fields import dataclass


@dataclass(eq=False)
class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch, to what a function says.

    It adds the rate that an epoch was trained with to its logs, as "learning_rate"; of an optimizer made of several,
    it sets the rate of each, and adds it with its name: "learning_rate_sgd".

    Args:   schedule: a function of the epoch, counted from 0, and of the rate there is; or of the epoch alone.
            verbose: 1 to say what is done.
    Errors: ValueError when training begins, if the rate cannot be set; before an epoch, if the function returns no
            number, or one below 0.
    """

    schedule: Callable[..., Any]
    verbose: int = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Makes sure that there is a rate to set."""
        learning_rate.check_can_be_set(type(self).__name__, self.model)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Sets the rate."""
        for name, optimizer in learning_rate.named(self.model).items():
            rate = self._rate(epoch, float(optimizer.learning_rate))
            optimizer.learning_rate = rate
            if self.verbose:
                what = learning_rate.called(name)
                printing.say(f"Epoch {epoch + 1}: LearningRateScheduler setting {what} to {rate}.")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Notes the rate in the logs."""
        if logs is not None:
            logs |= learning_rate.current(self.model)

    def _rate(self, epoch: int, rate: float) -> float:
        new = self.schedule(epoch, rate) if _takes_two(self.schedule) else self.schedule(epoch)
        if isinstance(new, str) or not hasattr(new, "__float__") or np.ndim(new) != 0:
            raise ValueError(
                errors.explain(
                    f"LearningRateScheduler needs a number from its schedule, got {errors.described(new)} "
                    f"for epoch {epoch}."
                )
            )
        return float(new)


def _takes_two(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind(0, 0.1)
    except TypeError:
        return False
    except ValueError:  # a function of C's need not say what it takes
        return True
    return True
