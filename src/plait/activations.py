"""Activations: pure functions of one array.

The names, arguments and values are those of Keras 3; `hard_sigmoid` is the one of Keras 3, not of Keras 2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp

from plait.core import registry

Like: TypeAlias = str | Callable[..., Any] | None


def linear(x: Any) -> Any:
    """Returns `x`."""
    return x


def relu(x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> jax.Array:
    """Returns `x` above the threshold, at most `max_value`, and `negative_slope * (x - threshold)` below."""
    above = jax.nn.relu(x) if threshold == 0 else jnp.where(x > threshold, x, 0)
    if max_value is not None:
        above = jnp.clip(above, 0, max_value)
    if negative_slope == 0:
        return above
    return above - negative_slope * jax.nn.relu(threshold - x)


def leaky_relu(x: Any, negative_slope: float = 0.2) -> jax.Array:
    """Returns `x` where positive, `negative_slope * x` elsewhere."""
    return jax.nn.leaky_relu(x, negative_slope)


def relu6(x: Any) -> jax.Array:
    """Returns `min(max(x, 0), 6)`."""
    return jax.nn.relu6(x)


def elu(x: Any, alpha: float = 1.0) -> jax.Array:
    """Returns `x` where positive, `alpha * (exp(x) - 1)` elsewhere.

    Source: D.-A. Clevert et al., Fast and Accurate Deep Network Learning by ELUs, 2015.
    """
    return jax.nn.elu(x, alpha)


def selu(x: Any) -> jax.Array:
    """Returns the scaled elu whose fixed point is mean 0 and variance 1.

    Source: G. Klambauer et al., Self-Normalizing Neural Networks, 2017.
    """
    return jax.nn.selu(x)


def celu(x: Any, alpha: float = 1.0) -> jax.Array:
    """Returns `max(x, 0) + min(0, alpha * (exp(x / alpha) - 1))`."""
    return jax.nn.celu(x, alpha)


def gelu(x: Any, approximate: bool = False) -> jax.Array:
    """Returns `x` times the normal distribution function of `x`, or its approximation by tanh.

    Source: D. Hendrycks and K. Gimpel, Gaussian Error Linear Units, 2016.
    """
    return jax.nn.gelu(x, approximate)


def silu(x: Any) -> jax.Array:
    """Returns `x * sigmoid(x)`, also called swish."""
    return jax.nn.silu(x)


def mish(x: Any) -> jax.Array:
    """Returns `x * tanh(softplus(x))`."""
    return jax.nn.mish(x)


def glu(x: Any, axis: int = -1) -> jax.Array:
    """Returns the first half of `x` along the axis, gated by the sigmoid of the second half."""
    return jax.nn.glu(x, axis)


def sigmoid(x: Any) -> jax.Array:
    """Returns `1 / (1 + exp(-x))`."""
    return jax.nn.sigmoid(x)


def log_sigmoid(x: Any) -> jax.Array:
    """Returns the logarithm of the sigmoid, without overflow."""
    return jax.nn.log_sigmoid(x)


def hard_sigmoid(x: Any) -> jax.Array:
    """Returns `relu6(x + 3) / 6`. (Keras 2 had `clip(0.2 * x + 0.5, 0, 1)` under this name.)"""
    return jax.nn.hard_sigmoid(x)


def hard_sigmoid_of_keras_2(x: Any) -> jax.Array:
    """Returns `clip(0.2 * x + 0.5, 0, 1)`; what `hard_sigmoid` stands for in files of Keras 2."""
    return jnp.clip(0.2 * x + 0.5, 0, 1)


def sparse_sigmoid(x: Any) -> jax.Array:
    """Returns `clip((x + 1) / 2, 0, 1)`."""
    return jax.nn.sparse_sigmoid(x)


def hard_silu(x: Any) -> jax.Array:
    """Returns `x * hard_sigmoid(x)`, also called hard swish."""
    return jax.nn.hard_silu(x)


def tanh(x: Any) -> jax.Array:
    """Returns the hyperbolic tangent."""
    return jnp.tanh(x)


def hard_tanh(x: Any) -> jax.Array:
    """Returns `clip(x, -1, 1)`."""
    return jax.nn.hard_tanh(x)


def tanh_shrink(x: Any) -> jax.Array:
    """Returns `x - tanh(x)`."""
    return x - jnp.tanh(x)


def hard_shrink(x: Any, threshold: float = 0.5) -> jax.Array:
    """Returns `x` where `|x| > threshold`, 0 elsewhere."""
    return jnp.where(jnp.abs(x) > threshold, x, 0)


def soft_shrink(x: Any, threshold: float = 0.5) -> jax.Array:
    """Returns `x` moved towards 0 by the threshold, and 0 where it would cross."""
    return jnp.where(x > threshold, x - threshold, jnp.where(x < -threshold, x + threshold, 0))


def threshold(x: Any, threshold: float, default_value: float) -> jax.Array:
    """Returns `x` where it is above the threshold, `default_value` elsewhere."""
    return jnp.where(x > threshold, x, default_value)


def exponential(x: Any) -> jax.Array:
    """Returns `exp(x)`."""
    return jnp.exp(x)


def softplus(x: Any) -> jax.Array:
    """Returns `log(1 + exp(x))`, without overflow."""
    return jax.nn.softplus(x)


def squareplus(x: Any, b: float = 4) -> jax.Array:
    """Returns `(x + sqrt(x**2 + b)) / 2`."""
    return jax.nn.squareplus(x, b)


def sparse_plus(x: Any) -> jax.Array:
    """Returns 0 up to -1, `x` from 1 on, and `(x + 1)**2 / 4` between."""
    return jax.nn.sparse_plus(x)


def softsign(x: Any) -> jax.Array:
    """Returns `x / (1 + |x|)`."""
    return jax.nn.soft_sign(x)


def softmax(x: Any, axis: int | tuple[int, ...] = -1) -> jax.Array:
    """Returns `exp(x)` divided by its sum along the axis."""
    return jax.nn.softmax(x, axis)


def log_softmax(x: Any, axis: int | tuple[int, ...] = -1) -> jax.Array:
    """Returns the logarithm of the softmax, without overflow."""
    return jax.nn.log_softmax(x, axis)


def sparsemax(x: Any, axis: int = -1) -> jax.Array:
    """Returns the point of the probability simplex nearest to `x`; many of its elements are 0.

    Source: A. Martins and R. Astudillo, From Softmax to Sparsemax, 2016, algorithm 1.
    """
    z = jnp.moveaxis(x, axis, -1)
    descending = -jnp.sort(-z, axis=-1)
    k = jnp.arange(1, z.shape[-1] + 1, dtype=z.dtype).reshape((1,) * (z.ndim - 1) + (-1,))
    excess = jnp.cumsum(descending, axis=-1) - 1
    support = jnp.sum(k * descending > excess, axis=-1, keepdims=True)
    tau = jnp.take_along_axis(excess, support - 1, axis=-1) / support.astype(z.dtype)
    return jnp.moveaxis(jax.nn.relu(z - tau), -1, axis)


swish = silu
hard_swish = hard_silu

_TABLE = {
    function.__name__: function
    for function in (
        *(linear, relu, leaky_relu, relu6, elu, selu, celu, gelu, silu, mish, glu),
        *(sigmoid, log_sigmoid, hard_sigmoid, hard_sigmoid_of_keras_2, sparse_sigmoid, hard_silu),
        *(tanh, hard_tanh, tanh_shrink),
        *(hard_shrink, soft_shrink, threshold, exponential, softplus, squareplus, sparse_plus, softsign),
        *(softmax, log_softmax, sparsemax),
    )
} | {"swish": silu, "hard_swish": hard_silu}


def get(identifier: Any) -> Callable[..., Any]:
    """Returns the activation of a name, a config or a callable; `linear` for None.

    Errors: ValueError for an unknown name; TypeError for what can be no activation.
    """
    return linear if identifier is None else registry.get(identifier, _TABLE, "activation")


def serialize(activation: Callable[..., Any]) -> Any:
    """Returns the name of one of these functions, or the config of a registered one.

    Errors: ValueError for a function that is not registered.
    """
    return registry.serialize(activation)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Callable[..., Any]:
    """Returns what `serialize` described, looked up among Plait's activations and these objects.

    Errors: ValueError for a name that is not registered; nothing is imported.
    """
    with registry.custom_object_scope(custom_objects or {}):
        return get(config)
