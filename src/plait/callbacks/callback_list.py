"""All callbacks of one run, behind the hooks of a single one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plait.callbacks import learning_rate
from plait.callbacks.backup_and_restore import BackupAndRestore
from plait.callbacks.callback import Callback, Logs, ReadLogs
from plait.callbacks.history import History
from plait.callbacks.learning_rate_scheduler import LearningRateScheduler
from plait.callbacks.progress import ProgbarLogger
from plait.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from plait.core import errors


def _forward(hook: str) -> Callable[..., None]:
    """Returns the method that calls this hook of every callback, with one shared dict of logs."""

    def forward(self: CallbackList, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            getattr(callback, hook)(logs)

    return forward


def _forward_numbered(hook: str) -> Callable[..., None]:
    """Returns the like for a hook that is told the number of an epoch or a batch first."""

    def forward(self: CallbackList, number: int, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            getattr(callback, hook)(number, logs)

    return forward


class CallbackList(Callback):
    """Calls every hook of the user's callbacks in their order, then of a History, then of a progress bar.

    Args:   callbacks: a Callback, or a list (of lists) of them; of a CallbackList, those in it. A History or
                a ProgbarLogger among them takes the place of the one that would be added.
            verbose: 0 silent, 1 a progress bar, 2 one line per epoch; "auto" chooses 1.
            with_history: whether to record the logs of each epoch, as fit does.
    Errors: TypeError for what is no Callback; ValueError for another `verbose`.
    """

    def __init__(
        self,
        callbacks: Any = None,
        model: Any = None,
        verbose: int | str = "auto",
        *,
        with_history: bool = True,
    ) -> None:
        self.verbose = _verbosity(verbose)
        self.callbacks = _flat(callbacks)
        if with_history and not self._has(History):
            self.callbacks.append(History())
        if self.verbose and not self._has(ProgbarLogger):
            self.callbacks.append(ProgbarLogger())
        # Whether a callback has hooks of batches, so that each step must be a dispatch of its own.
        self.wants_batches = self._hooks_into(
            "on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end"
        )
        self.wants_test_batches = self._hooks_into("on_test_batch_begin", "on_test_batch_end")
        self.wants_predict_batches = self._hooks_into("on_predict_batch_begin", "on_predict_batch_end")
        self.set_params({"verbose": self.verbose})
        if model is not None:
            self.set_model(model)

    def _has(self, kind: type[Callback]) -> bool:
        return any(isinstance(callback, kind) for callback in self.callbacks)

    def _hooks_into(self, *hooks: str) -> bool:
        return any(_overrides(callback, hook) for callback in self.callbacks for hook in hooks)

    @property
    def stop_training(self) -> bool:
        """Whether a callback asked for the end of training."""
        return self.model.stop_training

    def checkpoint(self) -> dict[str, Any] | None:
        """Returns what the checkpoints of this run are asked to be by a callback; None if by none."""
        asked = [callback.checkpoint() for callback in self.callbacks if isinstance(callback, BackupAndRestore)]
        return asked[0] if asked else None

    def set_params(self, params: dict[str, Any]) -> None:
        """Gives all callbacks the facts about the run, and what the logs will have, if that is known: "logged"."""
        logged = self._logged(params)
        params = params if logged is None else {**params, "logged": logged}
        super().set_params(params)
        for callback in self.callbacks:
            callback.set_params(params)

    def _logged(self, params: dict[str, Any]) -> list[str] | None:
        """Returns the names that the logs of an epoch will have, unless code of the user's may add to them."""
        names = params.get("metrics")
        if not names or self.model.own_steps or any(map(_may_add_names, self.callbacks)):
            return None
        validated = [f"val_{name}" for name in names if params.get("do_validation")]
        adds_rates = self._has(LearningRateScheduler) or self._has(ReduceLROnPlateau)
        return [*names, *validated, *(learning_rate.named(self.model) if adds_rates else ())]

    def set_model(self, model: Any) -> None:
        """Gives all callbacks the model at work."""
        super().set_model(model)
        for callback in self.callbacks:
            callback.set_model(model)

    on_train_begin = _forward("on_train_begin")
    on_train_end = _forward("on_train_end")
    on_test_begin = _forward("on_test_begin")
    on_test_end = _forward("on_test_end")
    on_predict_begin = _forward("on_predict_begin")
    on_predict_end = _forward("on_predict_end")

    on_epoch_begin = _forward_numbered("on_epoch_begin")
    on_epoch_end = _forward_numbered("on_epoch_end")
    on_train_batch_begin = _forward_numbered("on_train_batch_begin")
    on_train_batch_end = _forward_numbered("on_train_batch_end")
    on_batch_begin = _forward_numbered("on_batch_begin")
    on_batch_end = _forward_numbered("on_batch_end")
    on_test_batch_begin = _forward_numbered("on_test_batch_begin")
    on_test_batch_end = _forward_numbered("on_test_batch_end")
    on_predict_batch_begin = _forward_numbered("on_predict_batch_begin")
    on_predict_batch_end = _forward_numbered("on_predict_batch_end")

    def on_progress(self, done: int, total: int | None, samples: int, read_logs: ReadLogs) -> None:
        """Tells all callbacks how many steps of training or prediction are done."""
        for callback in self.callbacks:
            callback.on_progress(done, total, samples, read_logs)

    def on_test_progress(self, done: int, total: int | None, samples: int, read_logs: ReadLogs) -> None:
        """Tells all callbacks how many steps of a test are done."""
        for callback in self.callbacks:
            callback.on_test_progress(done, total, samples, read_logs)

    def on_compile_begin(self) -> None:
        """Tells all callbacks that a dispatch waits for a program that is being compiled."""
        for callback in self.callbacks:
            callback.on_compile_begin()

    def on_compile_end(self, seconds: float) -> None:
        """Tells all callbacks that it is compiled."""
        for callback in self.callbacks:
            callback.on_compile_end(seconds)


def _verbosity(verbose: int | str) -> int:
    if verbose == "auto":
        return 1
    if verbose not in (0, 1, 2):
        raise ValueError(
            errors.explain(
                f"verbose must be 0, 1, 2 or 'auto', got {verbose!r}.",
                "0 is silent, 1 shows a progress bar, 2 one line per epoch; 'auto' is 1.",
            )
        )
    return int(verbose)


def _flat(callbacks: Any) -> list[Callback]:
    """Returns the single callbacks, in order."""
    if callbacks is None:
        return []
    if isinstance(callbacks, CallbackList):
        return list(callbacks.callbacks)
    if isinstance(callbacks, list | tuple):
        return [single for element in callbacks for single in _flat(element)]
    if isinstance(callbacks, Callback):
        return [callbacks]
    is_class = isinstance(callbacks, type) and issubclass(callbacks, Callback)
    raise TypeError(
        errors.explain(
            f"callbacks must be Callback objects, or a list of them, got {callbacks!r}.",
            f"Make an object of the class: {callbacks.__name__}()." if is_class else None,
            None
            if is_class
            else "Derive the class from plait.callbacks.Callback, or wrap a function in LambdaCallback.",
        )
    )


def _overrides(callback: Callback, hook: str) -> bool:
    # A hook may also be a function on the object itself, as in a LambdaCallback.
    return getattr(getattr(callback, hook), "__func__", None) is not getattr(Callback, hook)


def _may_add_names(callback: Callback) -> bool:
    """Whether a hook that is not one of Plait's gets the logs of an epoch or a test, which it may add to."""
    hooks = (callback.on_epoch_end, callback.on_test_end)
    return not all(str(hook.__module__).startswith("plait.callbacks.") for hook in hooks)
