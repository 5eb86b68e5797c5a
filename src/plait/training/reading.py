"""The numbers that a dispatch has logged, fetched from the device by those who want them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax


class Reading:
    """Fetches the logs as they are after a dispatch. It is asked before the next one, which takes their arrays over.

    Args: program: that made the dispatch.
          logs: what it gave back, on the device.
          ticket: is ready when the dispatch is done.
    """

    def __init__(self, program: Any, logs: Any, ticket: Any) -> None:
        self.program = program
        self.logs = logs
        self.ticket = ticket

    def __call__(self) -> dict[str, float]:
        """Returns the numbers; waits for the dispatch."""
        return self.program.results(self.logs)

    def later(self) -> Callable[[], dict[str, float] | None]:
        """Has the numbers computed behind the dispatch; returns what gives them, or None as long as it is under way."""
        measured = self.program.measured(self.logs)
        is_done = _is_there(self.ticket)
        return lambda: self.program.numbers(measured) if is_done or _is_there(measured) else None


class Nothing:
    """Stands where a Reading would, if nothing is logged."""

    def __call__(self) -> dict[str, float]:
        """Returns no numbers."""
        return {}

    def later(self) -> Callable[[], dict[str, float]]:
        """Returns what gives no numbers."""
        return dict


def _is_there(arrays: Any) -> bool:
    return all(array.is_ready() for array in jax.tree.leaves(arrays))
