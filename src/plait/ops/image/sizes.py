"""Images of another size: resized, cropped, padded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import errors
from plait.functional import images as arithmetic
from plait.graph.operators import lift
from plait.ops.image import layout

__all__ = ["crop_images", "pad_images", "resize"]


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
            interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
            antialias: whether smaller images are made of averages.
            crop_to_aspect_ratio, pad_to_aspect_ratio: how to keep proportions; one of them at most.
    Errors: ValueError for a wrong argument or rank.
    """
    images, size = jnp.asarray(images), tuple(size)
    if len(size) != 2 or min(size) < 1:
        raise ValueError(errors.explain(f"resize needs a height and a width for size, both above 0, got {size}."))
    if interpolation not in arithmetic.RESIZING_METHODS:
        raise errors.unknown("interpolation", interpolation, arithmetic.RESIZING_METHODS)
    if (crop_to_aspect_ratio and pad_to_aspect_ratio) or fill_mode != "constant":
        raise ValueError('resize crops or pads, not both, and pads with fill_mode "constant" only.')
    batch = layout.batched(images, data_format)
    # The nearest pixel of integers needs no arithmetic, in which large ones would be rounded.
    if interpolation != "nearest" and not jnp.issubdtype(images.dtype, jnp.floating):
        batch = layout.wide(batch)
    if crop_to_aspect_ratio:
        batch = arithmetic.crop_to_aspect_ratio(batch, size)
    if pad_to_aspect_ratio:
        batch = arithmetic.pad_to_aspect_ratio(batch, size, fill_value)
    return layout.as_given(arithmetic.resize(batch, size, interpolation, antialias), images, data_format)


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
        layout.plane(images, data_format),
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
        layout.plane(images, data_format),
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
