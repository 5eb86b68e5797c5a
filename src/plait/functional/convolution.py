"""Convolution along one, two or three axes. Every convolution layer comes through `convolve`."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import cast

import jax
import jax.numpy as jnp
from jax import lax

from plait.functional import kernels, windows
from plait.functional.kernels import convolution as convolution_kernel


def convolve(
    inputs: jax.Array,
    kernel: jax.Array,
    bias: jax.Array | None = None,
    *,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    data_format: str = "channels_last",
    is_rectified: bool = False,
) -> jax.Array:
    """Slides a kernel over the inputs and sums the products (a cross-correlation, called convolution).

    Shapes: inputs (batch, *spatial, channels), kernel (*window, channels / groups, filters), bias (filters,)
            -> (batch, *new_spatial, filters); channels and filters stand second with "channels_first"
    Args:   padding: "valid", "same" or "causal" (nothing from later positions reaches an output).
            groups: into how many parts channels and filters are split; each part sees only its own.
            is_rectified: put out 0 in place of what is negative.
    Errors: ValueError if kernel and inputs do not fit each other, or a window does not fit on the inputs.
    """
    axes = windows.spatial_axes(inputs.ndim, data_format)
    channels = inputs.shape[windows.channel_axis(inputs.ndim, data_format)]
    *size, kernel_channels, filters = kernel.shape
    if kernel.ndim != inputs.ndim:
        raise ValueError(
            f"A convolution along {len(axes)} axes needs a kernel of shape (*window, channels, filters) with "
            f"{inputs.ndim} axes, got {kernel.shape}."
        )
    if kernel_channels * groups != channels:
        raise ValueError(
            f"A kernel of shape {kernel.shape} in {groups} group(s) needs inputs with "
            f"{kernel_channels * groups} channels, got {channels}: shape {inputs.shape}, {data_format}."
        )
    if filters % groups:
        raise ValueError(f"{filters} filters cannot be split into {groups} groups of equal size.")
    strides = windows.per_axis(strides, len(axes), "strides")
    dilation = windows.per_axis(dilation, len(axes), "dilation")
    amounts = [
        windows.padding_amounts(inputs.shape[axis], k, s, padding, d)
        for axis, k, s, d in zip(axes, size, strides, dilation, strict=True)
    ]
    if has_kernel(len(axes), groups, data_format) and kernels.serve(inputs, kernel, *([] if bias is None else [bias])):
        compute = functools.partial(
            _by_kernel, strides=strides, dilation=dilation, amounts=amounts, is_rectified=is_rectified
        )
        return cast(jax.Array, kernels.in_float32(compute, inputs, kernel, bias))
    layout = (0, windows.channel_axis(inputs.ndim, data_format), *axes)
    kernel_layout = (kernel.ndim - 1, kernel.ndim - 2, *range(kernel.ndim - 2))
    outputs = lax.conv_general_dilated(
        inputs,
        kernel,
        strides,
        amounts,
        rhs_dilation=dilation,
        dimension_numbers=lax.ConvDimensionNumbers(layout, kernel_layout, layout),
        feature_group_count=groups,
    )
    if bias is not None:
        shape = [1] * outputs.ndim
        shape[layout[1]] = filters
        outputs = outputs + bias.reshape(shape)
    return jax.nn.relu(outputs) if is_rectified else outputs


def has_kernel(axes: int, groups: int, data_format: str) -> bool:
    """Returns whether there is a compiled kernel for such convolutions, where kernels are in use."""
    return axes <= 2 and groups == 1 and data_format == "channels_last"


def _by_kernel(
    inputs: jax.Array,
    kernel: jax.Array,
    bias: jax.Array | None,
    *,
    strides: tuple[int, ...],
    dilation: tuple[int, ...],
    amounts: list[tuple[int, int]],
    is_rectified: bool,
) -> jax.Array:
    """Convolves along two axes; one axis is an image of a single row."""
    if any(amount != (0, 0) for amount in amounts):
        inputs = jnp.pad(inputs, [(0, 0), *amounts, (0, 0)])
    if len(amounts) == 2:
        return convolution_kernel.convolve(inputs, kernel, bias, strides, dilation, is_rectified)
    outputs = convolution_kernel.convolve(
        inputs[:, None], kernel[None], bias, (1, *strides), (1, *dilation), is_rectified
    )
    return outputs[:, 0]
