"""Windows that slide: convolutions, poolings, and the rearrangements of images that go with them."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from plait.functional import convolution, pooling, windows
from plait.graph.operators import lift

__all__ = [
    "adaptive_average_pool", "adaptive_max_pool", "average_pool", "conv", "conv_transpose", "depth_to_space",
    "depthwise_conv", "fold", "max_pool", "separable_conv", "space_to_depth", "unfold",
]  # fmt: skip

_LAST = "channels_last"


@lift
def max_pool(
    inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: str | None = None
) -> Any:
    """Returns the largest element of each window.

    Shapes: (batch, *spatial, channels) -> (batch, *new_spatial, channels); or channels second
    Args:   strides: how far windows are apart; None for `pool_size`. padding: "valid" or "same".
    """
    return pooling.max_pool(jnp.asarray(inputs), _whole(pool_size), _whole(strides), padding, data_format or _LAST)


@lift
def average_pool(
    inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: str | None = None
) -> Any:
    """Returns the mean of each window; padding does not count.

    Shapes: (batch, *spatial, channels) -> (batch, *new_spatial, channels); or channels second
    Args:   strides: how far windows are apart; None for `pool_size`. padding: "valid" or "same".
    """
    return pooling.average_pool(jnp.asarray(inputs), _whole(pool_size), _whole(strides), padding, data_format or _LAST)


@lift
def conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """Slides a kernel over the inputs and sums the products.

    Shapes: inputs (batch, *spatial, channels), kernel (*window, channels or a divisor, filters)
            -> (batch, *new_spatial, filters); channels and filters stand second with "channels_first"
    Args:   padding: "valid" or "same".
    Errors: ValueError if the kernel does not fit the inputs.
    """
    inputs, kernel, data_format = jnp.asarray(inputs), jnp.asarray(kernel), data_format or _LAST
    channels = inputs.shape[windows.channel_axis(inputs.ndim, data_format)]
    if channels % kernel.shape[-2]:
        raise ValueError(
            f"A kernel of shape {kernel.shape} needs inputs whose channels are {kernel.shape[-2]} or a multiple, "
            f"got {channels}: shape {inputs.shape}."
        )
    return convolution.convolve(
        inputs.astype(kernel.dtype),
        kernel,
        strides=_whole(strides),
        padding=padding,
        dilation=_whole(dilation_rate),
        groups=channels // kernel.shape[-2],
        data_format=data_format,
    )


@lift
def depthwise_conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """Slides kernels over each channel by itself.

    Shapes: inputs (batch, *spatial, channels), kernel (*window, channels, multiplier)
            -> (batch, *new_spatial, channels * multiplier); channels second with "channels_first"
    Args:   padding: "valid" or "same".
    Errors: ValueError if the kernel does not fit the inputs.
    """
    kernel = jnp.asarray(kernel)
    *window, channels, multiplier = kernel.shape
    grouped = kernel.reshape(*window, 1, channels * multiplier)
    return conv(inputs, grouped, strides, padding, data_format, dilation_rate)


@lift
def separable_conv(
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """Slides kernels over each channel by itself, and mixes the channels at each place.

    Shapes: inputs (batch, *spatial, channels), depthwise_kernel (*window, channels, multiplier),
            pointwise_kernel (1..., channels * multiplier, filters) -> (batch, *new_spatial, filters)
    Args:   padding: "valid" or "same".
    Errors: ValueError if a kernel does not fit the inputs.
    """
    outputs = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(outputs, pointwise_kernel, data_format=data_format)


@lift
def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """Spreads each element over a window of the outputs, by a kernel, and sums where windows overlap.

    Shapes: inputs (batch, *spatial, channels), kernel (*window, filters, channels) -> (batch, *new_spatial, filters);
            channels and filters stand second with "channels_first"
    Args:   padding: "valid" or "same". output_padding: elements that outputs have beyond the fewest possible.
    Errors: ValueError if the kernel does not fit the inputs.
    """
    inputs, kernel = jnp.asarray(inputs), jnp.asarray(kernel)
    extra = (output_padding,) * (inputs.ndim - 2) if isinstance(output_padding, int) else _whole(output_padding)
    return convolution.transpose(
        inputs.astype(kernel.dtype),
        kernel,
        strides=_whole(strides),
        padding=padding,
        output_padding=extra,
        dilation=_whole(dilation_rate),
        data_format=data_format or _LAST,
    )


@lift
def adaptive_max_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Any:
    """Returns the largest element of each of `output_size` windows along each spatial axis, which cover it evenly.

    Shapes: (batch, *spatial, channels) -> (batch, *output_size, channels); or channels second
    """
    inputs = jnp.asarray(inputs)
    size = windows.per_axis(_whole(output_size), inputs.ndim - 2, "output_size")
    return pooling.adaptive_max_pool(inputs, size, data_format or _LAST)


@lift
def adaptive_average_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Any:
    """Returns the mean of each of `output_size` windows along each spatial axis, which cover it evenly.

    Shapes: (batch, *spatial, channels) -> (batch, *output_size, channels); or channels second
    """
    inputs = jnp.asarray(inputs)
    size = windows.per_axis(_whole(output_size), inputs.ndim - 2, "output_size")
    return pooling.adaptive_average_pool(inputs, size, data_format or _LAST)


def _whole(sizes: Any) -> Any:
    # A config keeps a tuple as a list.
    return tuple(sizes) if isinstance(sizes, list) else sizes


# ------------------------------------------------------------------------------------------ images rearranged


@lift
def unfold(x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """Returns the contents of each window of images, as a column.

    Shapes: (batch, channels, height, width) -> (batch, channels * window elements, windows)
    Args:   padding: how many zeros to put around the images.
    """
    (size, apart, (top, left), step) = (_pair(given) for given in (kernel_size, dilation, padding, stride))
    patches = jax.lax.conv_general_dilated_patches(
        jnp.asarray(x), size, step, [(top, top), (left, left)], rhs_dilation=apart
    )
    return patches.reshape(*patches.shape[:2], patches.shape[2] * patches.shape[3])


@lift
def fold(x: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """Returns images with the contents of each window added up at its place: the transpose of `unfold`.

    Shapes: (batch, channels * window elements, windows) -> (batch, channels, *output_size)
    Errors: ValueError if images of that size have not so many windows.
    """
    x, size, window = jnp.asarray(x), _pair(output_size), _pair(kernel_size)
    elements = window[0] * window[1]
    if x.shape[1] % elements:
        raise ValueError(f"fold needs columns of {elements} numbers per channel, got the shape {x.shape}.")
    shape = (x.shape[0], x.shape[1] // elements, *size)

    def unfolded(images: jax.Array) -> jax.Array:
        return unfold(images, kernel_size, dilation, padding, stride)

    expected = jax.eval_shape(unfolded, jax.ShapeDtypeStruct(shape, x.dtype)).shape
    if expected != x.shape:
        raise ValueError(f"Images of shape {shape} have windows of shape {expected}, got {x.shape}.")
    return jax.linear_transpose(unfolded, jax.ShapeDtypeStruct(shape, x.dtype))(x)[0]


def _pair(given: Any) -> tuple[int, int]:
    return (given, given) if isinstance(given, int) else tuple(given)


@lift
def depth_to_space(x: Any, block_size: int, data_format: str = "channels_last") -> Any:
    """Returns images that are `block_size` times as high and wide, made of channels.

    Shapes: (batch, height, width, channels) -> (batch, block_size * height, block_size * width, fewer channels)
    """
    x = jnp.asarray(x)
    if data_format == "channels_last":
        batch, height, width, channels = x.shape
        blocks = x.reshape(batch, height, width, block_size, block_size, channels // block_size**2)
        blocks = blocks.transpose(0, 1, 3, 2, 4, 5)
        return blocks.reshape(batch, height * block_size, width * block_size, channels // block_size**2)
    batch, channels, height, width = x.shape
    blocks = x.reshape(batch, channels // block_size**2, block_size, block_size, height, width)
    blocks = blocks.transpose(0, 1, 4, 2, 5, 3)
    return blocks.reshape(batch, channels // block_size**2, height * block_size, width * block_size)


@lift
def space_to_depth(x: Any, block_size: int, data_format: str = "channels_last") -> Any:
    """Returns images with one place for each block of places, whose contents become channels.

    Shapes: (batch, height, width, channels) -> (batch, height / block_size, width / block_size, more channels)
    """
    x = jnp.asarray(x)
    if data_format == "channels_last":
        batch, height, width, channels = x.shape
        blocks = x.reshape(batch, height // block_size, block_size, width // block_size, block_size, channels)
        blocks = blocks.transpose(0, 1, 3, 2, 4, 5)
        return blocks.reshape(batch, height // block_size, width // block_size, channels * block_size**2)
    batch, channels, height, width = x.shape
    blocks = x.reshape(batch, channels, height // block_size, block_size, width // block_size, block_size)
    blocks = blocks.transpose(0, 1, 3, 5, 2, 4)
    return blocks.reshape(batch, channels * block_size**2, height // block_size, width // block_size)
