"""What is made of each pixel's neighborhood: patches, averages, edges, how much alike two images are."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp

from plait.core import errors, nest
from plait.functional import image_measures, windows
from plait.functional import images as arithmetic
from plait.graph.operators import lift
from plait.ops.convolutions import conv
from plait.ops.image import layout

__all__ = ["extract_patches", "extract_patches_3d", "gaussian_blur", "sobel_edges", "ssim"]


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
def gaussian_blur(
    images: Any, kernel_size: Any = (3, 3), sigma: Any = (1.0, 1.0), data_format: str | None = None
) -> Any:
    """Returns images averaged over windows, with the weights of a normal distribution; outside there are zeros.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   kernel_size: how many columns and rows a window spans, in the order that Keras's arithmetic has.
            sigma: the standard deviations along columns and rows, in pixels, above 0.
    Errors: ValueError for a wrong argument or rank.
    """
    images = jnp.asarray(images)
    width, height = windows.per_axis(kernel_size, 2, "kernel_size")
    if any(isinstance(one, int | float) and one <= 0 for one in nest.flatten(sigma)):
        raise ValueError(errors.explain(f"gaussian_blur needs numbers above 0 for sigma, got {sigma!r}."))
    batch = layout.wide(layout.batched(images, data_format))
    along_x, along_y = (
        jnp.broadcast_to(one, batch.shape[:1]) for one in jnp.broadcast_to(jnp.asarray(sigma, batch.dtype), (2,))
    )
    return layout.as_given(arithmetic.blur(batch, (height, width), (along_y, along_x)), images, data_format)


@lift
def sobel_edges(images: Any, data_format: str | None = None) -> Any:
    """Returns how much images rise downwards and to the right, by Sobel's operator; outside there are zeros.

    Shapes: (batch, height, width, channels), or without batch -> (batch, height, width, channels, 2)
    Errors: ValueError for a wrong rank, or a dtype that has no numbers below 0.
    """
    images = jnp.asarray(images)
    if not (jnp.issubdtype(images.dtype, jnp.signedinteger) or jnp.issubdtype(images.dtype, jnp.floating)):
        raise ValueError(
            errors.explain(
                f"sobel_edges needs a dtype with numbers below 0, as edges rise and fall, got {images.dtype}.",
                'Cast the images before: ops.cast(images, "float32").',
            )
        )
    batch = layout.batched(images, data_format)
    # Numbers narrower than these would overflow.
    edges = image_measures.edges(batch if images.dtype in ("int32", "int64") else layout.wide(batch))
    return jnp.stack([layout.as_given(one, images, data_format) for one in edges], axis=-1)


@lift
def ssim(
    image1: Any,
    image2: Any,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Any:
    """Returns how much alike two images are in brightness, contrast and structure; 1 for equal ones.

    Shapes: two of (batch, height, width, channels), or without batch -> (batch,), or ()
    Args:   max_val: the largest number that a pixel can be.
            filter_size, filter_sigma: of the windows that are compared, and of the weights in them, in pixels.
            k1, k2: what keeps the quotients of brightness and of contrast finite, as parts of max_val.
    Errors: ValueError for shapes that differ, or images smaller than a window.
    Source: Z. Wang et al., Image quality assessment: from error visibility to structural similarity, 2004.
    """
    image1, image2 = jnp.asarray(image1), jnp.asarray(image2)
    if image1.shape != image2.shape:
        raise ValueError(errors.explain(f"ssim compares images of one shape, got {image1.shape} and {image2.shape}."))
    first, second = (layout.wide(layout.batched(one, data_format)) for one in (image1, image2))
    smallest = min(first.shape[1:3])
    if not 1 <= filter_size <= smallest or filter_sigma <= 0:
        raise ValueError(
            errors.explain(
                f"ssim needs a filter_size from 1 to {smallest}, the smaller of height and width, and a filter_sigma "
                f"above 0, got {filter_size!r} and {filter_sigma!r}."
            )
        )
    found = image_measures.similarity(first, second, max_val, filter_size, filter_sigma, k1, k2)
    # A whole number would say no more than whether they are equal.
    found = found.astype(image1.dtype) if jnp.issubdtype(image1.dtype, jnp.floating) else found
    return found if image1.ndim == 4 else found[0]
