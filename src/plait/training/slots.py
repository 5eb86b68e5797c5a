"""The slots of an optimizer for the weights of one model."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import memory, unnamed
from plait.core.weight import Weight


class KeptSlots:
    """Keeps the slots of one model from dispatch to dispatch; an optimizer may train several models."""

    def __init__(self, optimizer: Any) -> None:
        self.optimizer = optimizer
        self._slots: Any = None
        self._trained: Mapping[str, Weight] = {}
        reference = weakref.ref(self)
        # For the optimizer to be asked how far it is, without keeping the arrays of a model that was dropped.
        self._in_use = lambda: kept._slots if (kept := reference()) else None

    def of(self, trained: Mapping[str, Weight]) -> Any:
        """Returns the slots for these handles by path, made now if those kept are for others."""
        if self._slots is None or self._trained != trained:
            self._trained = dict(trained)
            self._slots = _fresh(self.optimizer, {path: weight.peek() for path, weight in trained.items()})
            # First values are drawn on the host, and then there twice.
            memory.settle()
        self.optimizer.serves(trained, self._in_use)
        return self._slots

    def start_from(self, slots: Any, trained: Mapping[str, Weight]) -> None:
        """Takes slots for these handles by path, as they were when training ended elsewhere."""
        self._slots, self._trained = jax.device_put(slots), dict(trained)
        self.optimizer.serves(trained, self._in_use)

    def put(self, slots: Any) -> None:
        """Takes the slots a program made."""
        self._slots = slots


def _fresh(optimizer: Any, params: dict[str, Any]) -> Any:
    def init(params: dict[str, Any]) -> Any:
        # An optax transformation may give one array twice, or a weight's own; each can be donated but once.
        return jax.tree.map(lambda leaf: jnp.array(leaf, copy=True), optimizer.init(params))

    # As one program: outside of one, each operation on each shape would be compiled by itself.
    return jax.jit(unnamed.giving(init))(params).structure
