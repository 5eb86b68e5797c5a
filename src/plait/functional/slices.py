"""The elements under windows as strided slices of the inputs, each of which is one element of all windows.

On the CPU XLA's own code for windows is slow in places, most of all for their gradients. Sums and maxima of slices,
and their gradients, it joins into single loops over memory.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from plait.functional import windows


def slices(
    inputs: jax.Array,
    size: Sequence[int],
    steps: Sequence[int],
    amounts: Sequence[tuple[int, int]],
    neutral: Any,
    dilation: Sequence[int] | None = None,
) -> Iterator[jax.Array]:
    """Yields the first element of all windows, then the second of all, in row-major order.

    Args: size, steps, amounts, dilation: of the windows along every axis, those of batch and channels included.
          neutral: what is padded with.
    """
    dilation = dilation or (1,) * inputs.ndim
    # Not by lax.pad, of which jax2onnx makes no ONNX where a size may be any.
    padded = jnp.pad(inputs, amounts, constant_values=neutral) if any(map(any, amounts)) else inputs
    spans = map(windows.extent, size, dilation)
    last = [(length - span) // step * step for length, span, step in zip(padded.shape, spans, steps, strict=True)]
    for place in itertools.product(*map(range, size)):
        start = [number * apart for number, apart in zip(place, dilation, strict=True)]
        stop = [first + far + 1 for first, far in zip(start, last, strict=True)]
        yield lax.slice(padded, start, stop, steps)
