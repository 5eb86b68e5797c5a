"""Looking at what goes through each layer while a graph runs: for a search after the fact, one operation at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, Protocol


class Watcher(Protocol):
    """Gets what each call of a layer takes and gives, and hands it on."""

    def taken(self, layer: Any, inputs: Any) -> Any:
        """Returns the inputs that the layer is to take."""

    def given(self, layer: Any, outputs: Any) -> Any:
        """Returns the outputs that go on from the layer."""


_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


@contextlib.contextmanager
def by(watcher: Watcher) -> Iterator[None]:
    """Lets a watcher see all that layers compute in the block."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


def current() -> Watcher | None:
    """Returns who is watching, mostly nobody."""
    return _watcher.get()
