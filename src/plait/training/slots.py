"""The slots of an optimizer for the weights of one model."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import memory, unnamed
from plait.core.weight import Weight
from plait.optimizers import brought


class KeptSlots:
    """Keeps the slots of one model from dispatch to dispatch; an optimizer may train several models."""

    def __init__(self, optimizer: Any) -> None:
        self.optimizer = optimizer
        self._slots: Any = None
        self._trained: Mapping[str, Weight] = {}
        self._in_use = _finder(self)

    def __getstate__(self) -> dict[str, Any]:
        """Returns the optimizer, the slots, and the weights that they are for."""
        return {name: value for name, value in vars(self).items() if name != "_in_use"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _in_use=_finder(self))
        if self._slots is not None:
            self.optimizer.serves(self._trained, self._in_use)

    def of(self, trained: Mapping[str, Weight]) -> Any:
        """Returns the slots for these handles by path, made now if those kept are for others."""
        if self._slots is None or self._trained != trained:
            self._trained = dict(trained)
            params = {path: weight.peek() for path, weight in trained.items()}
            found = brought.slots_for(self.optimizer, params)
            self._slots = _fresh(self.optimizer, params) if found is None else found
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


def _finder(kept: KeptSlots) -> Callable[[], Any]:
    """Returns what an optimizer asks how far it is, without keeping the arrays of a model that was dropped."""
    reference = weakref.ref(kept)
    return lambda: found._slots if (found := reference()) else None


def _fresh(optimizer: Any, params: dict[str, Any]) -> Any:
    def init(params: dict[str, Any]) -> Any:
        # An optax transformation may give one array twice, or a weight's own; each can be donated but once.
        return jax.tree.map(lambda leaf: jnp.array(leaf, copy=True), optimizer.init(params))

    # As one program: outside of one, each operation on each shape would be compiled by itself.
    return unnamed.Jitted(init)(params)
