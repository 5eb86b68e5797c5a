"""Noise for training: added, multiplied, or in place of elements so that mean and variance stay."""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp

from plait.functional.dropout import drawn_shape

# What selu tends to for inputs that go to minus infinity: -alpha * scale.
_SELU_FLOOR = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946


def gaussian_noise(inputs: jax.Array, stddev: float, key: jax.Array) -> jax.Array:
    """Returns the inputs plus normal noise of mean 0.

    Shapes: any -> the same
    Args:   stddev: of the noise, in the unit of the inputs; 0 or more.
    """
    inputs = _floating(inputs)
    return inputs + stddev * jax.random.normal(key, inputs.shape, inputs.dtype)


def gaussian_dropout(inputs: jax.Array, rate: float, key: jax.Array) -> jax.Array:
    """Returns the inputs times normal noise of mean 1 and of the variance that dropout has.

    Shapes: any -> the same
    Args:   rate: as of dropout, from 0 to below 1; the variance is `rate / (1 - rate)`.
    Errors: ValueError for another rate.
    Source: N. Srivastava et al., Dropout, 2014, section 10.
    """
    _check(rate)
    inputs = _floating(inputs)
    stddev = math.sqrt(rate / (1 - rate))
    return inputs * (1 + stddev * jax.random.normal(key, inputs.shape, inputs.dtype))


def alpha_dropout(
    inputs: jax.Array, rate: float, key: jax.Array, noise_shape: Sequence[int | None] | None = None
) -> jax.Array:
    """Returns the inputs with a fraction at selu's lowest value, scaled back to mean 0 and variance 1.

    Shapes: any -> the same
    Args:   rate: the probability of the lowest value, from 0 to below 1.
            noise_shape: the shape that is drawn: 1 shares a draw along an axis, None is the axis' length.
    Errors: ValueError for another rate, or a noise_shape that does not fit.
    Source: G. Klambauer et al., Self-Normalizing Neural Networks, 2017, "New Dropout Technique".
    """
    _check(rate)
    inputs = _floating(inputs)
    drawn = jax.random.uniform(key, drawn_shape(inputs.shape, noise_shape))
    is_kept = jnp.broadcast_to(drawn >= rate, inputs.shape)
    a = ((1 - rate) * (1 + rate * _SELU_FLOOR**2)) ** -0.5
    b = -a * _SELU_FLOOR * rate
    return a * jnp.where(is_kept, inputs, _SELU_FLOOR) + b


def _check(rate: float) -> None:
    if not 0 <= rate < 1:
        raise ValueError(f"The rate of noise needs to be from 0 to below 1, got {rate}.")


def _floating(inputs: jax.Array) -> jax.Array:
    return inputs if jnp.issubdtype(inputs.dtype, jnp.floating) else inputs.astype("float32")
