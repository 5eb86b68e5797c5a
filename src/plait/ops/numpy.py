"""NumPy's functions, on arrays and symbolic tensors, with Keras's argument names.

Where a signature says `axis`, it is an integer, several of them, or None for all axes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import policy
from plait.graph.operators import binary, lift, named, unary

__all__ = [
    "abs", "absolute", "add", "all", "any", "arange", "arccos", "arccosh", "arcsin", "arcsinh", "arctan",
    "arctan2", "arctanh", "argmax", "argmin", "argsort", "broadcast_to", "cast", "ceil", "clip",
    "concatenate", "convert_to_numpy", "convert_to_tensor", "cos", "cosh", "count_nonzero", "cumprod",
    "cumsum", "divide", "dot", "einsum", "equal", "exp", "expand_dims", "expm1", "eye", "flip", "floor",
    "floor_divide", "full", "full_like", "get_item", "greater", "greater_equal", "hstack", "identity",
    "isfinite", "isinf", "isnan", "less", "less_equal", "linspace", "log", "log1p", "log2", "log10",
    "logaddexp", "logical_and", "logical_not", "logical_or", "logical_xor", "logsumexp", "matmul", "max",
    "maximum", "mean", "median", "min", "minimum", "mod", "moveaxis", "multiply", "ndim", "negative", "norm",
    "not_equal", "ones", "ones_like", "outer", "pad", "power", "prod", "ravel", "reciprocal", "repeat",
    "reshape", "roll", "round", "shape", "sign", "sin", "sinh", "sort", "split", "sqrt", "square", "squeeze",
    "stack", "std", "stop_gradient", "subtract", "sum", "swapaxes", "take", "take_along_axis", "tan", "tanh",
    "tensordot", "tile", "transpose", "tril", "triu", "true_divide", "trunc", "unstack", "var", "vstack",
    "where", "zeros", "zeros_like",
]  # fmt: skip

Axis: TypeAlias = int | Sequence[int] | None
Dtype: TypeAlias = Any

# ------------------------------------------------------------------------------------------ element by element

# The operators' own functions: `x + y` and `ops.add(x, y)` are one thing.
add = named("add")
subtract = named("subtract")
multiply = named("multiply")
true_divide = divide = named("true_divide")
floor_divide = named("floor_divide")
mod = named("mod")
power = named("power")
less = named("less")
less_equal = named("less_equal")
greater = named("greater")
greater_equal = named("greater_equal")
logical_and = named("logical_and")
logical_or = named("logical_or")
logical_not = named("logical_not")
negative = named("negative")
absolute = abs = named("absolute")
get_item = named("get_item")

arctan2 = binary(jnp.arctan2, "arctan2")
equal = binary(jnp.equal, "equal")
logaddexp = binary(jnp.logaddexp, "logaddexp")
logical_xor = named("logical_xor")
maximum = binary(jnp.maximum, "maximum")
minimum = binary(jnp.minimum, "minimum")
not_equal = binary(jnp.not_equal, "not_equal")

arccos = unary(jnp.arccos, "arccos")
arccosh = unary(jnp.arccosh, "arccosh")
arcsin = unary(jnp.arcsin, "arcsin")
arcsinh = unary(jnp.arcsinh, "arcsinh")
arctan = unary(jnp.arctan, "arctan")
arctanh = unary(jnp.arctanh, "arctanh")
ceil = unary(jnp.ceil, "ceil")
cos = unary(jnp.cos, "cos")
cosh = unary(jnp.cosh, "cosh")
exp = unary(jnp.exp, "exp")
expm1 = unary(jnp.expm1, "expm1")
floor = unary(jnp.floor, "floor")
isfinite = unary(jnp.isfinite, "isfinite")
isinf = unary(jnp.isinf, "isinf")
isnan = unary(jnp.isnan, "isnan")
log = unary(jnp.log, "log")
log10 = unary(jnp.log10, "log10")
log1p = unary(jnp.log1p, "log1p")
log2 = unary(jnp.log2, "log2")
reciprocal = unary(jnp.reciprocal, "reciprocal")
sign = unary(jnp.sign, "sign")
sin = unary(jnp.sin, "sin")
sinh = unary(jnp.sinh, "sinh")
sqrt = unary(jnp.sqrt, "sqrt")
square = unary(jnp.square, "square")
tan = unary(jnp.tan, "tan")
tanh = unary(jnp.tanh, "tanh")
trunc = unary(jnp.trunc, "trunc")


def _elementwise(function: Callable[..., Any]) -> Callable[..., Any]:
    return lift(function, elementwise=True)


@_elementwise
def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    """Returns `x` with what is below `x_min` or above `x_max` at these bounds."""
    return jnp.clip(x, x_min, x_max)


@_elementwise
def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """Returns `x1` where the condition holds, `x2` elsewhere; without them, where it holds."""
    if x1 is None and x2 is None:
        return jnp.where(condition)
    return jnp.where(condition, x1, x2)


@_elementwise
def cast(x: Any, dtype: Dtype) -> Any:
    """Returns `x` in another dtype."""
    return jnp.asarray(x).astype(dtype)


@_elementwise
def stop_gradient(variable: Any) -> Any:
    """Returns the same, which no gradient flows through."""
    return jax.lax.stop_gradient(variable)


@_elementwise
def round(x: Any, decimals: int = 0) -> Any:
    """Returns the nearest numbers of so many decimals; what lies between two goes to the even one."""
    return jnp.round(x, decimals)


@_elementwise
def zeros_like(x: Any, dtype: Dtype = None) -> Any:
    """Returns zeros in the shape of `x`."""
    return jnp.zeros_like(x, dtype)


@_elementwise
def ones_like(x: Any, dtype: Dtype = None) -> Any:
    """Returns ones in the shape of `x`."""
    return jnp.ones_like(x, dtype)


@lift
def full_like(x: Any, fill_value: Any, dtype: Dtype = None) -> Any:
    """Returns an array in the shape of `x` that is full of one value."""
    return jnp.full_like(x, fill_value, dtype)


# ------------------------------------------------------------------------------------------ along axes


def reduction(function: Callable[..., Any], name: str, what: str) -> Callable[..., Any]:
    def reduced(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
        return function(x, axis=as_axes(axis), keepdims=keepdims)

    reduced.__doc__ = f"Returns the {what} along the axes."
    return lift(reduced, name)


def as_axes(axis: Axis) -> Any:
    # A config keeps a tuple as a list.
    return tuple(axis) if isinstance(axis, list) else axis


sum = reduction(jnp.sum, "sum", "sum")
mean = reduction(jnp.mean, "mean", "mean")
var = reduction(jnp.var, "var", "variance, not corrected for its bias,")
std = reduction(jnp.std, "std", "root of the variance")
median = reduction(jnp.median, "median", "median")
any = reduction(jnp.any, "any", "answer whether one element is true")
all = reduction(jnp.all, "all", "answer whether all elements are true")
logsumexp = reduction(jax.nn.logsumexp, "logsumexp", "logarithm of the sum of exponentials")
argmax = reduction(lambda *x, **how: jnp.argmax(*x, **how).astype("int32"), "argmax", "place of the largest element")
argmin = reduction(lambda *x, **how: jnp.argmin(*x, **how).astype("int32"), "argmin", "place of the smallest element")


@lift
def max(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Any:
    """Returns the largest element along the axes, at least `initial`."""
    return jnp.max(x, axis=as_axes(axis), keepdims=keepdims, initial=initial)


@lift
def min(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Any:
    """Returns the smallest element along the axes, at most `initial`."""
    return jnp.min(x, axis=as_axes(axis), keepdims=keepdims, initial=initial)


@lift
def prod(x: Any, axis: Axis = None, keepdims: bool = False, dtype: Dtype = None) -> Any:
    """Returns the product along the axes."""
    return jnp.prod(x, axis=as_axes(axis), keepdims=keepdims, dtype=dtype)


@lift
def count_nonzero(x: Any, axis: Axis = None) -> Any:
    """Returns how many elements along the axes are not zero."""
    return jnp.count_nonzero(x, axis=as_axes(axis)).astype("int32")


@lift
def cumsum(x: Any, axis: int | None = None, dtype: Dtype = None) -> Any:
    """Returns the sum of each element and those before it."""
    return jnp.cumsum(x, axis=axis, dtype=dtype)


@lift
def cumprod(x: Any, axis: int | None = None, dtype: Dtype = None) -> Any:
    """Returns the product of each element and those before it."""
    return jnp.cumprod(x, axis=axis, dtype=dtype)


@lift
def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """Returns the length of vectors or the norm of matrices, as `numpy.linalg.norm`."""
    return jnp.linalg.norm(x, ord=ord, axis=as_axes(axis), keepdims=keepdims)


@lift
def sort(x: Any, axis: int = -1) -> Any:
    """Returns the elements in increasing order along an axis."""
    return jnp.sort(x, axis=axis)


@lift
def argsort(x: Any, axis: int | None = -1) -> Any:
    """Returns the places of the elements in increasing order along an axis."""
    return jnp.argsort(x, axis=axis).astype("int32")


# ------------------------------------------------------------------------------------------ shape and order


@lift
def reshape(x: Any, newshape: Any) -> Any:
    """Returns the elements in another shape, batch included; one size may be -1 or None, whatever is left."""
    sizes = newshape if isinstance(newshape, list | tuple) else (newshape,)
    return jnp.reshape(x, tuple(-1 if size is None else size for size in sizes))


@lift
def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """Returns the axes in another order; reversed if none is given."""
    return jnp.transpose(x, axes)


@lift
def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """Returns two axes exchanged."""
    return jnp.swapaxes(x, axis1, axis2)


@lift
def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """Returns axes moved to other positions."""
    return jnp.moveaxis(x, source, destination)


@lift
def expand_dims(x: Any, axis: int | Sequence[int]) -> Any:
    """Returns the same with new axes of size 1."""
    return jnp.expand_dims(x, axis)


@lift
def squeeze(x: Any, axis: Axis = None) -> Any:
    """Returns the same without axes of size 1."""
    return jnp.squeeze(x, as_axes(axis))


@lift
def ravel(x: Any) -> Any:
    """Returns all elements along one axis."""
    return jnp.ravel(x)


@lift
def broadcast_to(x: Any, shape: Sequence[int]) -> Any:
    """Returns `x` repeated to fill a shape."""
    return jnp.broadcast_to(x, tuple(shape))


@lift
def concatenate(xs: Sequence[Any], axis: int = 0) -> Any:
    """Returns arrays joined along an axis that they have."""
    return jnp.concatenate(xs, axis=axis)


@lift
def stack(x: Sequence[Any], axis: int = 0) -> Any:
    """Returns arrays joined along a new axis."""
    return jnp.stack(x, axis=axis)


@lift
def hstack(xs: Sequence[Any]) -> Any:
    """Returns arrays joined along axis 1, vectors along axis 0."""
    return jnp.hstack(xs)


@lift
def vstack(xs: Sequence[Any]) -> Any:
    """Returns arrays joined along axis 0, vectors as rows."""
    return jnp.vstack(xs)


@lift
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """Returns so many equal parts along an axis, or the parts between the given places."""
    return jnp.split(x, indices_or_sections, axis=axis)


@lift
def unstack(x: Any, num: int | None = None, axis: int = 0) -> Any:
    """Returns the slices along an axis, which is gone from each."""
    return [jnp.take(x, index, axis=axis) for index in range(x.shape[axis] if num is None else num)]


@lift
def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """Returns the elements at integer places along an axis; NaN, or the lowest integer, for places there are none."""
    return jnp.take(x, jnp.asarray(indices), axis=axis)


@lift
def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> Any:
    """Returns, for each place along the other axes, the elements at places of its own."""
    return jnp.take_along_axis(x, jnp.asarray(indices), axis=axis)


@lift
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """Returns each element repeated."""
    return jnp.repeat(x, repeats, axis=axis)


@lift
def tile(x: Any, repeats: Any) -> Any:
    """Returns the whole repeated along its axes."""
    return jnp.tile(x, repeats)


@lift
def flip(x: Any, axis: Axis = None) -> Any:
    """Returns the elements in reverse order along the axes."""
    return jnp.flip(x, as_axes(axis))


@lift
def roll(x: Any, shift: Any, axis: Axis = None) -> Any:
    """Returns the elements shifted along the axes; what falls off one end comes in at the other."""
    return jnp.roll(x, shift, as_axes(axis))


@lift
def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Any:
    """Returns `x` with something around it, as `numpy.pad`."""
    values = {} if constant_values is None else {"constant_values": constant_values}
    return jnp.pad(x, pad_width, mode, **values)


@lift
def tril(x: Any, k: int = 0) -> Any:
    """Returns the lower triangle of matrices, zeros above."""
    return jnp.tril(x, k)


@lift
def triu(x: Any, k: int = 0) -> Any:
    """Returns the upper triangle of matrices, zeros below."""
    return jnp.triu(x, k)


# ------------------------------------------------------------------------------------------ products

matmul = named("matmul")


@lift
def dot(x1: Any, x2: Any) -> Any:
    """Returns the product over the last axis of `x1` and the last but one of `x2`, as `numpy.dot`."""
    return jnp.dot(x1, x2)


@lift
def outer(x1: Any, x2: Any) -> Any:
    """Returns the product of each element of one with each element of the other."""
    return jnp.outer(x1, x2)


@lift
def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Any:
    """Returns the product summed over so many axes, or over the given pairs of them."""
    return jnp.tensordot(x1, x2, axes)


@lift
def einsum(subscripts: str, *operands: Any) -> Any:
    """Returns the sum of products that the subscripts write down, e.g. `"btf,fu->btu"`."""
    return jnp.einsum(subscripts, *operands)


# ------------------------------------------------------------------------------------------ arrays, not symbolic


def shape(x: Any) -> tuple[int | None, ...]:
    """Returns the shape; None for the sizes that a symbolic tensor does not know."""
    return tuple(x.shape) if hasattr(x, "shape") else np.shape(x)


def ndim(x: Any) -> int:
    """Returns the number of axes."""
    return len(shape(x))


def convert_to_tensor(x: Any, dtype: Dtype = None) -> Any:
    """Returns an array of it; a symbolic tensor stays one."""
    if hasattr(x, "node"):
        return x if dtype is None else cast(x, dtype)
    return jnp.asarray(getattr(x, "value", x), dtype)


def convert_to_numpy(x: Any) -> np.ndarray:
    """Returns a NumPy array of it."""
    return np.asarray(x)


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Dtype = None) -> jax.Array:
    """Returns the numbers from `start` up to `stop`, or from 0 up to `start`."""
    return jnp.arange(start, stop, step, dtype)


def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Dtype = None,
    axis: int = 0,
) -> Any:
    """Returns so many numbers at equal distances; and the distance, with `retstep`."""
    return jnp.linspace(start, stop, num, endpoint, retstep, dtype, axis)


def zeros(shape: Any, dtype: Dtype = None) -> jax.Array:
    """Returns zeros."""
    return jnp.zeros(shape, dtype or policy.floatx())


def ones(shape: Any, dtype: Dtype = None) -> jax.Array:
    """Returns ones."""
    return jnp.ones(shape, dtype or policy.floatx())


def full(shape: Any, fill_value: Any, dtype: Dtype = None) -> jax.Array:
    """Returns an array that is full of one value."""
    return jnp.full(shape, fill_value, dtype or policy.floatx())


def eye(N: int, M: int | None = None, k: int = 0, dtype: Dtype = None) -> jax.Array:  # noqa: N803 - Keras's names
    """Returns a matrix of N rows and M columns with ones on diagonal number k."""
    return jnp.eye(N, M, k, dtype or policy.floatx())


def identity(n: int, dtype: Dtype = None) -> jax.Array:
    """Returns the square matrix with ones on its diagonal."""
    return eye(n, dtype=dtype)
