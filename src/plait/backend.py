"""The functions of Keras 2's `keras.backend`, by their old names and argument names, over `plait.ops`.

They work on arrays and on symbolic tensors. Each is one line over the function it now is; see there for what it does.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from plait import losses, ops, random
from plait.config import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    set_floatx,
    set_image_data_format,
)
from plait.core import errors
from plait.functional import merging
from plait.graph import operators
from plait.graph.tensor import SymbolicTensor, is_symbolic
from plait.models import Model
from plait.utils import clear_session

# A docstring where the name says it all would only repeat it.
# ruff: noqa: D103

# ---------------------------------------------------------------------------- one tensor, element by element

abs = ops.abs
cos = ops.cos
elu = ops.elu
exp = ops.exp
hard_sigmoid = ops.hard_sigmoid
log = ops.log
sigmoid = ops.sigmoid
sign = ops.sign
sin = ops.sin
softmax = ops.softmax
softplus = ops.softplus
softsign = ops.softsign
sqrt = ops.sqrt
square = ops.square
stop_gradient = ops.stop_gradient
tanh = ops.tanh


def round(x: Any) -> Any:
    return ops.round(x)


def pow(x: Any, a: Any) -> Any:
    return ops.power(x, a)


def clip(x: Any, min_value: Any, max_value: Any) -> Any:
    return ops.clip(x, min_value, max_value)


def cast(x: Any, dtype: Any) -> Any:
    return ops.cast(x, dtype)


def relu(x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    return ops.relu(x, negative_slope=alpha, max_value=max_value, threshold=threshold)


# ---------------------------------------------------------------------------- two tensors, element by element


def equal(x: Any, y: Any) -> Any:
    return ops.equal(x, y)


def not_equal(x: Any, y: Any) -> Any:
    return ops.not_equal(x, y)


def greater(x: Any, y: Any) -> Any:
    return ops.greater(x, y)


def greater_equal(x: Any, y: Any) -> Any:
    return ops.greater_equal(x, y)


def less(x: Any, y: Any) -> Any:
    return ops.less(x, y)


def less_equal(x: Any, y: Any) -> Any:
    return ops.less_equal(x, y)


def maximum(x: Any, y: Any) -> Any:
    return ops.maximum(x, y)


def minimum(x: Any, y: Any) -> Any:
    return ops.minimum(x, y)


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """Returns the one expression where the condition holds and the other elsewhere; a function is called first."""
    both = [one() if callable(one) else one for one in (then_expression, else_expression)]
    return ops.where(condition, *both)


# ---------------------------------------------------------------------------- along axes

all = ops.all
any = ops.any
logsumexp = ops.logsumexp
max = ops.max
mean = ops.mean
min = ops.min
prod = ops.prod
std = ops.std
sum = ops.sum
var = ops.var


def argmax(x: Any, axis: int = -1) -> Any:
    return ops.argmax(x, axis=axis)


def argmin(x: Any, axis: int = -1) -> Any:
    return ops.argmin(x, axis=axis)


def cumsum(x: Any, axis: int = 0) -> Any:
    return ops.cumsum(x, axis=axis)


def cumprod(x: Any, axis: int = 0) -> Any:
    return ops.cumprod(x, axis=axis)


def l2_normalize(x: Any, axis: int | None = None) -> Any:
    """Returns x divided by its length along an axis, or altogether without one."""
    return x / ops.sqrt(ops.maximum(ops.sum(ops.square(x), axis=axis, keepdims=True), 1e-12))


# ---------------------------------------------------------------------------- products

_products = operators.lift(merging.dot, "batch_dot")


def dot(x: Any, y: Any) -> Any:
    return ops.dot(x, y)


def batch_dot(x: Any, y: Any, axes: int | Sequence[int] | None = None) -> Any:
    """Returns the product of each example of x with the same example of y.

    Args: axes: summed along, one of each; by default the last of x and the last but one of y, or its last of two.
    """
    return _products(x, y, axes=(ndim(x) - 1, builtins.max(ndim(y) - 2, 1)) if axes is None else axes)


# ---------------------------------------------------------------------------- shapes and places

_batch_flatten = operators.lift(lambda x: jnp.reshape(x, (x.shape[0], math.prod(x.shape[1:]))), "batch_flatten")


def shape(x: Any) -> tuple[int | None, ...]:
    """Returns the shape; the sizes are numbers inside a layer, and None where a symbolic tensor leaves them open."""
    return tuple(np.shape(x)) if not hasattr(x, "shape") else tuple(x.shape)


int_shape = shape


def ndim(x: Any) -> int:
    return len(shape(x))


def dtype(x: Any) -> str:
    if isinstance(x, SymbolicTensor):
        return x.dtype
    return jnp.dtype(x.dtype if hasattr(x, "dtype") else jnp.result_type(x)).name


def count_params(x: Any) -> int:
    return math.prod(size or 0 for size in shape(x))


def reshape(x: Any, shape: Sequence[int]) -> Any:
    return ops.reshape(x, shape)


def flatten(x: Any) -> Any:
    return ops.reshape(x, (-1,))


def batch_flatten(x: Any) -> Any:
    """Returns each example as one row."""
    return _batch_flatten(x)


def permute_dimensions(x: Any, pattern: Sequence[int]) -> Any:
    return ops.transpose(x, axes=tuple(pattern))


def transpose(x: Any) -> Any:
    return ops.transpose(x)


def expand_dims(x: Any, axis: int = -1) -> Any:
    return ops.expand_dims(x, axis=axis)


def squeeze(x: Any, axis: int) -> Any:
    return ops.squeeze(x, axis=axis)


def concatenate(tensors: Sequence[Any], axis: int = -1) -> Any:
    return ops.concatenate(tensors, axis=axis)


def stack(x: Sequence[Any], axis: int = 0) -> Any:
    return ops.stack(x, axis=axis)


def repeat(x: Any, n: int) -> Any:
    """Returns (batch, n, features) for x of (batch, features)."""
    return ops.repeat(ops.expand_dims(x, axis=1), n, axis=1)


def repeat_elements(x: Any, rep: int, axis: int) -> Any:
    return ops.repeat(x, rep, axis=axis)


def tile(x: Any, n: int | Sequence[int]) -> Any:
    return ops.tile(x, n)


def reverse(x: Any, axes: int | Sequence[int]) -> Any:
    return ops.flip(x, axis=axes)


def gather(reference: Any, indices: Any) -> Any:
    return ops.take(reference, indices, axis=0)


def one_hot(indices: Any, num_classes: int) -> Any:
    return ops.one_hot(indices, num_classes)


# ---------------------------------------------------------------------------- new tensors


def constant(value: Any, dtype: Any = None, shape: Sequence[int] | None = None) -> Any:
    made = jnp.asarray(value, dtype or floatx())
    return made if shape is None else jnp.broadcast_to(made, tuple(shape))


def zeros(shape: Sequence[int], dtype: Any = None) -> Any:
    return jnp.zeros(tuple(shape), dtype or floatx())


def ones(shape: Sequence[int], dtype: Any = None) -> Any:
    return jnp.ones(tuple(shape), dtype or floatx())


def eye(size: int, dtype: Any = None) -> Any:
    return jnp.eye(size, dtype=dtype or floatx())


def zeros_like(x: Any, dtype: Any = None) -> Any:
    return ops.zeros_like(x, dtype=dtype)


def ones_like(x: Any, dtype: Any = None) -> Any:
    return ops.ones_like(x, dtype=dtype)


def arange(start: int, stop: int | None = None, step: int = 1, dtype: Any = "int32") -> Any:
    return jnp.arange(start, stop, step, dtype)


def random_normal(
    shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: random.Seed = None
) -> Any:
    return random.normal(shape, mean, stddev, dtype, seed)


def random_uniform(
    shape: Sequence[int], minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: random.Seed = None
) -> Any:
    return random.uniform(shape, minval, maxval, dtype, seed)


def random_binomial(shape: Sequence[int], p: float = 0.0, dtype: Any = None, seed: random.Seed = None) -> Any:
    """Returns 1 with probability p, else 0."""
    return (random.uniform(shape, seed=seed) < p).astype(dtype or floatx())


def truncated_normal(
    shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: random.Seed = None
) -> Any:
    return random.truncated_normal(shape, mean, stddev, dtype, seed)


def dropout(x: Any, level: float, noise_shape: Sequence[int | None] | None = None, seed: random.Seed = None) -> Any:
    return random.dropout(x, level, noise_shape, seed)


# ---------------------------------------------------------------------------- losses


def _of_elements(target: Any, output: Any, from_logits: bool) -> Any:
    target, output = jnp.asarray(target), jnp.asarray(output)
    return losses.binary_crossentropy(target[..., None], output[..., None], from_logits)


_binary = operators.lift(_of_elements, "binary_crossentropy_of_elements")
_categorical = operators.lift(losses.categorical_crossentropy)
_sparse = operators.lift(losses.sparse_categorical_crossentropy)


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """Returns the cross-entropy of each element; `losses.binary_crossentropy` averages it over the last axis."""
    return _binary(target, output, from_logits=from_logits)


def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    return _categorical(target, output, from_logits=from_logits, axis=axis)


def sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    return _sparse(target, output, from_logits=from_logits, axis=axis)


# ---------------------------------------------------------------------------- values


def is_keras_tensor(x: Any) -> bool:
    return is_symbolic(x)


def eval(x: Any) -> Any:
    """Returns the numbers, as a NumPy array; a Python number, such as a learning rate, stays one.

    Errors: TypeError for a symbolic tensor, which has none.
    """
    if isinstance(x, float):
        return float(x)
    return x if isinstance(x, int) else np.asarray(x)


get_value = eval


def set_value(x: Any, value: Any) -> None:
    """Sets a weight, or the learning rate read from an optimizer.

    Errors: TypeError for anything else.
    """
    _assignable(x, "set_value").assign(value)


def batch_get_value(tensors: Sequence[Any]) -> list[Any]:
    return [get_value(tensor) for tensor in tensors]


def _assignable(x: Any, who: str) -> Any:
    if not hasattr(x, "assign"):
        raise TypeError(
            errors.explain(
                f"{who} sets a weight, got {errors.described(x)}, which cannot change.",
                "For the learning rate, write: model.optimizer.learning_rate = 0.001",
            )
        )
    return x


def batch_set_value(tuples: Sequence[tuple[Any, Any]]) -> None:
    """Sets each weight to its value."""
    for weight, value in tuples:
        set_value(weight, value)


def function(inputs: Sequence[Any], outputs: Sequence[Any]) -> Callable[[Sequence[Any]], list[np.ndarray]]:
    """Returns a function from a list of arrays for these symbolic tensors to the list of the outputs' values."""
    model = Model(list(inputs), list(outputs))
    return lambda arrays: model.predict_on_batch(list(arrays))


__all__ = [
    "abs",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "backend",
    "batch_dot",
    "batch_flatten",
    "batch_get_value",
    "batch_set_value",
    "binary_crossentropy",
    "cast",
    "categorical_crossentropy",
    "clear_session",
    "clip",
    "concatenate",
    "constant",
    "cos",
    "count_params",
    "cumprod",
    "cumsum",
    "dot",
    "dropout",
    "dtype",
    "elu",
    "epsilon",
    "equal",
    "eval",
    "exp",
    "expand_dims",
    "eye",
    "flatten",
    "floatx",
    "function",
    "gather",
    "get_value",
    "greater",
    "greater_equal",
    "hard_sigmoid",
    "image_data_format",
    "int_shape",
    "is_keras_tensor",
    "l2_normalize",
    "less",
    "less_equal",
    "log",
    "logsumexp",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "ndim",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "permute_dimensions",
    "pow",
    "prod",
    "random_binomial",
    "random_normal",
    "random_uniform",
    "relu",
    "repeat",
    "repeat_elements",
    "reshape",
    "reverse",
    "round",
    "set_floatx",
    "set_image_data_format",
    "set_value",
    "shape",
    "sigmoid",
    "sign",
    "sin",
    "softmax",
    "softplus",
    "softsign",
    "sparse_categorical_crossentropy",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "stop_gradient",
    "sum",
    "switch",
    "tanh",
    "tile",
    "transpose",
    "truncated_normal",
    "var",
    "zeros",
    "zeros_like",
]
