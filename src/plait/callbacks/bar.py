"""How far an epoch, an evaluation or a prediction is, how fast it goes, and when that is shown."""

from __future__ import annotations

import time
from collections.abc import Callable

from plait.callbacks import lines, printing
from plait.callbacks.callback import Logs, ReadLogs

# Seconds from one picture to the next. What is over sooner was quick.
INTERVAL = 0.1
# Compilations that take so many seconds are named when all is over.
_LONG_COMPILATION = 1.0


class Bar:
    """Counts steps, samples and seconds, and shows them on a line.

    Args: title: what they are of, e.g. "Epoch 1/5"; "" for nothing.
          verbose: 1 for the whole line, 2 for a short one without picture and samples.
          unit: what a step is called.
          interval: seconds from one picture to the next; a tenth if not given.
    """

    def __init__(
        self, line: lines.Line, title: str, verbose: int, unit: str = "step", interval: float | None = None
    ) -> None:
        self.line = line
        self.verbose = verbose
        self.unit = unit
        self.interval = INTERVAL if interval is None else interval
        self.done = self.samples = 0
        self.total: int | None = None
        self.start = time.perf_counter()
        self.shown: float | None = None
        self.compiled = 0.0
        self.says_compiling = False
        # Steps, samples, and a moment, which compilations do not move: at the start, after the first dispatch, now.
        self.begun = self.first = self.last = (0, 0, self.start)
        # Gives the logs to show next, once they are there.
        self.coming: Callable[[], Logs | None] | None = None
        line.begin(title)

    @property
    def is_long(self) -> bool:
        """Whether it was seen, or has taken long enough to be."""
        return self.shown is not None or time.perf_counter() - self.start >= self.interval

    def advance(self, done: int, total: int | None, samples: int, read_logs: ReadLogs) -> None:
        """Notes that so many steps are done, and shows it unless the line was shown a moment ago."""
        self.done, self.total = done, total
        self.samples += samples
        self.last = (done, self.samples, time.perf_counter() - self.compiled)
        if self.first is self.begun:
            self.first = self.last
        if self.coming is None and self._is_due():
            self.coming = read_logs.later()
        logs = self.coming() if self.coming else None
        if logs is not None:
            self.coming = None
            self._show(self._facts(self._clock(), logs))

    def wait_for_compilation(self) -> None:
        """Says that a program is being compiled."""
        if self._is_due() or (self.line.moves and self.shown is None):
            self._show("compiling …" if printing.can_show("…") else "compiling")
            self.says_compiling = True

    def go_on(self, seconds: float) -> None:
        """Notes how long that took, and says it no longer."""
        self.compiled += seconds
        if self.says_compiling and self._is_due():
            self._show("")

    def finish(self, logs: Logs) -> None:
        """Shows the line for the last time, and leaves it."""
        self.total = self.total or self.done
        clock = _elapsed(time.perf_counter() - self.start)
        if self.compiled >= _LONG_COMPILATION:
            clock = f"{clock} ({_elapsed(self.compiled)} of it compiling)"
        if self.verbose == 2:
            self.line.end(" - ".join([self._count(), clock, self._pace(), *_numbers(logs)]), None, "")
        else:
            self.line.end(self._count(), self._fraction(), self._facts(clock, logs))

    def _is_due(self) -> bool:
        before = self.start if self.shown is None else self.shown
        return self.line.moves and time.perf_counter() - before >= self.interval

    def _show(self, facts: str) -> None:
        self.shown, self.says_compiling = time.perf_counter(), False
        self.line.show(self._count() if self.done else "", self._fraction(), facts)

    def _count(self) -> str:
        done, total = self.done, self.total
        return f"{done:7d}/Unknown" if total is None else f"{done:{len(str(total))}d}/{total}"

    def _fraction(self) -> float | None:
        return self.done / self.total if self.total else None

    def _clock(self) -> str:
        """Returns the time that is left, or where nobody knows that, the time that has passed."""
        if self.total is None:
            return _elapsed(time.perf_counter() - self.start)
        return _remaining((self.total - self.done) * self._speed()[0])

    def _facts(self, clock: str, logs: Logs) -> str:
        """Returns `3s 2ms/step - loss: 0.6931 - accuracy: 0.5000 - 16,000 samples/s`."""
        speed = [f"{_rounded(self._speed()[1])} samples/s"] if self.samples else []
        return " - ".join([f"{clock} {self._pace()}", *_numbers(logs), *speed])

    def _pace(self) -> str:
        return f"{_duration(self._speed()[0])}/{self.unit}"

    def _speed(self) -> tuple[float, float]:
        """Returns seconds per step and samples per second, without the first dispatch where there are others."""
        before = self.first if self.last[0] > self.first[0] else self.begun
        steps, samples, seconds = (now - then for then, now in zip(before, self.last, strict=True))
        return seconds / max(1, steps), samples / seconds if seconds > 0 else 0.0


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


def _rounded(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"


def _numbers(logs: Logs) -> list[str]:
    return [f"{name}: {value:.4f}" if abs(value) > 1e-3 else f"{name}: {value:.4e}" for name, value in logs.items()]
