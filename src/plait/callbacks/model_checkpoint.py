"""Saving a model while it is trained."""

from __future__ import annotations

import os
import pathlib
from dataclasses import KW_ONLY
from typing import Any

from plait.callbacks import paths, printing
from plait.callbacks.callback import Callback, Logs
from plait.callbacks.monitor import Monitor
from plait.core import errors
from plait.core.fields import dataclass

_ENDINGS = {False: ".keras", True: ".weights.h5"}


@dataclass(eq=False)
class ModelCheckpoint(Callback):
    """Writes the model to a file after each epoch, or whenever it is the best so far.

    A file is replaced whole: whatever ends the process, there is the old one or the new one.

    Args:   filepath: of the file, which ends with ".keras", or with ".weights.h5" if `save_weights_only`. May name
                `{epoch}` (from 1), `{batch}` and numbers of the logs: "{epoch:02d}-{val_loss:.2f}.keras". Its folder is
                made if it is not there.
            monitor: the name of the number that says what is best.
            verbose: 1 to say what is done.
            save_best_only: whether to write only when that number is better than ever before.
            save_weights_only: whether to write weights (and the optimizer's state), and no layers.
            mode: "min" or "max", what is better; "auto" tells it from the name.
            save_freq: "epoch", or after how many steps to write; each step is then a dispatch of its own.
            initial_value_threshold: a number that must be beaten before anything is written.
            period: as in Keras 2, how many epochs it is from one file to the next.
    Errors: ValueError for another ending, save_freq, mode or period, a name that says nothing where mode is "auto", or
            one that is not known after a step; when training begins or after the first epoch, if the logs do not have a
            name; OSError when training begins, if the file cannot be written.
    """

    kept = ("best", "_epoch", "_epochs", "_steps")

    filepath: str | os.PathLike[str]
    monitor: str = "val_loss"
    verbose: int = 0
    save_best_only: bool = False
    save_weights_only: bool = False
    mode: str = "auto"
    save_freq: str | int = "epoch"
    initial_value_threshold: float | None = None
    _: KW_ONLY
    period: int = 1

    def __post_init__(self) -> None:
        self.filepath = os.fspath(self.filepath)
        self._check()
        # What is better need not be known where everything is written.
        self._monitor = Monitor(self.monitor, self.mode, 0, self) if self.save_best_only else None
        self.best = self.initial_value_threshold
        self._epoch = 0
        self._epochs = 0
        self._steps = 0
        if self.save_freq != "epoch":
            # Here and not in the class: having this hook makes each step a dispatch of its own.
            self.on_train_batch_end = self._after_step  # type: ignore[method-assign]

    def _check(self) -> None:
        ending = _ENDINGS[bool(self.save_weights_only)]
        if not str(self.filepath).endswith(ending):
            problem = (
                f"with save_weights_only={self.save_weights_only} needs a filepath that ends with {ending!r}, "
                f"got {self.filepath!r}"
            )
        elif self.save_freq != "epoch" and not _is_count(self.save_freq):
            problem = f'needs "epoch" or a positive number of steps for save_freq, got {self.save_freq!r}'
        elif not _is_count(self.period):
            problem = f"needs a positive number of epochs for period, got {self.period!r}"
        elif self.save_freq != "epoch" and self.save_best_only and self.monitor.startswith("val_"):
            problem = f'saves after steps and monitors "{self.monitor}", which is known only after an epoch'
        else:
            return
        raise ValueError(errors.explain(f"ModelCheckpoint {problem}."))

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Makes sure that the file can be written, and that there will be what its name asks for."""
        paths.check_writable(type(self).__name__, self.filepath)
        logged = (self.params or {}).get("logged")
        if logged is not None:
            after_steps = self.save_freq != "epoch"
            names = [name for name in logged if not (after_steps and name.startswith("val_"))]
            self._path({"epoch": 1, "batch": 1} if after_steps else {"epoch": 1}, dict.fromkeys(names, 0.0))
        if self._monitor is not None:
            self._monitor.check(self.params)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Notes the epoch."""
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Writes the model, if it is to be written now."""
        self._epochs += 1
        if self.save_freq == "epoch" and self._epochs % self.period == 0:
            self._save({"epoch": epoch + 1}, logs or {})

    def _after_step(self, batch: int, logs: Logs | None = None) -> None:
        self._steps += 1
        if self._steps % self.save_freq == 0:  # type: ignore[operator]
            self._save({"epoch": self._epoch + 1, "batch": batch + 1}, logs or {})

    def _save(self, numbers: dict[str, int], logs: Logs) -> None:
        path = self._path(numbers, logs)
        said = f"Epoch {numbers['epoch']}: "
        if self._monitor is not None:
            value = self._monitor.read(logs, self.params)
            before = "None" if self.best is None else f"{self.best:.5f}"
            if value is None:
                return
            if not self._monitor.is_better(value, self.best):
                self._say(f"{said}{self.monitor} did not improve from {before}")
                return
            self.best = value
            said += f"{self.monitor} improved from {before} to {value:.5f}, "
        self._say(f"{said}saving model to {path}")
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)

    def _path(self, numbers: dict[str, int], logs: Logs) -> str:
        known: dict[str, Any] = {**numbers, **logs}
        try:
            return str(self.filepath).format(**known)
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError(
                errors.explain(
                    f"ModelCheckpoint cannot fill in its filepath {self.filepath!r}: {type(error).__name__} {error}.",
                    f"There are: {', '.join(known)}.",
                )
            ) from error

    def _say(self, line: str) -> None:
        if self.verbose:
            printing.say(line)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
