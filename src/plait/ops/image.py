"""Images on their way into a model: resized, cropped, padded, cut into patches, made gray.

Keras has these names in `keras.ops.image` only. An image is (height, width, channels), a batch of them has an axis
before; channels stand before height with "channels_first".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import errors
from plait.functional import colors, windows
from plait.graph.operators import lift
from plait.ops.convolutions import conv

__all__ = [
    "crop_images", "extract_patches", "extract_patches_3d", "hsv_to_rgb", "map_coordinates", "pad_images", "resize",
    "rgb_to_grayscale", "rgb_to_hsv", "scale_and_translate",
]  # fmt: skip

INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")


@lift
def resize(
    images: Any,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Any:
    """Returns images of another height and width.

    Args:   size: (height, width).
            interpolation: one of INTERPOLATIONS. antialias: whether smaller images are made of averages.
            crop_to_aspect_ratio, pad_to_aspect_ratio: how to keep proportions; one of them at most.
    Errors: ValueError for a wrong argument or rank.
    """
    images, (height, width) = jnp.asarray(images), size
    vertical, horizontal = _plane(images, data_format)
    if interpolation not in INTERPOLATIONS:
        raise errors.unknown("interpolation", interpolation, INTERPOLATIONS)
    if (crop_to_aspect_ratio and pad_to_aspect_ratio) or fill_mode != "constant":
        raise ValueError('resize crops or pads, not both, and pads with fill_mode "constant" only.')
    old = images.shape[vertical], images.shape[horizontal]
    # What has the proportions asked for and as much height, or as much width, as there is.
    fitting = int(old[1] * height / width), int(old[0] * width / height)
    if crop_to_aspect_ratio:
        for axis, length, fit in zip((vertical, horizontal), old, fitting, strict=True):
            kept = max(min(length, fit), 1)
            start = (length - kept) // 2
            images = jax.lax.slice_in_dim(images, start, start + kept, axis=axis)
    if pad_to_aspect_ratio:
        amounts = [(0, 0)] * images.ndim
        for axis, length, fit in zip((vertical, horizontal), old, fitting, strict=True):
            amounts[axis] = ((max(length, fit) - length) // 2,) * 2
        images = jnp.pad(images, amounts, constant_values=fill_value)
    shape = list(images.shape)
    shape[vertical], shape[horizontal] = height, width
    return jax.image.resize(images, shape, interpolation, antialias)


@lift
def crop_images(
    images: Any,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Any:
    """Returns images without what is cropped off; of each direction two of the three numbers are given.

    Errors: ValueError for another count of them, or if more would be cropped than there is.
    """
    images = jnp.asarray(images)
    for axis, *given in zip(
        _plane(images, data_format),
        (top_cropping, left_cropping),
        (bottom_cropping, right_cropping),
        (target_height, target_width),
        strict=True,
    ):
        length = images.shape[axis]
        before, after, _ = _completed("crop_images", given, length)
        images = jax.lax.slice_in_dim(images, before, length - after, axis=axis)
    return images


@lift
def pad_images(
    images: Any,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Any:
    """Returns images with zeros around; of each direction two of the three numbers are given.

    Errors: ValueError for another count of them, or a target that is too small.
    """
    images = jnp.asarray(images)
    amounts = [(0, 0)] * images.ndim
    for axis, before, after, target in zip(
        _plane(images, data_format),
        (top_padding, left_padding),
        (bottom_padding, right_padding),
        (target_height, target_width),
        strict=True,
    ):
        # As sizes that add up, the target goes the other way.
        given = [before, after, None if target is None else -target]
        before, after, _ = _completed("pad_images", given, -images.shape[axis])
        amounts[axis] = (before, after)
    return jnp.pad(images, amounts)


def _completed(name: str, given: Sequence[int | None], total: int) -> tuple[int, ...]:
    """Returns three sizes that add up to the total, two of which are given."""
    known = [size for size in given if size is not None]
    sizes = tuple(total - sum(known) if size is None else size for size in given)
    if len(known) != 2 or min(sizes[:2]) < 0 or sizes[2] * total < 0:
        raise ValueError(
            errors.explain(
                f"{name} needs two of three numbers for each direction: what lies before, what lies after, the target.",
                "None may be below 0, and neither may the third, which follows from them.",
            )
        )
    return sizes


@lift
def extract_patches(
    images: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """Returns the contents of each window as channels.

    Shapes: (batch, height, width, channels) -> (batch, rows, columns, window elements * channels)
    Args:   size: of a window, one or two integers; three for volumes. strides: between windows, as `size` if not given.
    """
    axes = len(size) if isinstance(size, list | tuple) else 2
    return _patches(images, size, strides, dilation_rate, padding, data_format, axes)


@lift
def extract_patches_3d(
    volumes: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """Returns the contents of each window as channels.

    Shapes: (batch, depth, height, width, channels) -> (batch, *windows, window elements * channels)
    Args:   size: of a window, one or three integers. strides: between windows, as `size` if not given.
    """
    return _patches(volumes, size, strides, dilation_rate, padding, data_format, 3)


def _patches(
    images: Any, size: Any, strides: Any, dilation: Any, padding: str, data_format: str | None, axes: int
) -> Any:
    images = jnp.asarray(images)
    batch = images if images.ndim == axes + 2 else images[None]
    window = windows.per_axis(size, axes, "size")
    channels = batch.shape[windows.channel_axis(batch.ndim, data_format or "channels_last")]
    elements = math.prod(window) * channels
    # A filter for each element of a window, which sees it alone.
    kernel = jnp.eye(elements, dtype=images.dtype).reshape(*window, channels, elements)
    patches = conv(batch, kernel, strides or window, padding, data_format, dilation)
    return patches if batch is images else patches[0]


@lift
def rgb_to_grayscale(images: Any, data_format: str | None = None) -> Any:
    """Returns how bright each pixel is, in the dtype of the images.

    Errors: ValueError for channels other than three, or one.
    """
    images = jnp.asarray(images)
    axis = -3 if data_format == "channels_first" else -1
    if images.ndim not in (3, 4) or images.shape[axis] not in (1, 3):
        raise ValueError(f"rgb_to_grayscale needs images of three channels, got the shape {images.shape}.")
    floating = images if jnp.issubdtype(images.dtype, jnp.floating) else images.astype("float32")
    gray = colors.grayscale(jnp.moveaxis(floating, axis, -1))
    return jnp.moveaxis(gray, -1, axis).astype(images.dtype)


@lift
def rgb_to_hsv(images: Any, data_format: str | None = None) -> Any:
    """Returns hue and saturation, from 0 to 1, and value, in place of red, green and blue from 0 to 1.

    Errors: ValueError for channels other than three, or integers.
    """
    return _recolored("rgb_to_hsv", colors.to_hsv, images, data_format)


@lift
def hsv_to_rgb(images: Any, data_format: str | None = None) -> Any:
    """Returns red, green and blue in place of hue, saturation and value.

    Errors: ValueError for channels other than three, or integers.
    """
    return _recolored("hsv_to_rgb", colors.to_rgb, images, data_format)


def _recolored(name: str, change: Callable[[jax.Array], jax.Array], images: Any, data_format: str | None) -> jax.Array:
    images = jnp.asarray(images)
    axis = -3 if data_format == "channels_first" else -1
    is_float = jnp.issubdtype(images.dtype, jnp.floating)
    if images.ndim not in (3, 4) or images.shape[axis] != 3 or not is_float:
        raise ValueError(
            f"{name} needs floating images of three channels, got {images.dtype} of the shape {images.shape}."
        )
    return jnp.moveaxis(change(jnp.moveaxis(images, axis, -1)), -1, axis)


@lift
def map_coordinates(
    inputs: Any, coordinates: Any, order: int, fill_mode: str = "constant", fill_value: float = 0
) -> Any:
    """Returns the numbers at places between the elements.

    Shapes: inputs any, coordinates (axes of inputs, ...) -> (...)
    Args:   order: 0 for the nearest element, 1 to interpolate.
            fill_mode: "constant", "nearest", "wrap", "mirror" or "reflect", what lies outside.
    """
    if order not in (0, 1) or jnp.shape(coordinates)[:1] != (jnp.ndim(inputs),):
        raise ValueError(
            f"map_coordinates needs an order of 0 or 1, and coordinates of shape ({jnp.ndim(inputs)}, ...), got order "
            f"{order!r} and shape {jnp.shape(coordinates)}."
        )
    places = list(jnp.asarray(coordinates))
    return jax.scipy.ndimage.map_coordinates(jnp.asarray(inputs), places, order, fill_mode, fill_value)


@lift
def scale_and_translate(
    images: Any,
    output_shape: Any,
    scale: Any,
    translation: Any,
    spatial_dims: Any,
    method: str,
    antialias: bool = True,
) -> Any:
    """Returns images scaled and moved along some of their axes, as `jax.image.scale_and_translate`."""
    return jax.image.scale_and_translate(
        images,
        tuple(output_shape),
        tuple(spatial_dims),
        jnp.asarray(scale),
        jnp.asarray(translation),
        method,
        antialias,
    )


def _plane(images: jax.Array, data_format: str | None) -> tuple[int, int]:
    """Returns the axes of height and width.

    Errors: ValueError for what are no images.
    """
    if images.ndim not in (3, 4):
        raise ValueError(f"Images have three axes, or four with a batch, got the shape {images.shape}.")
    first = images.ndim - (2 if data_format == "channels_first" else 3)
    return first, first + 1
