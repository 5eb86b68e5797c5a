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

from plait.core import errors, keys, policy
from plait.functional import dropout as dropouts
from plait.graph import operators

Seed = keys.Seed
SeedGenerator = keys.SeedGenerator


def normal(
    shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Seed = None
) -> jax.Array:
    """Returns numbers from the normal distribution."""
    return jax.random.normal(keys.for_seed(seed), _sizes(shape), _float(dtype)) * stddev + mean


def truncated_normal(
    shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Seed = None
) -> jax.Array:
    """Returns numbers from the normal distribution, none further than two `stddev` from the mean.

    Args: stddev: of the distribution before it is cut off.
    """
    drawn = jax.random.truncated_normal(keys.for_seed(seed), -2.0, 2.0, _sizes(shape), _float(dtype))
    return drawn * stddev + mean


def uniform(
    shape: Sequence[int], minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Seed = None
) -> jax.Array:
    """Returns numbers from minval to below maxval, all equally likely."""
    return jax.random.uniform(keys.for_seed(seed), _sizes(shape), _float(dtype), minval, maxval)


def randint(shape: Sequence[int], minval: int, maxval: int, dtype: Any = "int32", seed: Seed = None) -> jax.Array:
    """Returns whole numbers from minval to maxval - 1, all equally likely."""
    return jax.random.randint(keys.for_seed(seed), _sizes(shape), minval, maxval, jnp.dtype(dtype))


def beta(shape: Sequence[int], alpha: Any, beta: Any, dtype: Any = None, seed: Seed = None) -> jax.Array:
    """Returns numbers from the beta distribution, between 0 and 1.

    Args: alpha, beta: positive numbers, or arrays that broadcast to the shape; the mean is `alpha / (alpha + beta)`.
    """
    made = _float(dtype)
    alpha, beta = jnp.asarray(alpha, made), jnp.asarray(beta, made)
    return jax.random.beta(keys.for_seed(seed), alpha, beta, _sizes(shape), made)


def binomial(shape: Sequence[int], counts: Any, probabilities: Any, dtype: Any = None, seed: Seed = None) -> jax.Array:
    """Returns how many of so many trials succeed, as floats.

    Args: counts, probabilities: of trials, and of success in each; or arrays that broadcast to the shape.
    """
    made = _float(dtype)
    counts, probabilities = jnp.asarray(counts, made), jnp.asarray(probabilities, made)
    return jax.random.binomial(keys.for_seed(seed), counts, probabilities, _sizes(shape), made)


def gamma(shape: Sequence[int], alpha: Any, dtype: Any = None, seed: Seed = None) -> jax.Array:
    """Returns numbers from the gamma distribution with a scale of 1.

    Args: alpha: positive, which is mean and variance, or an array that broadcasts to the shape.
    """
    made = _float(dtype)
    return jax.random.gamma(keys.for_seed(seed), jnp.asarray(alpha, made), _sizes(shape), made)


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
    return jax.random.categorical(keys.for_seed(seed), logits[:, :, None], axis=1, shape=shape).astype(dtype)


def _dropout(inputs: Any, rate: float, noise_shape: Sequence[int | None] | None = None, seed: Seed = None) -> jax.Array:
    """Returns the inputs with a fraction of the elements at zero and the rest divided by `1 - rate`.

    Args: noise_shape: the shape that is drawn: 1 shares a draw along an axis, None is the axis' length.
    """
    return dropouts.dropout(jnp.asarray(inputs), rate, keys.for_seed(seed), noise_shape)


def _shuffle(x: Any, axis: int = 0, seed: Seed = None) -> jax.Array:
    """Returns x in random order along one axis."""
    return jax.random.permutation(keys.for_seed(seed), jnp.asarray(x), axis)


# Those that take a tensor also take a symbolic one: they become a node then, and draw anew at each step.
categorical = operators.lift(_categorical, "random_categorical")
dropout = operators.lift(_dropout, "random_dropout")
shuffle = operators.lift(_shuffle, "random_shuffle")


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
    "beta",
    "binomial",
    "categorical",
    "dropout",
    "gamma",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]
