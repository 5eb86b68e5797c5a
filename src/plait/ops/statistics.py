"""Reductions beyond the everyday ones: those that leave out NaN, quantiles, counts, correlations, segments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import errors
from plait.graph.operators import lift
from plait.ops.numpy import Axis, Dtype, as_axes, reduction

__all__ = [
    "allclose", "amax", "amin", "average", "bincount", "cdist", "corrcoef", "correlate", "digitize", "histogram",
    "nanargmax", "nanargmin", "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmedian", "nanmin",
    "nanpercentile", "nanprod", "nanquantile", "nanstd", "nansum", "nanvar", "percentile", "ptp", "quantile",
    "searchsorted", "segment_max", "segment_min", "segment_prod", "segment_sum", "trapezoid",
]  # fmt: skip

amax = reduction(jnp.max, "amax", "largest element")
amin = reduction(jnp.min, "amin", "smallest element")
ptp = reduction(jnp.ptp, "ptp", "distance from the smallest to the largest element")
nanmax = reduction(jnp.nanmax, "nanmax", "largest element that is not NaN")
nanmin = reduction(jnp.nanmin, "nanmin", "smallest element that is not NaN")
nansum = reduction(jnp.nansum, "nansum", "sum of what is not NaN")
nanprod = reduction(jnp.nanprod, "nanprod", "product of what is not NaN")
nanmean = reduction(jnp.nanmean, "nanmean", "mean of what is not NaN")
nanvar = reduction(jnp.nanvar, "nanvar", "variance of what is not NaN, not corrected for its bias,")
nanstd = reduction(jnp.nanstd, "nanstd", "root of the variance of what is not NaN")
nanmedian = reduction(jnp.nanmedian, "nanmedian", "median of what is not NaN")
nanargmax = reduction(jnp.nanargmax, "nanargmax", "place of the largest element that is not NaN")
nanargmin = reduction(jnp.nanargmin, "nanargmin", "place of the smallest element that is not NaN")


@lift
def nancumsum(x: Any, axis: int | None = None, dtype: Dtype = None) -> Any:
    """Returns the sum of each element and those before it, NaN counting as 0."""
    return jnp.nancumsum(x, axis=axis, dtype=dtype)


@lift
def nancumprod(x: Any, axis: int | None = None, dtype: Dtype = None) -> Any:
    """Returns the product of each element and those before it, NaN counting as 1."""
    return jnp.nancumprod(x, axis=axis, dtype=dtype)


def _quantile(function: Callable[..., Any], name: str, what: str) -> Callable[..., Any]:
    def quantile(x: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Any:
        return function(x, jnp.asarray(q), axis=as_axes(axis), method=method, keepdims=keepdims)

    quantile.__doc__ = f"Returns the numbers that {what} lies below, along the axes; q may be several."
    return lift(quantile, name)


quantile = _quantile(jnp.quantile, "quantile", "a fraction q of the elements")
percentile = _quantile(jnp.percentile, "percentile", "q percent of the elements")
nanquantile = _quantile(jnp.nanquantile, "nanquantile", "a fraction q of what is not NaN")
nanpercentile = _quantile(jnp.nanpercentile, "nanpercentile", "q percent of what is not NaN")


@lift
def average(x: Any, axis: Axis = None, weights: Any = None) -> Any:
    """Returns the mean along the axes, each element counting by its weight."""
    return jnp.average(x, axis=as_axes(axis), weights=weights)


@lift
def allclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Returns whether no two elements differ by more than `atol + rtol * |x2|`."""
    return jnp.allclose(x1, x2, rtol, atol, equal_nan)


@lift
def corrcoef(x: Any) -> Any:
    """Returns how the rows correlate with each other, from -1 to 1."""
    return jnp.corrcoef(x)


@lift
def correlate(x1: Any, x2: Any, mode: str = "valid") -> Any:
    """Returns the sums of products of one vector with the other, moved along it; as `numpy.correlate`."""
    return jnp.correlate(x1, x2, mode)


@lift
def cdist(x: Any, y: Any) -> Any:
    """Returns the distance of each row of x from each row of y.

    Shapes: x (..., rows, features), y (..., others, features) -> (..., rows, others)
    Errors: ValueError if the features are not as many.
    """
    if min(x.ndim, y.ndim) < 2 or x.shape[-1] != y.shape[-1]:
        raise ValueError(f"cdist needs rows with as many features, got the shapes {x.shape} and {y.shape}.")
    difference = jnp.expand_dims(x, -2) - jnp.expand_dims(y, -3)
    return jnp.sqrt(jnp.sum(jnp.square(difference), axis=-1))


@lift
def trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    """Returns the area under the line through y, at the places x, or `dx` apart."""
    return jnp.trapezoid(y, x, dx, axis)


# ------------------------------------------------------------------------------------------ counts and places


@lift
def digitize(x: Any, bins: Any) -> Any:
    """Returns for each element the number of the bin that it falls into, between increasing bounds."""
    return jnp.digitize(x, jnp.asarray(bins))


@lift
def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Any:
    """Returns where in an increasing vector the values belong.

    Errors: ValueError for a sequence that is no vector.
    """
    if jnp.ndim(sorted_sequence) != 1:
        raise ValueError(f"searchsorted needs a vector to look in, got the shape {jnp.shape(sorted_sequence)}.")
    return jnp.searchsorted(sorted_sequence, values, side=side)


@lift
def histogram(x: Any, bins: Any = 10, range: tuple[float, float] | None = None) -> Any:
    """Returns how many elements fall into each of so many bins, or between the given bounds, and the bounds."""
    return jnp.histogram(x, bins, range)


def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    """Returns how often each integer from 0 occurs, or the sum of its weights; for each row of a matrix.

    Errors: TypeError where the integers are not known yet, as the shape of the result depends on them.
    """
    needs_numbers("bincount", x)
    x = jnp.asarray(x)
    length = max(int(jnp.max(x, initial=-1)) + 1, minlength)
    if x.ndim == 1:
        return jnp.bincount(x, weights=weights, length=length)
    rows = [x] if weights is None else [x, jnp.asarray(weights)]
    return jax.vmap(lambda *row: jnp.bincount(row[0], *row[1:], length=length))(*rows)


def needs_numbers(name: str, x: Any) -> None:
    """Makes sure that the numbers of an array are known, as the shape of a function's result depends on them.

    Errors: TypeError for a symbolic tensor, and while a program is compiled.
    """
    if isinstance(x, jax.core.Tracer) or hasattr(x, "node"):
        raise TypeError(
            errors.explain(
                f"{name} gives an array whose shape depends on the numbers in x, and here these are not known yet.",
                "Call it on arrays, outside of models and of compiled functions.",
            )
        )


# ------------------------------------------------------------------------------------------ segments


def _segments(kind: str, what: str) -> Callable[..., Any]:
    def reduced(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Any:
        if jnp.ndim(segment_ids) != 1 or jnp.shape(segment_ids) != jnp.shape(data)[:1]:
            raise ValueError(
                f"segment_{kind} needs one segment id per row of data, got the shapes {jnp.shape(segment_ids)} "
                f"and {jnp.shape(data)}."
            )
        if num_segments is None:
            needs_numbers(f"segment_{kind} without num_segments", segment_ids)
        reduce = getattr(jax.ops, f"segment_{kind}")
        return reduce(jnp.asarray(data), jnp.asarray(segment_ids), num_segments, indices_are_sorted=sorted)

    reduced.__doc__ = f"Returns the {what} of all rows with one segment id, for the ids from 0 on."
    return lift(reduced, f"segment_{kind}")


segment_sum = _segments("sum", "sum")
segment_prod = _segments("prod", "product")
segment_max = _segments("max", "largest")
segment_min = _segments("min", "smallest")
