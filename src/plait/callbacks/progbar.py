"""The line of `fit` for a loop of one's own, under the name that `keras.utils` gives it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from plait.callbacks import lines
from plait.callbacks.bar import INTERVAL, Bar
from plait.callbacks.callback import Logs
from plait.core import errors


class Progbar:
    """Shows on standard output how far something is, how fast it goes, and numbers: as fit does.

    Args:   target: how many units there are; None where nobody knows.
            width: of the picture, in characters.
            verbose: 0 for nothing, 1 for the line, 2 for a short one at the end.
            interval: seconds from one picture to the next.
            stateful_metrics: names of numbers that are shown as they come; all others are averaged over the units.
            stateless_metrics: or instead the names of those that are averaged.
            unit_name: what a unit is called.
    Errors: ValueError if both are given.
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = INTERVAL,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError(
                errors.explain(
                    "Progbar takes stateful_metrics or stateless_metrics, got both.",
                    "Name either the numbers that are shown as they come, or those that are averaged.",
                )
            )
        self.target = target
        self._as_they_come = set(stateful_metrics or ())
        self._averaged = None if stateless_metrics is None else set(stateless_metrics)
        # Of each number the sum, and over how many units.
        self._sums: dict[str, tuple[float, int]] = {}
        self._line = lines.of(verbose, width)
        self._bar = Bar(self._line, "", verbose, unit_name, interval)

    def update(
        self, current: int, values: Sequence[tuple[str, Any]] | None = None, finalize: bool | None = None
    ) -> None:
        """Moves the line.

        Args: current: how many units are done.
              values: pairs of a name and its number, in the units since the last update.
              finalize: whether this is the end, which shows the numbers as they are now; by default when `current`
                  has come to the target.
        """
        is_end = (self.target is not None and current >= self.target) if finalize is None else finalize
        units = max(current - self._bar.done, 1)
        for name, value in values or ():
            self._note(name, float(np.mean(value)), units, is_end)
        logs = {name: total / count for name, (total, count) in self._sums.items()}
        self._bar.advance(current, self.target, 0, _Known(logs))
        if is_end:
            self._bar.finish(logs)
            self._line.close()

    def add(self, n: int, values: Sequence[tuple[str, Any]] | None = None) -> None:
        """Moves the line by n units; see `update`."""
        self.update(self._bar.done + n, values)

    def _note(self, name: str, value: float, units: int, is_end: bool) -> None:
        is_averaged = name not in self._as_they_come if self._averaged is None else name in self._averaged
        if is_end or not is_averaged:
            self._sums[name] = (value, 1)
        else:
            total, count = self._sums.get(name, (0.0, 0))
            self._sums[name] = (total + value * units, count + units)


class _Known:
    """Stands where logs are read that may not be there yet."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs

    def __call__(self) -> Logs:
        return self._logs

    def later(self) -> _Known:
        return self
