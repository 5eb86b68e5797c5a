"""What is measured in images: where they change, and how much alike two of them are.

Images are (batch, height, width, channels).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from plait.functional import images


def edges(pictures: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Returns how much pictures rise downwards, and how much to the right, in windows of 3 by 3; zeros lie outside.

    Shapes: (batch, height, width, channels) -> two of the same
    Source: I. Sobel, G. Feldman, A 3x3 isotropic gradient operator for image processing, 1968.
    """
    padded = jnp.pad(pictures, ((0, 0), (1, 1), (1, 1), (0, 0)))
    of_columns = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    of_rows = padded[:, :, :-2] + 2 * padded[:, :, 1:-1] + padded[:, :, 2:]
    return of_rows[:, 2:] - of_rows[:, :-2], of_columns[:, :, 2:] - of_columns[:, :, :-2]


def similarity(
    first: jax.Array,
    second: jax.Array,
    largest: float = 1.0,
    size: int = 11,
    sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> jax.Array:
    """Returns how much alike two pictures are in brightness, contrast and structure; 1 for equal ones.

    Each window is compared by itself, in each channel; their mean is returned.

    Shapes: two of (batch, height, width, channels) -> (batch,)
    Args:   largest: the largest number that a pixel can be.
            size: how many rows and columns a window spans; as many as a picture has, at most.
            sigma: the standard deviation of the weights in a window, in pixels.
            k1, k2: how much of `largest` keeps the quotients of brightness and of contrast finite.
    Source: Z. Wang et al., Image quality assessment: from error visibility to structural similarity, 2004, eq. 13.
    """
    moments = jnp.concatenate([first, second, first * first, second * second, first * second], axis=-1)
    mean_1, mean_2, square_1, square_2, product = jnp.split(_averages_inside(moments, size, sigma), 5, axis=-1)
    variances = square_1 - mean_1 * mean_1 + square_2 - mean_2 * mean_2
    covariance = product - mean_1 * mean_2
    least_brightness, least_contrast = (k1 * largest) ** 2, (k2 * largest) ** 2
    brightness = (2 * mean_1 * mean_2 + least_brightness) / (mean_1**2 + mean_2**2 + least_brightness)
    structure = (2 * covariance + least_contrast) / (variances + least_contrast)
    return (brightness * structure).mean(axis=(1, 2, 3))


def _averages_inside(pictures: jax.Array, size: int, sigma: float) -> jax.Array:
    """Returns the weighted averages over all windows that lie inside."""
    deviation = jnp.full(pictures.shape[0], sigma, pictures.dtype)
    blurred = images.blur(pictures, (size, size), (deviation, deviation))
    before, after = (size - 1) // 2, size // 2
    height, width = pictures.shape[1:3]
    return blurred[:, before : height - after, before : width - after]
