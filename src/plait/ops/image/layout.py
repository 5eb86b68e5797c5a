"""Where images have their axes, and of what dtype they are: before the arithmetic and after it."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from plait.core import errors
from plait.functional import images as arithmetic
from plait.functional import windows


def channel_axis(data_format: str | None) -> int:
    """Returns the axis of the channels, counted from the last.

    Errors: ValueError for an unknown format.
    """
    if data_format not in (None, *windows.DATA_FORMATS):
        raise errors.unknown("data_format", data_format, windows.DATA_FORMATS)
    return -3 if data_format == "channels_first" else -1


def plane(images: jax.Array, data_format: str | None) -> tuple[int, int]:
    """Returns the axes of height and width.

    Errors: ValueError for what are no images, or an unknown format.
    """
    if images.ndim not in (3, 4):
        raise ValueError(errors.explain(f"Images have three axes, or four with a batch, got the shape {images.shape}."))
    first = images.ndim - (2 if channel_axis(data_format) == -3 else 3)
    return first, first + 1


def batched(images: jax.Array, data_format: str | None) -> jax.Array:
    """Returns the images as (batch, height, width, channels).

    Errors: ValueError for what are no images, or an unknown format.
    """
    plane(images, data_format)
    batch = images if images.ndim == 4 else images[None]
    return jnp.moveaxis(batch, channel_axis(data_format), -1)


def as_given(batch: jax.Array, images: jax.Array, data_format: str | None) -> jax.Array:
    """Returns what was made of a batch with the axes and the dtype of the images that it was made of."""
    outputs = arithmetic.cast(jnp.moveaxis(batch, -1, channel_axis(data_format)), images.dtype)
    return outputs if images.ndim == 4 else outputs[0]


def wide(numbers: Any) -> jax.Array:
    """Returns numbers to compute with: as float32, if they are not wider."""
    numbers = jnp.asarray(numbers)
    return numbers if numbers.dtype in ("float32", "float64") else numbers.astype("float32")
