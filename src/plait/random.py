"""Random numbers, under the names that `keras.random` gives them.

Inside a layer's call they are drawn from the key of that call: a function of seed, step and place, another one for each
draw. Outside they are drawn one after the other, from a stream that `plait.utils.set_random_seed` starts anew.
An integer as seed gives the same numbers every time, and the same as genuine Keras on JAX.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import context, errors, policy, seeds
from plait.functional import dropout as dropouts
from plait.graph import operators


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


def normal(
    shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Seed = None
) -> jax.Array:
    """Returns numbers from the normal distribution."""
    return jax.random.normal(_key_for(seed), _sizes(shape), _float(dtype)) * stddev + mean


def truncated_normal(
    shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Seed = None
) -> jax.Array:
    """Returns numbers from the normal distribution, none further than two `stddev` from the mean.

    Args: stddev: of the distribution before it is cut off.
    """
    drawn = jax.random.truncated_normal(_key_for(seed), -2.0, 2.0, _sizes(shape), _float(dtype))
    return drawn * stddev + mean


def uniform(
    shape: Sequence[int], minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Seed = None
) -> jax.Array:
    """Returns numbers from minval to below maxval, all equally likely."""
    return jax.random.uniform(_key_for(seed), _sizes(shape), _float(dtype), minval, maxval)


def randint(shape: Sequence[int], minval: int, maxval: int, dtype: Any = "int32", seed: Seed = None) -> jax.Array:
    """Returns whole numbers from minval to maxval - 1, all equally likely."""
    return jax.random.randint(_key_for(seed), _sizes(shape), minval, maxval, jnp.dtype(dtype))


def _categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Seed = None) -> jax.Array:
    """Returns class numbers, drawn with the probabilities that a softmax makes of the logits.

    Shapes: logits (batch, classes) -> (batch, num_samples)
    """
    logits = jnp.asarray(logits)
    if logits.ndim != 2:
        raise ValueError(
            errors.explain(f"random.categorical needs logits of shape (batch, classes), got shape {logits.shape}.")
        )
    shape = (logits.shape[0], num_samples)
    return jax.random.categorical(_key_for(seed), logits[:, :, None], axis=1, shape=shape).astype(dtype)


def _dropout(inputs: Any, rate: float, noise_shape: Sequence[int | None] | None = None, seed: Seed = None) -> jax.Array:
    """Returns the inputs with a fraction of the elements at zero and the rest divided by `1 - rate`.

    Args: noise_shape: the shape that is drawn: 1 shares a draw along an axis, None is the axis' length.
    """
    return dropouts.dropout(jnp.asarray(inputs), rate, _key_for(seed), noise_shape)


def _shuffle(x: Any, axis: int = 0, seed: Seed = None) -> jax.Array:
    """Returns x in random order along one axis."""
    return jax.random.permutation(_key_for(seed), jnp.asarray(x), axis)


# Those that take a tensor also take a symbolic one: they become a node then, and draw anew at each step.
categorical = operators.lift(_categorical, "random_categorical")
dropout = operators.lift(_dropout, "random_dropout")
shuffle = operators.lift(_shuffle, "random_shuffle")


def _key_for(seed: Seed) -> jax.Array:
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


def _sizes(shape: Any) -> tuple[int, ...]:
    sizes = (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
    if None in sizes:
        raise ValueError(
            errors.explain(
                f"Random numbers need a shape whose sizes are known, got {sizes}.",
                "Draw inside a layer, where the batch is there: "
                "layers.Lambda(lambda t: t + random.normal(ops.shape(t)))(x).",
            )
        )
    return tuple(int(size) for size in sizes)


def _float(dtype: Any) -> Any:
    found = jnp.dtype(dtype or policy.floatx())
    if not jnp.issubdtype(found, jnp.floating):
        raise ValueError(
            errors.explain(
                f"This distribution is one of real numbers and needs a float dtype, got {found.name}.",
                "For whole numbers, use random.randint.",
            )
        )
    return found


__all__ = [
    "SeedGenerator",
    "categorical",
    "dropout",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]
