"""Images: resized, cropped, moved, bent, blurred.

Images are (batch, height, width, channels), floating; what differs from image to image, such as an angle, is (batch,).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

RESIZING_METHODS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")
INTERPOLATIONS = ("nearest", "bilinear")
FILL_MODES = ("reflect", "wrap", "constant", "nearest")


def cast(array: jax.Array, dtype: Any) -> jax.Array:
    """Returns the array in another dtype; rounded, and as close as the dtype comes, where that one is of integers."""
    if array.dtype == dtype:
        return array
    if jnp.issubdtype(dtype, jnp.integer):
        # The largest int32 is no float32: XLA clips such a number by itself.
        limits = jnp.iinfo(dtype)
        array = jnp.clip(jnp.round(array), float(limits.min), float(limits.max))
    return array.astype(dtype)


# ---------------------------------------------------------------------------------------------- size


def resize(images: jax.Array, size: tuple[int, int], method: str = "bilinear", antialias: bool = False) -> jax.Array:
    """Returns images of this height and width.

    Shapes: (batch, any, any, channels) -> (batch, height, width, channels)
    Args:   method: one of RESIZING_METHODS.
            antialias: whether a smaller image is made of averages.
    """
    return jax.image.resize(images, (images.shape[0], *size, images.shape[3]), method, antialias=antialias)


def crop_to_aspect_ratio(images: jax.Array, size: tuple[int, int]) -> jax.Array:
    """Returns the largest part in the middle that is as wide for its height as `size`."""
    return crop_center(images, aspect_window(images, size))


def aspect_window(images: jax.Array, size: tuple[int, int]) -> tuple[int, int]:
    """Returns the largest height and width in the images that are in the proportions of `size`, rounded down."""
    height, width = images.shape[1:3]
    return (
        max(min(height, int(width * size[0] / size[1])), 1),
        max(min(width, int(height * size[1] / size[0])), 1),
    )


def crop_center(images: jax.Array, size: tuple[int, int]) -> jax.Array:
    """Returns the part of this size in the middle; an odd row or column is left over at the end."""
    top, left = ((length - part) // 2 for length, part in zip(images.shape[1:3], size, strict=True))
    return images[:, top : top + size[0], left : left + size[1]]


def pad_to_aspect_ratio(images: jax.Array, size: tuple[int, int], fill_value: float = 0.0) -> jax.Array:
    """Returns the images with margins as wide on both sides, so that they are as wide for their height as `size`."""
    height, width = images.shape[1:3]
    rows = (max(height, int(width * size[0] / size[1])) - height) // 2
    columns = 0 if rows else (max(width, int(height * size[1] / size[0])) - width) // 2
    margins = ((0, 0), (rows, rows), (columns, columns), (0, 0))
    return jnp.pad(images, margins, constant_values=jnp.asarray(fill_value, images.dtype))


def crop(images: jax.Array, top: jax.Array, left: jax.Array, size: tuple[int, int]) -> jax.Array:
    """Returns of each image the part of this size that begins at its row `top` and its column `left`."""
    rows = top[:, None, None] + jnp.arange(size[0], dtype=top.dtype)[None, :, None]
    columns = left[:, None, None] + jnp.arange(size[1], dtype=left.dtype)[None, None, :]
    return _pixels(images, rows, columns)


# ---------------------------------------------------------------------------------------------- sampling


def sample(
    images: jax.Array,
    rows: jax.Array,
    columns: jax.Array,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
) -> jax.Array:
    """Returns the images' values at places between their pixels, and outside of them.

    Shapes: (batch, height, width, channels), rows and columns (batch, ...) -> (batch, ..., channels)
    Args:   interpolation: one of INTERPOLATIONS.
            fill_mode: what an image is continued with: "reflect" d c b a | a b c d | d c b a,
              "mirror" d c b | a b c d | c b a, "wrap" a b c d | a b c d, "nearest" a a | a b c d | d d,
              or "constant", which is fill_value.
    """
    height, width = images.shape[1:3]
    # The wider of the two: half precision is too coarse for places.
    total = jnp.zeros((), max(images.dtype, rows.dtype, key=lambda dtype: dtype.itemsize))
    for (row, row_weight), (column, column_weight) in itertools.product(
        _NEIGHBOURS[interpolation](rows), _NEIGHBOURS[interpolation](columns)
    ):
        if fill_mode == "constant":
            is_inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            pixels = _pixels(images, jnp.clip(row, 0, height - 1), jnp.clip(column, 0, width - 1))
            pixels = jnp.where(is_inside[..., None], pixels, jnp.asarray(fill_value, pixels.dtype))
        else:
            pixels = _pixels(images, _INSIDE[fill_mode](row, height), _INSIDE[fill_mode](column, width))
        weight = (row_weight * column_weight)[..., None].astype(total.dtype)
        total = total + weight * pixels.astype(total.dtype)
    return total.astype(images.dtype)


def _pixels(images: jax.Array, rows: jax.Array, columns: jax.Array) -> jax.Array:
    numbers = jnp.arange(images.shape[0], dtype=rows.dtype).reshape((-1,) + (1,) * (rows.ndim - 1))
    return images[numbers, rows, columns]


def _nearest(places: jax.Array) -> list[tuple[jax.Array, jax.Array]]:
    # Half goes away from 0.
    return [(jax.lax.round(places).astype("int32"), jnp.ones_like(places))]


def _linear(places: jax.Array) -> list[tuple[jax.Array, jax.Array]]:
    before = jnp.floor(places)
    index, part = before.astype("int32"), places - before
    return [(index, 1 - part), (index + 1, part)]


def _mirrored(index: jax.Array, size: int) -> jax.Array:
    last = size - 1
    return jnp.abs((index + last) % max(2 * last, 1) - last)


# The places next to one between pixels, with their weights; and the pixel that stands for one outside.
_NEIGHBOURS = {"nearest": _nearest, "bilinear": _linear}
_INSIDE = {
    "nearest": lambda index, size: jnp.clip(index, 0, size - 1),
    "wrap": lambda index, size: index % size,
    "mirror": _mirrored,
    "reflect": lambda index, size: (_mirrored(2 * index + 1, 2 * size + 1) - 1) // 2,
}


# ---------------------------------------------------------------------------------------------- moving


def move(images: jax.Array, matrices: jax.Array, *filling: Any) -> jax.Array:
    """Returns images whose pixel at (x, y) is the given one at `matrix @ (x, y, 1)`.

    Shapes: (batch, height, width, channels), matrices (batch, 2, 3) -> the images' shape
    Args:   filling: interpolation, fill_mode and fill_value, as `sample` takes them.
    """
    x, y = _grid(images, matrices.dtype)
    columns, rows = (
        _each(matrices[:, i, 1]) * y + _each(matrices[:, i, 0]) * x + _each(matrices[:, i, 2]) for i in (0, 1)
    )
    return sample(images, rows, columns, *filling)


def rotation(angle: jax.Array, height: int, width: int) -> jax.Array:
    """Returns the matrices that turn images about their middle; radians, counter-clockwise as they are shown.

    Shapes: (batch,) -> (batch, 2, 3)
    """
    cosine, sine = jnp.cos(angle), jnp.sin(angle)
    x, y = (width - 1) / 2, (height - 1) / 2
    return _matrices((cosine, -sine, x - x * cosine + y * sine), (sine, cosine, y - x * sine - y * cosine))


def zoom(rows: jax.Array, columns: jax.Array, height: int, width: int) -> jax.Array:
    """Returns the matrices that show `rows` times the height and `columns` times the width: below 1 zooms in.

    Shapes: two of (batch,) -> (batch, 2, 3)
    """
    return _matrices(
        (columns, 0, (width - 1) / 2 * (1 - columns)),
        (0, rows, (height - 1) / 2 * (1 - rows)),
    )


def translation(rows: jax.Array, columns: jax.Array) -> jax.Array:
    """Returns the matrices that move images down and to the right by this many pixels.

    Shapes: two of (batch,) -> (batch, 2, 3)
    """
    return _matrices((1, 0, -columns), (0, 1, -rows))


def shear(x: jax.Array, y: jax.Array) -> jax.Array:
    """Returns the matrices that add x times the row to the column, and y times the column to the row.

    Shapes: two of (batch,) -> (batch, 2, 3)
    """
    return _matrices((1, x, 0), (y, 1, 0))


def perspective(start: jax.Array, end: jax.Array) -> jax.Array:
    """Returns the matrices of the projections that take four points `end` to `start`.

    Shapes: two of (batch, 4, 2), each point (x, y) -> (batch, 3, 3)
    """
    (x, y), (u, v) = (jnp.moveaxis(points, -1, 0) for points in (end, start))
    zero, one = jnp.zeros_like(x), jnp.ones_like(x)
    equations = [
        jnp.stack([x, y, one, zero, zero, zero, -u * x, -u * y], axis=-1),
        jnp.stack([zero, zero, zero, x, y, one, -v * x, -v * y], axis=-1),
    ]
    found = jnp.linalg.solve(jnp.concatenate(equations, axis=1), jnp.concatenate([u, v], axis=1)[..., None])
    return jnp.concatenate([found[..., 0], one[:, :1]], axis=1).reshape(-1, 3, 3)


def project(images: jax.Array, matrices: jax.Array, *filling: Any) -> jax.Array:
    """Returns images whose pixel at (x, y) is the given one at (u/w, v/w), of `(u, v, w) = matrix @ (x, y, 1)`.

    Shapes: (batch, height, width, channels), matrices (batch, 3, 3) -> the images' shape
    Args:   filling: interpolation, fill_mode and fill_value, as `sample` takes them.
    """
    x, y = _grid(images, matrices.dtype)
    u, v, w = (_each(matrices[:, i, 0]) * x + _each(matrices[:, i, 1]) * y + _each(matrices[:, i, 2]) for i in range(3))
    return sample(images, v / w, u / w, *filling)


def bend(
    images: jax.Array, noise: jax.Array, alpha: jax.Array, sigma: jax.Array, most: int, *filling: Any
) -> jax.Array:
    """Returns images whose pixels are moved by smooth noise.

    Shapes: (batch, height, width, channels), noise (batch, height, width, 2) for x and y -> the images' shape
    Args:   noise: of variance 1.
            alpha, sigma: how strong and how smooth the moves are, in pixels.
            most: no window reaches further than this from its middle; 3 times the largest sigma.
            filling: interpolation, fill_mode and fill_value, as `sample` takes them.
    Source: P. Simard et al., Best practices for convolutional neural networks, 2003.
    """
    reach = jnp.floor(3 * sigma)
    smooth = _blurred(_each(sigma)[..., None] * noise, (sigma, sigma), (reach, reach), (most, most))
    moves = _each(alpha)[..., None] * smooth
    x, y = _grid(images, noise.dtype)
    return sample(images, y + moves[..., 1], x + moves[..., 0], *filling)


def _matrices(*rows: Sequence[Any]) -> jax.Array:
    like = next(entry for row in rows for entry in row if isinstance(entry, jax.Array))
    full = [[jnp.broadcast_to(jnp.asarray(entry, like.dtype), like.shape) for entry in row] for row in rows]
    return jnp.stack([jnp.stack(row, axis=-1) for row in full], axis=1)


def _grid(images: jax.Array, dtype: Any) -> tuple[jax.Array, jax.Array]:
    height, width = images.shape[1:3]
    return jnp.arange(width, dtype=dtype)[None, None, :], jnp.arange(height, dtype=dtype)[None, :, None]


def _each(numbers: jax.Array) -> jax.Array:
    return numbers[:, None, None]


# ---------------------------------------------------------------------------------------------- smoothing


def blur(images: jax.Array, size: tuple[int, int], sigma: tuple[jax.Array, jax.Array]) -> jax.Array:
    """Returns the images averaged over windows with the weights of a normal distribution; outside there are zeros.

    Shapes: (batch, height, width, channels) -> the same
    Args:   size: how many rows and columns a window spans; an even one reaches one further after its pixel.
            sigma: the standard deviations along rows and columns, in pixels, (batch,) each.
    """
    reach = [jnp.full_like(one, (length - 1) / 2) for one, length in zip(sigma, size, strict=True)]
    return _blurred(images, sigma, reach, (size[0] // 2, size[1] // 2))


def _blurred(images: jax.Array, sigma: Any, reach: Any, most: tuple[int, int]) -> jax.Array:
    # As two products with matrices, however wide the window is.
    rows, columns = (_bands(images.shape[1 + i], sigma[i], reach[i], most[i]).astype(images.dtype) for i in (0, 1))
    return jnp.einsum("bij,bjkc,blk->bilc", rows, images, columns, precision="highest")


def _bands(length: int, sigma: jax.Array, reach: jax.Array, most: int) -> jax.Array:
    """Returns for each image the (length, length) weights of one element in the average at another."""

    def weights(offset: jax.Array) -> jax.Array:
        # The middle of a window is a pixel, or half a pixel after it.
        distance = jnp.abs(offset.astype(sigma.dtype)[None] - _each(reach % 1))
        return jnp.where(distance <= _each(reach), jnp.exp(-0.5 * (distance / _each(sigma)) ** 2), 0)

    index = jnp.arange(length)
    total = weights(jnp.arange(-most, most + 1)[:, None]).sum(axis=1, keepdims=True)
    return weights(index[None, :] - index[:, None]) / total


def smooth(images: jax.Array) -> jax.Array:
    """Returns the images averaged over windows of 3 by 3, the middle counted five times; outside there are zeros.

    Shapes: (batch, height, width, channels) -> the same
    """
    padded = jnp.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    of_rows = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    return (of_rows[:, :, :-2] + of_rows[:, :, 1:-1] + of_rows[:, :, 2:] + 4 * images) / 13


# ---------------------------------------------------------------------------------------------- erasing


def erase(images: jax.Array, rows: Any, columns: Any, filling: jax.Array) -> jax.Array:
    """Returns the images with a box of each replaced.

    Shapes: (batch, height, width, channels) -> the same; filling is of that shape, or broadcasts to it
    Args:   rows, columns: where the box begins, and where it has ended; (batch,) each.
    """
    x, y = _grid(images, rows[0].dtype)
    is_inside = (y >= _each(rows[0])) & (y < _each(rows[1])) & (x >= _each(columns[0])) & (x < _each(columns[1]))
    return jnp.where(is_inside[..., None], filling, images)
