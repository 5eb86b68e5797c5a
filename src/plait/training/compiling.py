"""Who is told when JAX compiles. JAX says that it has begun to, and how long it took, in the thread that waits."""

from __future__ import annotations

import threading
from typing import Any, Protocol

import jax.monitoring

# What JAX calls the two moments: a program is written, and XLA begins with it; it is compiled, or read from the cache.
_WRITTEN = "/jax/core/compile/jaxpr_to_mlir_module_duration"
_COMPILED = "/jax/core/compile/backend_compile_duration"


class Listener(Protocol):
    """What is told, as callbacks are."""

    def on_compile_begin(self) -> None:
        """A program is being compiled."""

    def on_compile_end(self, seconds: float) -> None:
        """It is compiled, which took so long."""


class _Told(threading.local):
    listener: Listener | None = None


_told = _Told()


def tell(listener: Listener | None) -> None:
    """Has this listener, and no other, told of what is compiled in this thread; None for nobody."""
    _told.listener = listener


def _pass_on(event: str, duration_secs: float, **_: Any) -> None:
    listener = _told.listener
    if listener is None:
        return
    if event == _WRITTEN:
        listener.on_compile_begin()
    elif event == _COMPILED:
        listener.on_compile_end(duration_secs)


jax.monitoring.register_event_duration_secs_listener(_pass_on)
