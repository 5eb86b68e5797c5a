"""Convolution along one, two or three axes, its transpose, and convolution of each channel by itself."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import cast

import jax
import jax.numpy as jnp
from jax import lax

from plait.functional import kernels, windows
from plait.functional.kernels import convolution as convolution_kernel
from plait.functional.slices import slices

# Above this many elements under a window, slices take long to compile.
_MOST_SLICES = 25


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
    *size, kernel_channels, filters = kernel.shape
    _check_kernel(inputs, kernel, kernel_channels, groups, data_format, "channels, filters")
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
    outputs = _plus(outputs, bias, layout[1])
    return jax.nn.relu(outputs) if is_rectified else outputs


def transpose(
    inputs: jax.Array,
    kernel: jax.Array,
    bias: jax.Array | None = None,
    *,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    output_padding: Sequence[int] | None = None,
    dilation: int | Sequence[int] = 1,
    data_format: str = "channels_last",
) -> jax.Array:
    """Spreads each element over a window of the outputs, by the kernel, and sums where windows overlap.

    As a matrix this is the transpose of a convolution with the same kernel.

    Shapes: inputs (batch, *spatial, channels), kernel (*window, filters, channels), bias (filters,)
            -> (batch, *new_spatial, filters); channels and filters stand second with "channels_first"
    Args:   padding, output_padding: see `windows.transposed_padding`.
    Errors: ValueError if kernel and inputs do not fit each other.
    """
    axes = windows.spatial_axes(inputs.ndim, data_format)
    *size, _, kernel_channels = kernel.shape
    _check_kernel(inputs, kernel, kernel_channels, 1, data_format, "filters, channels")
    strides = windows.per_axis(strides, len(axes), "strides")
    dilation = windows.per_axis(dilation, len(axes), "dilation")
    amounts = [
        windows.transposed_padding(k, s, padding, d, more)
        for k, s, d, more in zip(size, strides, dilation, output_padding or (None,) * len(axes), strict=True)
    ]
    layout = (0, windows.channel_axis(inputs.ndim, data_format), *axes)
    if has_kernel(len(axes), 1, data_format) and kernels.serve(inputs, kernel):
        compute = functools.partial(_transposed_by_kernel, strides=strides, dilation=dilation, amounts=amounts)
        outputs = cast(jax.Array, kernels.in_float32(compute, inputs, kernel))
    else:
        kernel_layout = (kernel.ndim - 1, kernel.ndim - 2, *range(kernel.ndim - 2))
        outputs = lax.conv_general_dilated(
            inputs,
            lax.rev(jnp.swapaxes(kernel, -2, -1), tuple(range(kernel.ndim - 2))),
            (1,) * len(axes),
            amounts,
            lhs_dilation=strides,
            rhs_dilation=dilation,
            dimension_numbers=lax.ConvDimensionNumbers(layout, kernel_layout, layout),
        )
    return _plus(outputs, bias, layout[1])


def depthwise(
    inputs: jax.Array,
    kernel: jax.Array,
    bias: jax.Array | None = None,
    *,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    dilation: int | Sequence[int] = 1,
    data_format: str = "channels_last",
    is_rectified: bool = False,
) -> jax.Array:
    """Slides kernels of its own over each channel: a convolution in as many groups as channels.

    Shapes: inputs (batch, *spatial, channels), kernel (*window, channels, multiplier), bias (channels * multiplier,)
            -> (batch, *new_spatial, channels * multiplier); channels stand second with "channels_first"
    Args:   padding, is_rectified: as `convolve`.
    Errors: ValueError if kernel and inputs do not fit each other, or a window does not fit on the inputs.
    """
    *size, channels, multiplier = kernel.shape
    if math.prod(size) <= _MOST_SLICES and kernels.on_cpu() and inputs.dtype == jnp.float32:
        _check_kernel(inputs, kernel, 1, channels, data_format, "channels, multiplier")
        outputs = _depthwise_by_slices(inputs, kernel, strides, padding, dilation, data_format)
        outputs = _plus(outputs, bias, windows.channel_axis(inputs.ndim, data_format))
        return jax.nn.relu(outputs) if is_rectified else outputs
    return convolve(
        inputs,
        kernel.reshape(*size, 1, channels * multiplier),
        bias,
        strides=strides,
        padding=padding,
        dilation=dilation,
        groups=channels,
        data_format=data_format,
        is_rectified=is_rectified,
    )


def has_kernel(axes: int, groups: int, data_format: str) -> bool:
    """Returns whether there is a compiled kernel for such convolutions, where kernels are in use."""
    return axes <= 2 and groups == 1 and data_format == "channels_last"


def _check_kernel(
    inputs: jax.Array, kernel: jax.Array, kernel_channels: int, groups: int, data_format: str, order: str
) -> None:
    if kernel.ndim != inputs.ndim:
        raise ValueError(
            f"A convolution along {inputs.ndim - 2} axes needs a kernel of shape (*window, {order}) with "
            f"{inputs.ndim} axes, got {kernel.shape}."
        )
    channels = inputs.shape[windows.channel_axis(inputs.ndim, data_format)]
    if kernel_channels * groups != channels:
        raise ValueError(
            f"A kernel of shape {kernel.shape} in {groups} group(s) needs inputs with "
            f"{kernel_channels * groups} channels, got {channels}: shape {inputs.shape}, {data_format}."
        )


def _plus(outputs: jax.Array, bias: jax.Array | None, channel_axis: int) -> jax.Array:
    if bias is None:
        return outputs
    shape = [1] * outputs.ndim
    shape[channel_axis] = bias.size
    return outputs + bias.reshape(shape)


def _depthwise_by_slices(
    inputs: jax.Array,
    kernel: jax.Array,
    strides: int | Sequence[int],
    padding: str,
    dilation: int | Sequence[int],
    data_format: str,
) -> jax.Array:
    """Sums the elements of all windows, each times its row of the kernel."""
    axes, channel = windows.spatial_axes(inputs.ndim, data_format), windows.channel_axis(inputs.ndim, data_format)
    strides = windows.per_axis(strides, len(axes), "strides")
    dilation = windows.per_axis(dilation, len(axes), "dilation")
    size, steps, apart = [1] * inputs.ndim, [1] * inputs.ndim, [1] * inputs.ndim
    amounts = [(0, 0)] * inputs.ndim
    for axis, k, s, d in zip(axes, kernel.shape, strides, dilation, strict=False):
        size[axis], steps[axis], apart[axis] = k, s, d
        amounts[axis] = windows.padding_amounts(inputs.shape[axis], k, s, padding, d)
    inputs = jnp.repeat(inputs, kernel.shape[-1], axis=channel)
    shape = [1] * inputs.ndim
    shape[channel] = -1
    elements = slices(inputs, size, steps, amounts, 0.0, apart)
    rows = kernel.reshape(-1, inputs.shape[channel])
    return functools.reduce(jnp.add, (one * row.reshape(shape) for one, row in zip(elements, rows, strict=True)))


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


def _transposed_by_kernel(
    inputs: jax.Array,
    kernel: jax.Array,
    strides: tuple[int, ...],
    dilation: tuple[int, ...],
    amounts: list[tuple[int, int]],
) -> jax.Array:
    """Transposes along two axes; one axis is an image of a single row."""
    if len(amounts) == 1:
        outputs = convolution_kernel.transpose(inputs[:, None], kernel[None], (1, *strides), (1, *dilation))[:, 0]
    else:
        outputs = convolution_kernel.transpose(inputs, kernel, strides, dilation)
    # The kernel puts out all that the windows reach: as if with one element less than a window before and after.
    reach = [windows.extent(size, step) - 1 for size, step in zip(kernel.shape, dilation, strict=False)]
    cut = [(before - end, after - end, 0) for (before, after), end in zip(amounts, reach, strict=True)]
    return lax.pad(outputs, jnp.zeros((), outputs.dtype), [(0, 0, 0), *cut, (0, 0, 0)])
