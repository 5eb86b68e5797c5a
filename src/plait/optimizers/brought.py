"""What an optimizer brings along where it was copied or unpickled: the slots of the weights that it trained last."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp


class Brought:
    """Gives slots, in the place of what finds those of a model."""

    def __init__(self, slots: Any) -> None:
        self.slots = slots

    def __call__(self) -> Any:
        """Returns the slots."""
        return self.slots


def slots_for(optimizer: Any, params: dict[str, Any]) -> Any:
    """Returns slots of one's own like those that an optimizer brings along, if they are for such weights; else None."""
    found = optimizer.slots_in_use
    if not isinstance(found, Brought) or _described(found.slots) != _described(jax.eval_shape(optimizer.init, params)):
        return None
    return jax.tree.map(lambda leaf: jnp.array(leaf, copy=True), found.slots)


def started(optimizer: Any, params: dict[str, Any]) -> Any:
    """Returns the slots to start from: those that it brings along, else those before the first step."""
    found = slots_for(optimizer, params)
    return optimizer.init(params) if found is None else found


def _described(slots: Any) -> Any:
    leaves, structure = jax.tree.flatten(slots)
    return structure, [(leaf.shape, leaf.dtype) for leaf in leaves]
