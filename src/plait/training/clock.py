"""How long steps take, which decides how many of them one dispatch has."""

from __future__ import annotations

import time
from typing import Any

from plait.core import memory
from plait.training import compiling

# A dispatch shorter than this does not use so much memory that it matters.
_LONG_SECONDS = 0.03


class Clock:
    """Notes how long steps take: `with clock.timed(steps)`.

    Args: overlaps: whether a dispatch is still under way when the time of one is taken, which is then the time of the
                    one before.
    """

    def __init__(self, overlaps: bool = False) -> None:
        self._overlaps = overlaps
        self.seconds_per_step: float | None = None
        self._has_compiled = False
        self._steps, self._start = 1, 0.0
        self._listener: compiling.Listener | None = None

    def timed(self, steps: int, listener: compiling.Listener | None = None) -> Clock:
        """Times a dispatch of so many steps; the first one compiles, and says nothing.

        Args: listener: is told of what is compiled meanwhile.
        """
        self._steps, self._listener = steps, listener
        return self

    def __enter__(self) -> None:
        compiling.tell(self._listener)
        self._start = time.perf_counter()

    def __exit__(self, *_: Any) -> None:
        seconds = time.perf_counter() - self._start
        compiling.tell(None)
        if self._has_compiled:
            self.seconds_per_step = seconds / self._steps
        self._has_compiled = True
        if seconds > _LONG_SECONDS:
            memory.settle(is_idle=not self._overlaps)
