"""The functions of Keras 2's `keras.backend`, by their old names and argument names, over `plait.ops`.

They work on arrays and on symbolic tensors. Each is one line over the function it now is; see there for what it does.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait import losses, ops, random
from plait.config import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from plait.core import context, errors, names
from plait.core.dtypes import is_float_dtype, is_int_dtype, result_type, standardize_dtype
from plait.functional import convolution, merging, pooling, recurrence
from plait.graph import operators
from plait.graph.tensor import SymbolicTensor
from plait.models.function import Function
from plait.utils import clear_session, is_keras_tensor

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


def cast_to_floatx(x: Any) -> Any:
    """Returns x in the dtype of weights; what is no tensor becomes a NumPy array."""
    is_tensor = isinstance(x, SymbolicTensor | jax.Array)
    return ops.cast(x, floatx()) if is_tensor else np.asarray(x, jnp.dtype(floatx()))


def identity(x: Any, name: str | None = None) -> Any:
    return x


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


_by_phase = operators.lift(lambda x, alt: x if context.is_training() else alt, "in_train_phase", elementwise=True)


def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """Returns x in a step of training and alt elsewhere, or as `training` says; a function is called first."""
    x, alt = (one() if callable(one) else one for one in (x, alt))
    if training is None:
        return _by_phase(x, alt)
    return x if training else alt


def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """Returns alt in a step of training and x elsewhere, or as `training` says; a function is called first."""
    return in_train_phase(alt, x, training)


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


# ---------------------------------------------------------------------------- windows, steps, elements

_convolve = operators.lift(convolution.convolve)
_pools = {"max": operators.lift(pooling.max_pool), "avg": operators.lift(pooling.average_pool)}


def conv2d(
    x: Any,
    kernel: Any,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Any:
    """Slides a kernel (*window, channels, filters) along the axes between batch and channels."""
    data_format = data_format or image_data_format()
    return _convolve(
        x, kernel, strides=strides, padding=padding, dilation=dilation_rate, groups=1, data_format=data_format
    )


conv1d = conv3d = conv2d


def pool2d(
    x: Any,
    pool_size: Sequence[int],
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Any:
    """Returns the largest element of each window, or with the mode "avg" their mean.

    Errors: ValueError for an unknown mode.
    """
    if pool_mode not in _pools:
        raise errors.unknown("pool_mode", pool_mode, _pools)
    return _pools[pool_mode](
        x, pool_size=pool_size, strides=strides, padding=padding, data_format=data_format or image_data_format()
    )


pool3d = pool2d


def _mapped(elems: Any, fn: Any = None) -> Any:
    return jax.lax.map(fn, elems)


_map = operators.lift(_mapped, "map_fn")


def map_fn(fn: Callable[[Any], Any], elems: Any, name: str | None = None, dtype: Any = None) -> Any:
    """Returns what a function gives for each element along the first axis, put together again."""
    mapped = _map(elems, fn=fn)
    return mapped if dtype is None else ops.cast(mapped, dtype)


def _recurrent(inputs: Any, states: Any, constants: Any, mask: Any, step_function: Any = None, **how: Any) -> Any:
    def step(before: Sequence[Any], x: Any) -> list[Any]:
        output, after = step_function(x, [*before[1:], *constants])
        return [output, *after]

    output, _ = jax.eval_shape(step_function, inputs[:, 0], [*states, *constants])
    if mask is not None:
        mask = jnp.reshape(mask, mask.shape[:2])
    # The output goes with the states, as masked steps repeat the one before them; before the first it is 0.
    start = [jnp.zeros(output.shape, output.dtype), *states]
    last, outputs, final = recurrence.run(step, inputs, start, mask=mask, return_sequences=True, **how)
    return last, outputs, final[1:]


_recur = operators.lift(_recurrent, "rnn")


def rnn(
    step_function: Callable[[Any, list[Any]], tuple[Any, list[Any]]],
    inputs: Any,
    initial_states: Sequence[Any],
    go_backwards: bool = False,
    mask: Any = None,
    constants: Sequence[Any] | None = None,
    unroll: bool = False,
    input_length: int | None = None,
) -> Any:
    """Returns the last output, all outputs in running order, and the last states of a step run over axis 1.

    Shapes: inputs (batch, time, ...), mask (batch, time) or (batch, time, 1)
    Args:   step_function: from the inputs of one moment, and the list of states and constants, to the output and
                the list of new states.
    """
    how = {"step_function": step_function, "go_backwards": go_backwards, "unroll": unroll}
    return _recur(inputs, list(initial_states), list(constants or []), mask, **how)


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


def slice(x: Any, start: Sequence[int], size: Sequence[int]) -> Any:
    """Returns the elements from `start` on, `size` of them along each axis; -1 is for all that are left."""
    return x[
        tuple(
            builtins.slice(first, None if count == -1 else first + count)
            for first, count in zip(start, size, strict=True)
        )
    ]


def temporal_padding(x: Any, padding: Sequence[int] = (1, 1)) -> Any:
    """Returns (batch, steps, features) with zeros before and after the steps."""
    return ops.pad(x, ((0, 0), tuple(padding), (0, 0)))


def spatial_2d_padding(
    x: Any, padding: Sequence[Sequence[int]] = ((1, 1), (1, 1)), data_format: str | None = None
) -> Any:
    """Returns images with zeros above and below, left and right."""
    around = tuple(map(tuple, padding))
    is_last = (data_format or image_data_format()) == "channels_last"
    return ops.pad(x, ((0, 0), *around, (0, 0)) if is_last else ((0, 0), (0, 0), *around))


def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Any:
    """Returns x with a number of its own added to each channel."""
    sizes = [1] * ndim(x)
    sizes[-1 if (data_format or image_data_format()) == "channels_last" else 1] = -1
    return x + ops.reshape(bias, sizes)


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


def in_top_k(predictions: Any, targets: Any, k: int) -> Any:
    """Returns for each example whether its class id is among the k that are predicted most."""
    return ops.in_top_k(targets, predictions, k)


# ---------------------------------------------------------------------------- names and formats


def get_uid(prefix: str = "") -> int:
    """Returns the next unused number of this prefix, from 1 on; automatic names take theirs from the same ones."""
    return names.number(prefix)


def reset_uids() -> None:
    names.clear()


def image_dim_ordering() -> str:
    """Returns where images have their channels, in Keras 1's words: always `"tf"`, which is to say last."""
    return "tf"


def set_image_dim_ordering(dim_ordering: str) -> None:
    """Accepts `"tf"`, which holds anyway.

    Errors: ValueError for another one, such as "th".
    """
    set_image_data_format({"tf": "channels_last", "th": "channels_first"}.get(dim_ordering, dim_ordering))


# ---------------------------------------------------------------------------- values


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


def update(x: Any, new_x: Any) -> Any:
    """Sets a weight, and returns its new value; in a layer's `call`, a weight that is not trained."""
    _assignable(x, "update").assign(new_x)
    return new_x


def update_add(x: Any, increment: Any) -> Any:
    """Adds to a weight, and returns its new value; in a layer's `call`, to a weight that is not trained."""
    return update(x, _assignable(x, "update_add").value + increment)


def update_sub(x: Any, decrement: Any) -> Any:
    """Subtracts from a weight, and returns its new value; in a layer's `call`, from a weight that is not trained."""
    return update(x, _assignable(x, "update_sub").value - decrement)


def moving_average_update(x: Any, value: Any, momentum: float) -> Any:
    """Moves a weight the part `1 - momentum` of the way to a value, and returns its new one; see `update`."""
    return update(x, _assignable(x, "moving_average_update").value * momentum + value * (1 - momentum))


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
    computed = Function(list(inputs), list(outputs))
    return lambda arrays: computed.predict_on_batch(list(arrays))


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
    "bias_add",
    "binary_crossentropy",
    "cast",
    "cast_to_floatx",
    "categorical_crossentropy",
    "clear_session",
    "clip",
    "concatenate",
    "constant",
    "conv1d",
    "conv2d",
    "conv3d",
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
    "get_uid",
    "get_value",
    "greater",
    "greater_equal",
    "hard_sigmoid",
    "identity",
    "image_data_format",
    "image_dim_ordering",
    "in_test_phase",
    "in_top_k",
    "in_train_phase",
    "int_shape",
    "is_float_dtype",
    "is_int_dtype",
    "is_keras_tensor",
    "l2_normalize",
    "less",
    "less_equal",
    "log",
    "logsumexp",
    "map_fn",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "moving_average_update",
    "ndim",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "permute_dimensions",
    "pool2d",
    "pool3d",
    "pow",
    "prod",
    "random_binomial",
    "random_normal",
    "random_uniform",
    "relu",
    "repeat",
    "repeat_elements",
    "reset_uids",
    "reshape",
    "result_type",
    "reverse",
    "rnn",
    "round",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_image_dim_ordering",
    "set_value",
    "shape",
    "sigmoid",
    "sign",
    "sin",
    "slice",
    "softmax",
    "softplus",
    "softsign",
    "sparse_categorical_crossentropy",
    "spatial_2d_padding",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "standardize_dtype",
    "std",
    "stop_gradient",
    "sum",
    "switch",
    "tanh",
    "temporal_padding",
    "tile",
    "transpose",
    "truncated_normal",
    "update",
    "update_add",
    "update_sub",
    "var",
    "zeros",
    "zeros_like",
]
