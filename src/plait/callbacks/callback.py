"""What a callback is: an object with a method for each moment of training, evaluation and prediction."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, Protocol

Logs = dict[str, float]


class ReadLogs(Protocol):
    """Fetches the logs from the device, as they are after the dispatch that a hook is called for."""

    def __call__(self) -> Logs:
        """Returns them. This waits for the dispatch, and takes time: for a few calls a second."""

    def later(self) -> Callable[[], Logs | None]:
        """Waits for nothing: returns what gives them, to be asked now or after later dispatches; None until then."""


class Callback:
    """Does something at chosen moments of fit, evaluate and predict: override the hooks of those moments.

    `self.model` is the model at work, `self.params` a dict of facts about the run ("verbose", "steps", …).
    In every hook the weights are up to date and may be assigned to; `self.model.stop_training = True` ends
    training after the step under way. `logs` holds floats by name: the loss, then the metrics as in compile.

    A hook of train or test batches makes each step a dispatch of its own; hooks of epochs cost nothing.
    """

    # Class attributes, so that a subclass need not call super().__init__().
    params: dict[str, Any] | None = None
    # The attributes that a checkpoint of the run keeps: numbers, text, None, dicts and lists of these, lists of arrays.
    kept: tuple[str, ...] = ()
    _model: weakref.ref[Any] | None = None

    @property
    def model(self) -> Any:
        """The model at work; None if there is none yet, or no longer, as a callback keeps no model alive."""
        return self._model() if self._model else None

    def set_params(self, params: dict[str, Any]) -> None:
        """Takes the facts about the run that is about to begin."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Takes the model at work."""
        self._model = weakref.ref(model)

    def __getstate__(self) -> dict[str, Any]:
        # A weak reference cannot be pickled, and whoever stores a callback does not mean the model.
        return {name: value for name, value in vars(self).items() if name != "_model"}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Called once when fit begins; `logs` is empty."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Called once when fit ends, with the logs of the last epoch."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Called when evaluate begins, or a validation within fit; `logs` is empty."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Called when evaluate ends, or a validation within fit, with what was measured."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Called when predict begins; `logs` is empty."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Called when predict ends; `logs` is empty."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Called before an epoch, counted from 0; `logs` is empty."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Called after an epoch and its validation, whose names begin with "val_".

        All callbacks get the same dict: what one adds to it is recorded and shown by those after it.
        """

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before a training step, counted from 0 within the epoch; calls on_batch_begin."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after a training step, with the means over the epoch so far; calls on_batch_end."""
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before a training step: the older name of on_train_batch_begin."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after a training step: the older name of on_train_batch_end."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before a batch of evaluate, or of a validation within fit."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after a batch of evaluate, or of a validation within fit, with the means so far."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before a batch of predict."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after a batch of predict."""

    def on_progress(self, done: int, total: int | None, samples: int, read_logs: ReadLogs) -> None:
        """Called after each dispatch of one or more steps, in training and in prediction.

        Args: done, total: steps; total is None where nobody knows it.
              samples: how many the dispatch had.
              read_logs: fetches the logs.
        """

    def on_test_progress(self, done: int, total: int | None, samples: int, read_logs: ReadLogs) -> None:
        """Called after each dispatch of one or more steps of evaluate, or of a validation within fit."""

    def on_compile_begin(self) -> None:
        """Called when a dispatch has to wait until XLA has compiled a program, or read it from its cache."""

    def on_compile_end(self, seconds: float) -> None:
        """Called when that is done, with how long it took."""
