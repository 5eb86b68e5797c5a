"""Ending training that is lost."""

from __future__ import annotations

import math

from plait.callbacks import printing
from plait.callbacks.callback import Callback, ReadLogs
from plait.core import errors
from plait.core.fields import dataclass


@dataclass(eq=False)
class TerminateOnNaN(Callback):
    """Ends training when the loss is NaN or infinite.

    It looks after each dispatch, about ten times a second, and so costs nothing; with `steps_per_execution=1` given to
    compile that is after each step. Which step it was fit says by itself.

    Args:   raise_error: whether to raise, and not to end training as if it were done.
    Errors: RuntimeError, if so.
    """

    raise_error: bool = False

    def on_progress(self, done: int, total: int | None, samples: int, read_logs: ReadLogs) -> None:
        """Looks at the loss of the epoch so far."""
        loss = read_logs().get("loss", 0.0)
        if math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(
                errors.explain(
                    f"NaN or Inf loss encountered at batch {done - 1}: the loss is {loss}.",
                    "Look for NaN in the data, a learning rate that is too high, "
                    "or a log or division by zero in a loss of your own.",
                )
            )
        printing.say(f"Batch {done - 1}: Invalid loss, terminating training")
        self.model.stop_training = True
