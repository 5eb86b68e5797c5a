"""Keys to draw with, for functions that are told a seed: an integer, a generator, or none.

Inside a layer's call they come from the key of that call, another one for each draw. Outside they come one after the
other from a stream that `seeds.set_random_seed` starts anew. An integer stands for the same key every time.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import context, seeds


class SeedGenerator:
    """Gives another key for each draw, from one seed.

    Args:   seed: an integer from 0 to 2**32 - 1; drawn at random if not given.
    Errors: ValueError or TypeError if it is not such an integer.
    """

    def __init__(self, seed: int | None = None, name: str | None = None) -> None:
        self.seed = seeds.fresh() if seed is None else _checked(seed)
        self.name = name or "seed_generator"
        self._draws = 0

    def key(self) -> jax.Array:
        """Returns the next key; inside a layer's call, the next one of that call for this seed."""
        of_call = context.drawn_key()
        if of_call is not None:
            return jax.random.fold_in(of_call, self.seed)
        self._draws += 1
        return _key(self.seed, self._draws - 1)

    def get_config(self) -> dict[str, Any]:
        """Returns the seed and the name."""
        return {"seed": self.seed, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SeedGenerator:
        """Returns a generator with these arguments."""
        return cls(**config)


Seed = int | SeedGenerator | None


def for_seed(seed: Seed) -> jax.Array:
    """Returns the key that a draw with this seed takes.

    Errors: ValueError or TypeError for what is no seed.
    """
    if isinstance(seed, SeedGenerator):
        return seed.key()
    if seed is not None:
        return _key(_checked(seed), 0)
    of_call = context.drawn_key()
    return jax.random.key(seeds.fresh()) if of_call is None else of_call


def _key(seed: int, draw: int) -> jax.Array:
    # The two words that Keras's own generators hold, in its order.
    return jax.random.wrap_key_data(jnp.array([seed, draw], jnp.uint32))


def _checked(seed: Any) -> int:
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool):
        raise TypeError(f"A seed is an integer, a SeedGenerator or None, got {seed!r}.")
    if not 0 <= seed < 2**32:
        raise ValueError(f"A seed is an integer from 0 to 2**32 - 1, got {seed}.")
    return int(seed)
