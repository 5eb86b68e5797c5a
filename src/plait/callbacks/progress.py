"""The progress bar."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from typing import Any

from plait.callbacks import printing
from plait.callbacks.callback import Callback, Logs

_CELLS = 20
# Seconds between two pictures of the bar: for each one the logs are read, which waits for the device.
_INTERVAL = 0.1


class ProgbarLogger(Callback):
    """Shows on standard output how far training, evaluation or prediction is, and the logs.

    In a terminal or a notebook one line is rewritten a few times a second; a file gets its last state only.
    Validation within fit shows as the "val_" numbers of its epoch. With verbose=2 each epoch gets a short line.
    """

    _in_fit = False

    def set_params(self, params: dict[str, Any]) -> None:
        """Takes how much to show; a run is about to begin."""
        super().set_params(params)
        self._verbose = params["verbose"]
        self._epochs = params.get("epochs", 1)
        self._in_fit = False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Notes that tests belong to epochs now."""
        self._in_fit = True

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Says which epoch it is, if there are several."""
        if self._verbose and self._epochs > 1:
            printing.write(f"Epoch {epoch + 1}/{self._epochs}\n")
        self._bar = _Bar(self._verbose)

    def on_progress(self, done: int, total: int | None, read_logs: Callable[[], Logs]) -> None:
        """Moves the bar."""
        self._bar.advance(done, total, read_logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Shows exactly the logs of the epoch."""
        self._bar.finish(logs or {})

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Starts a bar for evaluate."""
        if not self._in_fit:
            self._bar = _Bar(self._verbose)

    def on_test_progress(self, done: int, total: int | None, read_logs: Callable[[], Logs]) -> None:
        """Moves the bar of evaluate."""
        if not self._in_fit:
            self._bar.advance(done, total, read_logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Shows exactly what evaluate returns."""
        if not self._in_fit:
            self._bar.finish(logs or {})

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Starts a bar for predict."""
        self._bar = _Bar(self._verbose)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Shows how long predict took."""
        self._bar.finish({})


class _Bar:
    """One line of output, and the times it tells of."""

    def __init__(self, verbose: int) -> None:
        self.verbose = verbose
        self.rewrites = verbose == 1 and printing.can_rewrite()
        self.done = 0
        self.total: int | None = None
        self.start = self.moved = self.shown = time.perf_counter()
        self.first: tuple[int, float] | None = None
        self.columns = 0

    def advance(self, done: int, total: int | None, read_logs: Callable[[], Logs]) -> None:
        """Notes that so many steps are done, and shows it unless the line was shown a moment ago."""
        self.done, self.total, self.moved = done, total, time.perf_counter()
        self.first = self.first or (done, self.moved)
        if self.rewrites and self.moved - self.shown >= _INTERVAL:
            self.shown = self.moved
            if total is None:
                clock = _elapsed(self.moved - self.start)
            else:
                clock = _remaining((total - done) * self._seconds_per_step())
            self._show(clock, read_logs())

    def finish(self, logs: Logs) -> None:
        """Shows the line for the last time, and leaves it."""
        self.total = self.total or self.done
        clock = _elapsed(time.perf_counter() - self.start)
        if self.verbose == 1:
            self._show(clock, logs, end="\n")
        elif self.verbose == 2:
            printing.write(f"{_count(self.done, self.total)} - {clock} - {self._facts(logs)}\n")

    def _show(self, clock: str, logs: Logs, end: str = "") -> None:
        count = _count(self.done, self.total)
        tail = f" {clock} {self._facts(logs)}"
        columns = len(count) + (1 + _CELLS if self.total else 0)
        if not end:
            # A line that wraps could not be rewritten.
            tail = tail[: max(0, shutil.get_terminal_size().columns - 1 - columns)]
        columns += len(tail)
        cells = " " + _cells(self.done / self.total, self.rewrites) if self.total else ""
        start = "\r" if self.rewrites else ""
        leftover = " " * (self.columns - columns)
        printing.write(f"{start}{count}{cells}{tail}{leftover}{end}")
        self.columns = columns

    def _facts(self, logs: Logs) -> str:
        """Returns `2ms/step - loss: 0.6931 - accuracy: 0.5000`."""
        return " - ".join([f"{_duration(self._seconds_per_step())}/step", *map(_number, logs, logs.values())])

    def _seconds_per_step(self) -> float:
        """Returns the mean over all steps but those of the first dispatch, which may have compiled."""
        done, moment = self.first or (0, self.start)
        if self.done > done:
            return (self.moved - moment) / (self.done - done)
        return (self.moved - self.start) / max(1, self.done)


def _count(done: int, total: int | None) -> str:
    return f"{done:7d}/Unknown" if total is None else f"{done:{len(str(total))}d}/{total}"


def _cells(fraction: float, is_coloured: bool) -> str:
    full = int(_CELLS * fraction)
    rest = _CELLS - full
    if not printing.can_show("━─"):
        return "=" * full + "." * rest
    if not is_coloured or "NO_COLOR" in os.environ:
        return "━" * full + "─" * rest
    green, grey, normal = "\x1b[32m", "\x1b[90m", "\x1b[0m"
    return f"{green}{'━' * full}{grey}{'━' * rest}{normal}"


def _elapsed(seconds: float) -> str:
    return f"{seconds:.0f}s"


def _remaining(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{seconds:02d}"
    return f"{minutes}:{seconds:02d}" if minutes else f"{seconds}s"


def _duration(seconds: float) -> str:
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s"
    return f"{seconds * 1e3:.0f}ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us"


def _number(name: str, value: float) -> str:
    return f"{name}: {value:.4f}" if abs(value) > 1e-3 else f"{name}: {value:.4e}"
