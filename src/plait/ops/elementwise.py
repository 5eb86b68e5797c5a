"""What NumPy computes element by element beyond everyday arithmetic: bits, angles, special functions, comparisons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from plait.graph.operators import binary, lift, unary

__all__ = [
    "angle", "bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_not", "bitwise_or",
    "bitwise_right_shift", "bitwise_xor", "cbrt", "conj", "conjugate", "copy", "deg2rad", "divide_no_nan", "erfc",
    "erfinv", "exp2", "fabs", "fmax", "fmin", "fmod", "gcd", "heaviside", "hypot", "i0", "imag", "isclose",
    "isneginf", "isposinf", "isreal", "lcm", "ldexp", "left_shift", "logaddexp2", "nan_to_num", "nextafter",
    "rad2deg", "real", "right_shift", "saturate_cast", "signbit", "sinc", "view",
]  # fmt: skip

angle = unary(jnp.angle, "angle")
cbrt = unary(jnp.cbrt, "cbrt")
conj = conjugate = unary(jnp.conjugate, "conjugate")
copy = unary(jnp.copy, "copy")
deg2rad = unary(jnp.deg2rad, "deg2rad")
exp2 = unary(jnp.exp2, "exp2")
fabs = unary(jnp.fabs, "fabs")
i0 = unary(jnp.i0, "i0")
imag = unary(jnp.imag, "imag")
isneginf = unary(jnp.isneginf, "isneginf")
isposinf = unary(jnp.isposinf, "isposinf")
isreal = unary(jnp.isreal, "isreal")
rad2deg = unary(jnp.rad2deg, "rad2deg")
real = unary(jnp.real, "real")
signbit = unary(jnp.signbit, "signbit")
sinc = unary(jnp.sinc, "sinc")
# Not the functions themselves: JAX imports jax.scipy when something of it is asked for.
erfc = unary(lambda x: jax.scipy.special.erfc(x), "erfc")
erfinv = unary(lambda x: jax.scipy.special.erfinv(x), "erfinv")

fmax = binary(jnp.fmax, "fmax")
fmin = binary(jnp.fmin, "fmin")
fmod = binary(jnp.fmod, "fmod")
gcd = binary(jnp.gcd, "gcd")
heaviside = binary(jnp.heaviside, "heaviside")
hypot = binary(jnp.hypot, "hypot")
lcm = binary(jnp.lcm, "lcm")
ldexp = binary(jnp.ldexp, "ldexp")
logaddexp2 = binary(jnp.logaddexp2, "logaddexp2")
nextafter = binary(jnp.nextafter, "nextafter")


def _of_bits(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    def of_two(x: Any, y: Any) -> Any:
        return function(x, y)

    of_two.__doc__ = f"Returns `numpy.{name}` of each pair of integers."
    return lift(of_two, name, elementwise=True)


bitwise_and = _of_bits(jnp.bitwise_and, "bitwise_and")
bitwise_or = _of_bits(jnp.bitwise_or, "bitwise_or")
bitwise_xor = _of_bits(jnp.bitwise_xor, "bitwise_xor")
left_shift = bitwise_left_shift = _of_bits(jnp.left_shift, "left_shift")
right_shift = bitwise_right_shift = _of_bits(jnp.right_shift, "right_shift")
bitwise_not = bitwise_invert = unary(jnp.invert, "bitwise_invert")


def _elementwise(function: Callable[..., Any]) -> Callable[..., Any]:
    return lift(function, elementwise=True)


@_elementwise
def divide_no_nan(x1: Any, x2: Any) -> Any:
    """Returns `x1 / x2`, and 0 where `x2` is 0."""
    is_zero = jnp.equal(x2, 0)
    # Both are chosen, so that no gradient comes from a division by 0.
    return jnp.where(is_zero, 0, jnp.divide(x1, jnp.where(is_zero, 1, x2)))


@_elementwise
def isclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Returns whether the two differ by no more than `atol + rtol * |x2|`."""
    return jnp.isclose(x1, x2, rtol, atol, equal_nan)


@_elementwise
def nan_to_num(x: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """Returns `x` with numbers in place of NaN and of infinities, by default the largest that there are."""
    return jnp.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@_elementwise
def saturate_cast(x: Any, dtype: Any) -> Any:
    """Returns `x` in another dtype; what is beyond its range becomes the end of it."""
    x = jnp.asarray(x)
    (low, high), (least, most) = _range(x.dtype), _range(jnp.dtype(dtype))
    return jnp.clip(x, max(low, least), min(high, most)).astype(dtype)


def _range(dtype: Any) -> tuple[Any, Any]:
    if dtype == jnp.bool_:
        return 0, 1
    if jnp.issubdtype(dtype, jnp.integer):
        return int(jnp.iinfo(dtype).min), int(jnp.iinfo(dtype).max)
    return float(jnp.finfo(dtype).min), float(jnp.finfo(dtype).max)


@lift
def view(x: Any, dtype: Any = None) -> Any:
    """Returns the same bits, read as another dtype."""
    return jnp.asarray(x).view(dtype)
