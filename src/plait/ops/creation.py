"""Arrays made of numbers and shapes: ranges in logarithmic steps, triangles, the tapers of signal processing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import policy
from plait.graph.operators import lift
from plait.ops.numpy import Dtype, cast

__all__ = [
    "array", "bartlett", "blackman", "empty", "empty_like", "geomspace", "hamming", "hanning", "kaiser", "logspace",
    "meshgrid", "tri", "vander",
]  # fmt: skip


def array(x: Any, dtype: Dtype = None) -> Any:
    """Returns an array of the same numbers, and of its own memory; a symbolic tensor stays one."""
    if hasattr(x, "node"):
        return x if dtype is None else cast(x, dtype)
    return jnp.array(getattr(x, "value", x), dtype)


def empty(shape: Any, dtype: Dtype = None) -> jax.Array:
    """Returns an array of any numbers; here they are zeros."""
    return jnp.empty(shape, dtype or policy.floatx())


def _empty_like(x: Any, dtype: Dtype = None) -> Any:
    """Returns an array of any numbers in the shape of `x`; here they are zeros."""
    return jnp.empty_like(x, dtype)


empty_like = lift(_empty_like, "empty_like", elementwise=True)


def geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Dtype = None, axis: int = 0
) -> jax.Array:
    """Returns so many numbers, each the same multiple of the one before."""
    return jnp.geomspace(start, stop, num, endpoint, dtype, axis)


def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: float = 10, dtype: Dtype = None, axis: int = 0
) -> jax.Array:
    """Returns so many numbers from `base**start` to `base**stop`, each the same multiple of the one before."""
    return jnp.logspace(start, stop, num, endpoint, base, dtype, axis)


def tri(N: int, M: int | None = None, k: int = 0, dtype: Dtype = None) -> jax.Array:  # noqa: N803 - Keras's names
    """Returns a matrix of N rows and M columns with ones on diagonal number k and below."""
    return jnp.tri(N, M, k, dtype or policy.floatx())


@lift
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:  # noqa: N803
    """Returns the matrix whose columns are N powers of a vector."""
    return jnp.vander(x, N, increasing)


@lift
def meshgrid(*x: Any, indexing: str = "xy") -> Any:
    """Returns the coordinates of a grid's points, one array per vector of coordinates."""
    return jnp.meshgrid(*x, indexing=indexing)


def _taper(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    def taper(x: Any) -> jax.Array:
        return function(int(x)).astype(policy.floatx())

    taper.__doc__ = f"Returns `numpy.{name}` of so many elements."
    taper.__name__ = taper.__qualname__ = name
    return taper


bartlett = _taper(jnp.bartlett, "bartlett")
blackman = _taper(jnp.blackman, "blackman")
hamming = _taper(jnp.hamming, "hamming")
hanning = _taper(jnp.hanning, "hanning")


def kaiser(x: Any, beta: Any) -> jax.Array:
    """Returns `numpy.kaiser` of so many elements, the narrower the larger beta."""
    return jnp.kaiser(int(x), beta).astype(policy.floatx())
