"""What networks need besides NumPy's functions: activations, one-hot codes, normalized vectors."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from plait import activations
from plait.core import policy
from plait.functional import normalization, standardization
from plait.graph.operators import lift, unary

__all__ = [
    "batch_normalization", "celu", "dot_product_attention", "elu", "erf", "gelu", "glu", "hard_shrink",
    "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "in_top_k", "layer_normalization", "leaky_relu",
    "log_sigmoid", "log_softmax", "moments", "multi_hot", "normalize", "one_hot", "relu", "relu6",
    "rms_normalization", "rsqrt", "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign",
    "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "swish", "tanh_shrink", "threshold", "top_k",
]  # fmt: skip

celu = lift(activations.celu, elementwise=True)
elu = lift(activations.elu, elementwise=True)
glu = lift(activations.glu)
hard_shrink = lift(activations.hard_shrink, elementwise=True)
hard_sigmoid = lift(activations.hard_sigmoid, elementwise=True)
hard_silu = hard_swish = lift(activations.hard_silu, elementwise=True)
hard_tanh = lift(activations.hard_tanh, elementwise=True)
leaky_relu = lift(activations.leaky_relu, elementwise=True)
log_sigmoid = lift(activations.log_sigmoid, elementwise=True)
log_softmax = lift(activations.log_softmax)
relu = lift(activations.relu, elementwise=True)
relu6 = lift(activations.relu6, elementwise=True)
selu = lift(activations.selu, elementwise=True)
sigmoid = lift(activations.sigmoid, elementwise=True)
silu = swish = lift(activations.silu, elementwise=True)
soft_shrink = lift(activations.soft_shrink, elementwise=True)
softmax = lift(activations.softmax)
softplus = lift(activations.softplus, elementwise=True)
softsign = lift(activations.softsign, elementwise=True)
sparse_plus = lift(activations.sparse_plus, elementwise=True)
sparse_sigmoid = lift(activations.sparse_sigmoid, elementwise=True)
sparsemax = lift(activations.sparsemax)
squareplus = lift(activations.squareplus, elementwise=True)
tanh_shrink = lift(activations.tanh_shrink, elementwise=True)
threshold = lift(activations.threshold, elementwise=True)

# Not the function itself: JAX imports jax.scipy when something of it is asked for.
erf = unary(lambda x: jax.scipy.special.erf(x), "erf")
rsqrt = unary(jax.lax.rsqrt, "rsqrt")


def _gelu(x: Any, approximate: bool = True) -> Any:
    """Returns `x` times the normal distribution function of `x`, or its approximation by tanh."""
    return activations.gelu(x, approximate)


# Keras's default here is the other one of its activation of this name.
gelu = lift(_gelu, "gelu", elementwise=True)


@lift
def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None) -> Any:
    """Returns, for each integer, a vector with 1 at its place and 0 elsewhere; 0 everywhere if it has no place."""
    return jax.nn.one_hot(jnp.asarray(x).astype("int32"), num_classes, axis=axis, dtype=dtype or policy.floatx())


@lift
def normalize(x: Any, axis: int = -1, order: int = 2, epsilon: float = 1e-7) -> Any:
    """Returns vectors along the axis divided by their norm, or by `epsilon` if it is smaller."""
    length = jnp.linalg.norm(x, ord=order, axis=axis, keepdims=True)
    return x / jnp.maximum(length, epsilon)


@lift
def top_k(x: Any, k: int, sorted: bool = True) -> Any:
    """Returns the k largest elements of the last axis and their places; in falling order, `sorted` or not."""
    return jax.lax.top_k(x, k)


@lift
def in_top_k(targets: Any, predictions: Any, k: int) -> Any:
    """Returns for each row whether the score of its target is among the k largest."""
    scores = jnp.take_along_axis(predictions, targets[:, None].astype("int32"), axis=-1)
    return jnp.sum(predictions > scores, axis=-1) < k


@lift
def multi_hot(inputs: Any, num_classes: int, axis: int = -1, dtype: Any = None) -> Any:
    """Returns for each row of integers a vector with 1 at the places of all of them, 0 elsewhere."""
    inputs = jnp.asarray(inputs)
    codes = one_hot(inputs, num_classes, axis, dtype)
    return jnp.max(codes, axis=min(inputs.ndim - 1, 1))


@lift
def moments(x: Any, axes: Any, keepdims: bool = False) -> Any:
    """Returns mean and variance along the axes, computed in float32 at least."""
    axes = tuple(axes) if isinstance(axes, list) else axes
    x = jnp.asarray(x)
    precise = x if x.dtype == jnp.float64 else x.astype("float32")
    found = jnp.mean(precise, axes, keepdims=keepdims), jnp.var(precise, axes, keepdims=keepdims)
    is_float = jnp.issubdtype(x.dtype, jnp.floating)
    return tuple(one.astype(x.dtype) for one in found) if is_float else found


@lift
def batch_normalization(
    x: Any, mean: Any, variance: Any, axis: int, offset: Any = None, scale: Any = None, epsilon: float = 1e-3
) -> Any:
    """Returns `scale * (x - mean) / sqrt(variance + epsilon) + offset`.

    Shapes: x (..., features on `axis`, ...), all others (features,) -> the shape of x
    """
    mean, variance = jnp.asarray(mean), jnp.asarray(variance)
    return normalization.normalize(jnp.asarray(x), mean, variance, scale, offset, epsilon=epsilon, axis=axis)


@lift
def layer_normalization(x: Any, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: float = 1e-7) -> Any:
    """Returns `x` with mean 0 and variance 1 over the axes, times gamma plus beta; in float32, then in the dtype of x.

    Shapes: x any, gamma and beta the sizes of the axes -> the shape of x
    """
    x = jnp.asarray(x)
    gamma, beta = (None if one is None else jnp.asarray(one) for one in (gamma, beta))
    outputs = standardization.layer_normalize(x, gamma, beta, axes=_several(axis), epsilon=epsilon)
    return outputs.astype(x.dtype)


@lift
def rms_normalization(x: Any, scale: Any = None, axis: Any = -1, epsilon: float = 1e-7) -> Any:
    """Returns `x` divided by its root mean square over the axes, times scale; in float32, then in the dtype of x.

    Shapes: x any, scale the sizes of the axes -> the shape of x
    """
    x = jnp.asarray(x)
    scale = None if scale is None else jnp.asarray(scale)
    return standardization.rms_normalize(x, scale, axes=_several(axis), epsilon=epsilon).astype(x.dtype)


def _several(axis: Any) -> tuple[int, ...]:
    return (axis,) if isinstance(axis, int) else tuple(axis)


def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
) -> Any:
    """Returns the values, each query's weighed by how well the keys match it.

    Shapes: query (batch, queries, heads, features), key and value (batch, keys, heads, features)
            -> (batch, queries, heads, features); bias and mask go with (batch, heads, queries, keys)
    Args:   mask: True for what may be looked at. scale: of the products, 1 / sqrt(features) if not given.
            is_causal: whether a query sees no key after it.
            flash_attention: has no effect: XLA chooses how it is computed.
    Source: A. Vaswani et al., Attention Is All You Need, 2017, eq. 1.
    """
    # By position: a node keeps a `mask` given by name for itself.
    return _attention(query, key, value, bias, mask, scale=scale, is_causal=is_causal)


def _attend(query: Any, key: Any, value: Any, bias: Any, mask: Any, scale: float | None, is_causal: bool) -> Any:
    if {jnp.ndim(query), jnp.ndim(key), jnp.ndim(value)} != {4}:
        shapes = ", ".join(str(jnp.shape(one)) for one in (query, key, value))
        raise ValueError(f"dot_product_attention needs arrays of (batch, steps, heads, features), got {shapes}.")
    return jax.nn.dot_product_attention(
        query, key, value, bias=bias, mask=mask, scale=scale, is_causal=is_causal, implementation="xla"
    )


_attention = lift(_attend, "dot_product_attention")
