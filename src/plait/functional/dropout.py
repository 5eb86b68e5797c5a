"""Dropout: some elements become zero, the others grow, so that sums stay the same on average."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp


def dropout(
    inputs: jax.Array, rate: float, key: jax.Array, noise_shape: Sequence[int | None] | None = None
) -> jax.Array:
    """Returns the inputs with a fraction of the elements at zero and the rest divided by `1 - rate`.

    Shapes: any -> the same
    Args:   rate: the probability of zero, from 0 to 1.
            noise_shape: the shape that is drawn: 1 shares a draw along an axis, None is the axis' length.
    Errors: ValueError if the rate is outside 0 to 1, or noise_shape does not broadcast to the inputs.
    Source: N. Srivastava et al., Dropout, 2014, section 10: scaled in training, not in prediction.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"The rate of dropout needs to be from 0 to 1, got {rate}.")
    shape = drawn_shape(inputs.shape, noise_shape)
    if rate == 0:
        return inputs
    if rate == 1:
        return jnp.zeros_like(inputs)
    is_kept = jnp.broadcast_to(jax.random.bernoulli(key, 1.0 - rate, shape), inputs.shape)
    return jnp.where(is_kept, inputs / (1.0 - rate), jnp.zeros_like(inputs))


def drawn_shape(shape: Sequence[int], noise_shape: Sequence[int | None] | None) -> tuple[int, ...]:
    """Returns the shape to draw noise in, for inputs of this shape.

    Errors: ValueError if noise_shape has another rank, or an entry other than None, 1 or the axis' length.
    """
    if noise_shape is None:
        return tuple(shape)
    if len(noise_shape) != len(shape) or any(
        noise not in (None, 1, length) for noise, length in zip(noise_shape, shape, strict=True)
    ):
        raise ValueError(
            f"noise_shape needs one entry per axis of inputs of shape {tuple(shape)}, each None, 1 or "
            f"the length of the axis, got {tuple(noise_shape)}."
        )
    return tuple(length if noise is None else noise for noise, length in zip(noise_shape, shape, strict=True))
