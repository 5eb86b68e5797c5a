"""Other colors: gray, or hue, saturation and value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import errors
from plait.functional import colors as arithmetic
from plait.graph.operators import lift
from plait.ops.image import layout

__all__ = ["hsv_to_rgb", "rgb_to_grayscale", "rgb_to_hsv"]


@lift
def rgb_to_grayscale(images: Any, data_format: str | None = None) -> Any:
    """Returns how bright each pixel is, in the dtype of the images.

    Errors: ValueError for channels other than three, or one.
    """
    images, axis = jnp.asarray(images), layout.channel_axis(data_format)
    if images.ndim not in (3, 4) or images.shape[axis] not in (1, 3):
        raise ValueError(
            errors.explain(f"rgb_to_grayscale needs images of three channels, got the shape {images.shape}.")
        )
    floating = images if jnp.issubdtype(images.dtype, jnp.floating) else images.astype("float32")
    gray = arithmetic.grayscale(jnp.moveaxis(floating, axis, -1))
    return jnp.moveaxis(gray, -1, axis).astype(images.dtype)


@lift
def rgb_to_hsv(images: Any, data_format: str | None = None) -> Any:
    """Returns hue and saturation, from 0 to 1, and value, in place of red, green and blue from 0 to 1.

    Errors: ValueError for channels other than three, or integers.
    """
    return _recolored("rgb_to_hsv", arithmetic.to_hsv, images, data_format)


@lift
def hsv_to_rgb(images: Any, data_format: str | None = None) -> Any:
    """Returns red, green and blue in place of hue, saturation and value.

    Errors: ValueError for channels other than three, or integers.
    """
    return _recolored("hsv_to_rgb", arithmetic.to_rgb, images, data_format)


def _recolored(name: str, change: Callable[[jax.Array], jax.Array], images: Any, data_format: str | None) -> jax.Array:
    images, axis = jnp.asarray(images), layout.channel_axis(data_format)
    is_float = jnp.issubdtype(images.dtype, jnp.floating)
    if images.ndim not in (3, 4) or images.shape[axis] != 3 or not is_float:
        raise ValueError(
            errors.explain(
                f"{name} needs floating images of three channels, got {images.dtype} of the shape {images.shape}."
            )
        )
    return jnp.moveaxis(change(jnp.moveaxis(images, axis, -1)), -1, axis)
