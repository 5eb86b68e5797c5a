"""Convolution without shared weights: the elements under each window are multiplied by a kernel of its own.

A kernel is (places, elements, filters): a place for each window in row-major order, and the elements of a window as
they lie in the inputs, row by row with "channels_last" and channel by channel with "channels_first".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from plait.functional import windows


def connect(
    inputs: jax.Array,
    kernel: jax.Array,
    bias: jax.Array | None = None,
    *,
    size: Sequence[int],
    strides: Sequence[int],
    padding: str = "valid",
    data_format: str = "channels_last",
) -> jax.Array:
    """Returns the products of each window with its own kernel, plus bias.

    Shapes: inputs (batch, *spatial, channels), kernel (places, elements, filters), bias (*new_spatial, filters)
            -> (batch, *new_spatial, filters); channels and filters stand second with "channels_first", and the bias is
            then read as (filters, *new_spatial), whatever its shape says, as Keras 2 does
    Args:   padding: "valid", or "same" for a window around the element at each stride.
    Errors: ValueError if a window does not fit on the inputs.
    """
    shape = windows.output_shape(
        inputs.shape, size, strides, padding, data_format=data_format, channels=kernel.shape[-1]
    )
    under = under_windows(inputs, size, strides, padding, data_format)
    equation = "bpe,pef->bpf" if data_format == "channels_last" else "bpe,pef->bfp"
    outputs = jnp.einsum(equation, under, kernel).reshape(shape)
    return outputs if bias is None else outputs + bias.reshape(1, *shape[1:])


def under_windows(
    inputs: jax.Array, size: Sequence[int], strides: Sequence[int], padding: str, data_format: str
) -> jax.Array:
    """Returns the elements under each window, 0 where it reaches beyond the inputs.

    Shapes: (batch, *spatial, channels) -> (batch, places, elements); channels second with "channels_first"
    """
    axes = windows.spatial_axes(inputs.ndim, data_format)
    # From the last on, as each gives way to two.
    for axis, k, s in reversed(list(zip(axes, size, strides, strict=True))):
        inputs = _along(inputs, axis, k, s, padding)
    places = [axis + number for number, axis in enumerate(axes)]
    elements = [axis for axis in range(1, inputs.ndim) if axis not in places]
    counts = [math.prod(inputs.shape[axis] for axis in some) for some in (places, elements)]
    return inputs.transpose(0, *places, *elements).reshape(inputs.shape[0], *counts)


def _along(inputs: jax.Array, axis: int, size: int, stride: int, padding: str) -> jax.Array:
    """Returns the inputs with two axes in the place of one: that of the places, and that of a window's elements."""
    length = inputs.shape[axis]
    last = (cast(int, windows.output_length(length, size, stride, padding)) - 1) * stride
    # Half a window before the first element, whereas a convolution pads both ends alike.
    before = size // 2 if padding == "same" else 0
    amounts = [(0, 0)] * inputs.ndim
    amounts[axis] = (before, max(last + size - before - length, 0))
    padded = jnp.pad(inputs, amounts) if any(amounts[axis]) else inputs
    slices = [lax.slice_in_dim(padded, start, start + last + 1, stride, axis) for start in range(size)]
    return jnp.stack(slices, axis + 1)


class Links:
    """Tells what each element of a kernel links: numbers of inputs and outputs, counted as they lie in memory.

    inputs:  (places, elements, 1), from 1 on; 0 where a window reaches beyond the inputs.
    outputs: (places, 1, filters), from 0 on.

    Args: input_shape, output_shape: without the batch.
          (and the arguments of `connect`)
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        output_shape: Sequence[int],
        size: Sequence[int],
        strides: Sequence[int],
        padding: str,
        data_format: str,
    ) -> None:
        numbers = jnp.arange(1, 1 + math.prod(input_shape)).reshape(1, *input_shape)
        self.inputs = np.asarray(under_windows(numbers, size, strides, padding, data_format))[0, :, :, None]
        outputs = np.arange(math.prod(output_shape)).reshape(output_shape)
        by_place = outputs if data_format == "channels_last" else np.moveaxis(outputs, 0, -1)
        self.outputs = by_place.reshape(-1, 1, by_place.shape[-1])

    def of_matrix(self, matrix: np.ndarray) -> np.ndarray:
        """Returns the kernel in a matrix from all inputs to all outputs, whose other elements do not count.

        Shapes: (*input_shape, *output_shape) -> (places, elements, filters)
        """
        rows = matrix.reshape(-1, self.outputs.size)
        return np.concatenate([np.zeros_like(rows[:1]), rows])[self.inputs, self.outputs]

    def of_row(self, row: np.ndarray) -> np.ndarray:
        """Returns the kernel whose elements lie in a row, those of an output together, in the order of its inputs.

        Shapes: (links,) -> (places, elements, filters)
        Errors: ValueError if there are more elements than links, or fewer.
        """
        order = self.outputs * (1 + self.inputs.max()) + self.inputs
        is_link = np.broadcast_to(self.inputs > 0, order.shape)
        sorted_links = np.sort(order[is_link])
        if row.shape != sorted_links.shape:
            raise ValueError(f"A kernel of {sorted_links.size} links is not made of {row.size} elements in a row.")
        kernel = np.zeros(order.shape, row.dtype)
        kernel[is_link] = row[np.searchsorted(sorted_links, order[is_link])]
        return kernel
