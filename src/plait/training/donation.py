"""Whether a dispatch may use the memory of what it starts from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax

from plait.core import jaxprs, unnamed

# What leaves the device for code on the host, which may raise an exception in the middle of a dispatch.
_HOST_CALLS = frozenset({"pure_callback", "io_callback", "debug_callback"})


class Donating:
    """A compiled function that uses up the arrays it is given, so that they are gone however it ends.

    Unless it calls code on the host: that may fail, and then what it started from is still there. So it returns when
    all is computed.

    Args: donate_argnums, options: as for `jax.jit`.
    """

    def __init__(self, function: Callable[..., Any], donate_argnums: tuple[int, ...], **options: Any) -> None:
        self._donating = unnamed.Jitted(function, donate_argnums, **options)
        self._keeping = unnamed.Jitted(function, **options)
        self._calls_host: bool | None = None

    def __call__(self, *args: Any, **static: Any) -> Any:
        """Returns what the function does."""
        if self._calls_host is None:
            # Traced here and not again: JAX remembers it for the call.
            self._calls_host = calls_host(self.trace(*args, **static).jaxpr)
        if self._calls_host:
            return jax.block_until_ready(self._keeping(*args, **static))
        return self._donating(*args, **static)

    def trace(self, *args: Any, **static: Any) -> Any:
        """Returns the function that donates, as `jax.jit` traces it."""
        return self._donating.trace(*args, **static)


def calls_host(program: Any) -> bool:
    """Whether a program of JAX calls code on the host, in one of its loops and branches too."""
    return any(
        operation.primitive.name in _HOST_CALLS or any(map(calls_host, jaxprs.inside(operation)))
        for operation in program.eqns
    )
