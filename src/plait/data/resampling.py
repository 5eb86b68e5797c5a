"""Images of another size, on the host, as `jax.image.resize` makes them without antialiasing.

An image is (height, width, channels), of floats.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np


def _linear(distance: np.ndarray) -> np.ndarray:
    return np.maximum(1 - distance, 0)


def _cubic(x: np.ndarray) -> np.ndarray:
    """Returns the weights of R. Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981."""
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _lanczos(radius: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: np.where(x < radius, np.sinc(x) * np.sinc(x / radius), 0)


# How many pixels away a pixel has a weight, and the weight at a distance.
_KERNELS: dict[str, tuple[int, Callable[[np.ndarray], np.ndarray]]] = {
    "bilinear": (1, _linear),
    "bicubic": (2, _cubic),
    "lanczos3": (3, _lanczos(3)),
    "lanczos5": (5, _lanczos(5)),
}
METHODS = ("nearest", *_KERNELS)


def resize(image: np.ndarray, size: tuple[int, int], method: str) -> np.ndarray:
    """Returns an image of this height and width.

    Shapes: (any, any, channels) -> (height, width, channels)
    Args:   method: one of METHODS.
    """
    for axis, length in enumerate(size):
        if image.shape[axis] != length:
            image = _along(axis, image, length, method)
    return image


def _along(axis: int, image: np.ndarray, length: int, method: str) -> np.ndarray:
    before = image.shape[axis]
    if method == "nearest":
        return np.take(image, (2 * np.arange(length) + 1) * before // (2 * length), axis)
    reach, kernel = _KERNELS[method]
    # The middle of a pixel is half a pixel from its ends, before and after.
    places = (np.arange(length) + 0.5) * before / length - 0.5
    neighbours = np.floor(places).astype(int)[:, None] + np.arange(1 - reach, reach + 1)
    is_inside = (neighbours >= 0) & (neighbours < before)
    weights = kernel(np.abs(places[:, None] - neighbours)) * is_inside
    weights = (weights / weights.sum(axis=1, keepdims=True)).astype(image.dtype)
    neighbours = np.clip(neighbours, 0, before - 1)
    shape = [1] * image.ndim
    shape[axis] = length
    terms = (
        np.take(image, neighbours[:, number], axis) * weights[:, number].reshape(shape) for number in range(2 * reach)
    )
    return functools.reduce(np.add, terms)


def crop_to_aspect_ratio(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Returns the largest part in the middle that is as wide for its height as `size`."""
    height, width = image.shape[:2]
    rows = max(min(height, int(width * size[0] / size[1])), 1)
    columns = max(min(width, int(height * size[1] / size[0])), 1)
    top, left = (height - rows) // 2, (width - columns) // 2
    return image[top : top + rows, left : left + columns]


def pad_to_aspect_ratio(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Returns the image between two equal margins of 0, so that it is as wide for its height as `size`."""
    height, width = image.shape[:2]
    rows = (max(height, int(width * size[0] / size[1])) - height) // 2
    columns = 0 if rows else (max(width, int(height * size[1] / size[0])) - width) // 2
    return np.pad(image, ((rows, rows), (columns, columns), (0, 0)))
