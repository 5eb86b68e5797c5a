"""Ctrl-C while a model trains."""

from __future__ import annotations

import signal
import threading
from typing import Any


class Interrupts:
    """Lets Ctrl-C wait for the dispatch under way, so that every weight is in place; a second one does not wait."""

    def __init__(self) -> None:
        self.is_pending = False
        self.previous: Any = None

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            self.previous = signal.getsignal(signal.SIGINT)
            if callable(self.previous):
                signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, number: int, frame: Any) -> None:
        if self.is_pending:
            self.previous(number, frame)
        self.is_pending = True

    def check(self) -> None:
        """Raises KeyboardInterrupt if one is due."""
        if self.is_pending:
            raise KeyboardInterrupt

    def __exit__(self, *_: Any) -> None:
        if callable(self.previous):
            signal.signal(signal.SIGINT, self.previous)
