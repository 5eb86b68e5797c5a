"""The slots of an optimizer for the weights of one model."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import memory
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
        self.optimizer.slots_in_use = self._in_use
        return self._slots

    def put(self, slots: Any) -> None:
        """Takes the slots a program made."""
        self._slots = slots


def _fresh(optimizer: Any, params: dict[str, Any]) -> Any:
    leaves, structure = jax.tree.flatten(optimizer.init(params))
    # An optax transformation may give one array twice, or a weight's own; each can be donated but once.
    taken = {place for array in params.values() for place in _places(array)}
    for position, leaf in enumerate(leaves):
        if not isinstance(leaf, jax.Array) or not taken.isdisjoint(_places(leaf)):
            leaves[position] = jnp.array(leaf, copy=True)
        taken |= _places(leaves[position])
    return jax.tree.unflatten(structure, leaves)


def _places(array: jax.Array) -> set[int]:
    """Returns where in memory an array is: one address per device."""
    return {shard.data.unsafe_buffer_pointer() for shard in array.addressable_shards}
