"""Longer spatial axes, by repeating elements or by interpolating between them."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from plait.functional import windows

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")


def enlarge(
    inputs: jax.Array,
    factors: Sequence[int],
    data_format: str = "channels_last",
    interpolation: str = "nearest",
) -> jax.Array:
    """Makes each spatial axis `factors` times as long.

    The centres of the elements lie half an element from the ends of an axis, in inputs and outputs. Beyond the ends
    there is nothing: there the weights of what remains are scaled to a sum of 1.

    Shapes: (batch, *spatial, channels) -> (batch, *new_spatial, channels); channels second with "channels_first"
    Args:   interpolation: "nearest" repeats elements and keeps their dtype; all others give floats.
    Source: R. Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981 ("bicubic", a = -1/2);
            C. Duchon, Lanczos Filtering in One and Two Dimensions, 1979.
    """
    axes = windows.spatial_axes(inputs.ndim, data_format)
    if interpolation == "nearest":
        for axis, factor in zip(axes, factors, strict=True):
            inputs = jnp.repeat(inputs, factor, axis=axis)
        return inputs
    if not jnp.issubdtype(inputs.dtype, jnp.floating):
        inputs = inputs.astype(jnp.float32)
    shape = list(inputs.shape)
    for axis, factor in zip(axes, factors, strict=True):
        shape[axis] *= factor
    return jax.image.resize(inputs, tuple(shape), interpolation, antialias=False)
