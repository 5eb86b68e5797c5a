"""The colors of images: brightness, contrast, hue, saturation, histograms.

Images are (batch, height, width, channels), floating, of red, green and blue; what differs from image to image is
(batch,).
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

Range = tuple[float, float]
BYTES = (0, 255)
# The parts of red, green and blue in how bright a color is, by ITU-R BT.601.
_LUMINANCE = (0.2989, 0.5870, 0.1140)


def rescale(images: jax.Array, source: Range, target: Range) -> jax.Array:
    """Returns the images' numbers moved from one range to another."""
    if tuple(source) == tuple(target):
        return images
    return (images - source[0]) / (source[1] - source[0]) * (target[1] - target[0]) + target[0]


def grayscale(images: jax.Array) -> jax.Array:
    """Returns how bright each pixel is.

    Shapes: (..., 3) or (..., 1) -> (..., 1)
    """
    if images.shape[-1] == 1:
        return images
    return jnp.tensordot(images, jnp.asarray(_LUMINANCE, images.dtype)[:, None], axes=1, precision="highest")


def blend(images: jax.Array, others: jax.Array, part: jax.Array) -> jax.Array:
    """Returns the images, with this part of them replaced by others."""
    return images + per_image(part, images) * (others - images)


def per_image(numbers: jax.Array, images: jax.Array) -> jax.Array:
    """Returns one number per image in the images' dtype, with axes to broadcast along them."""
    return numbers.astype(images.dtype).reshape(-1, 1, 1, 1)


def choose(is_chosen: jax.Array, changed: jax.Array, images: jax.Array) -> jax.Array:
    """Returns the changed image where it is chosen, else the image."""
    return jnp.where(is_chosen.reshape(-1, 1, 1, 1), changed, images)


def adjust_contrast(images: jax.Array, factor: jax.Array) -> jax.Array:
    """Returns the images with each channel's distance from its mean multiplied."""
    mean = images.mean(axis=(1, 2), keepdims=True)
    return (images - mean) * per_image(factor, images) + mean


def to_hsv(images: jax.Array) -> jax.Array:
    """Returns hue and saturation, from 0 to 1, and value, the largest of red, green and blue.

    Shapes: (..., 3) -> (..., 3)
    """
    images = jnp.where(jnp.abs(images) < jnp.finfo(images.dtype).eps, jnp.zeros_like(images), images)
    red, green, blue = (images[..., channel] for channel in range(3))
    value = images.max(axis=-1)
    spread = value - images.min(axis=-1)
    sixth = 1 / (6 * jnp.where(spread > 0, spread, 1))
    hue = jnp.where(value == green, sixth * (blue - red) + 2 / 6, sixth * (red - green) + 4 / 6)
    hue = jnp.where(value == red, sixth * (green - blue), hue)
    hue = jnp.where(spread > 0, hue, 0)
    saturation = jnp.where(value > 0, spread / jnp.where(value > 0, value, 1), 0)
    return jnp.stack([jnp.where(hue < 0, hue + 1, hue), saturation, value], axis=-1)


def to_rgb(images: jax.Array) -> jax.Array:
    """Returns red, green and blue of hue, saturation and value.

    Shapes: (..., 3) -> (..., 3)
    """
    hue, saturation, value = (images[..., channel] for channel in range(3))
    sixths = hue % 1 * 6
    pure = [jnp.abs(sixths - 3) - 1, 2 - jnp.abs(sixths - 2), 2 - jnp.abs(sixths - 4)]
    return jnp.stack([value * (1 - saturation + saturation * jnp.clip(one, 0, 1)) for one in pure], axis=-1)


def adjust_saturation(images: jax.Array, factor: jax.Array, limits: Range) -> jax.Array:
    """Returns the images with their saturation multiplied, and kept within limits."""
    hsv = to_hsv(images)
    saturation = jnp.clip(hsv[..., 1] * per_image(factor, images)[..., 0], *limits)
    return to_rgb(jnp.stack([hsv[..., 0], saturation, hsv[..., 2]], axis=-1))


def adjust_hue(images: jax.Array, shift: jax.Array) -> jax.Array:
    """Returns the images, numbers from 0 to 1, with all hues moved by a part of the circle, from -1 to 1."""
    hsv = to_hsv(images)
    hue = hsv[..., 0] + per_image(shift, images)[..., 0]
    hue = jnp.where(hue > 1, hue - 1, jnp.where(hue < 0, hue + 1, hue))
    return jnp.clip(to_rgb(jnp.stack([hue, hsv[..., 1], hsv[..., 2]], axis=-1)), 0, 1)


def posterize(images: jax.Array, bits: jax.Array) -> jax.Array:
    """Returns the images, numbers from 0 to 255, with this many leading bits of each."""
    shift = (8 - bits).astype("uint8").reshape(-1, 1, 1, 1)
    return (images.astype("uint8") >> shift << shift).astype(images.dtype)


def solarize(images: jax.Array, addition: jax.Array, threshold: jax.Array) -> jax.Array:
    """Returns the images, numbers from 0 to 255, with all that reaches a threshold after an addition inverted."""
    raised = jnp.clip(images + per_image(addition, images), *BYTES)
    return jnp.where(raised < per_image(threshold, images), raised, 255 - raised)


def stretch(images: jax.Array) -> jax.Array:
    """Returns the images with each channel stretched to 0 to 255; one of a single color stays."""
    low, high = images.min(axis=(1, 2), keepdims=True), images.max(axis=(1, 2), keepdims=True)
    scale = 255 / jnp.where(high > low, high - low, 1)
    return jnp.where(high > low, jnp.clip(images * scale - low * scale, *BYTES), images)


def equalize(images: jax.Array, bins: int) -> jax.Array:
    """Returns the images, numbers from 0 to 255, with each channel's numbers equally frequent in the whole batch.

    A channel of a single color stays.
    """
    return jnp.stack([_equalized(images[..., channel], bins) for channel in range(images.shape[-1])], axis=-1)


def _equalized(channel: jax.Array, bins: int) -> jax.Array:
    def binned(numbers: Any) -> jax.Array:
        return jnp.clip(numbers, 0, bins - 1).astype("int32")

    counts = jnp.zeros(bins, "int32").at[binned(channel.astype("float32") * (bins - 1) / 255)].add(1)
    below = jnp.cumsum(counts)
    first = below[jnp.argmax(below > 0)]
    shares = (below - first).astype("float32") * 255 / jnp.maximum(below[-1] - first, 1).astype("float32")
    equal = jnp.clip(jnp.round(shares), *BYTES).astype(channel.dtype)[binned(channel / 255 * (bins - 1))]
    return jnp.where((counts > 0).sum() > 1, equal, channel)


def equalize_locally(images: jax.Array, tiles: tuple[int, int], limit: float) -> jax.Array:
    """Returns the images, numbers from 0 to 255, with those of each neighborhood about equally frequent.

    Each pixel is equalized as the four tiles nearest to it would be, the nearer the more.

    Shapes: (batch, height, width, channels) -> the same
    Args:   tiles: how many along height and width; images are continued by their mirror image to fill the last.
            limit: how often a number may occur in a tile, as a multiple of the average; what is more counts for all
              numbers alike. 0 for no limit.
    Source: K. Zuiderveld, Contrast limited adaptive histogram equalization, 1994.
    """
    height, width = images.shape[1:3]
    lengths = tuple(-(-length // count) for length, count in zip((height, width), tiles, strict=True))
    margins = [(0, count * length - size) for size, count, length in zip((height, width), tiles, lengths, strict=True)]
    pixels = jnp.clip(jnp.pad(images, ((0, 0), *margins, (0, 0)), "symmetric"), *BYTES).astype("int32")
    batch, rows, columns, channels = (
        jnp.arange(size).reshape(tuple(-1 if i == axis else 1 for i in range(4)))
        for axis, size in enumerate(pixels.shape)
    )
    counts = jnp.zeros((images.shape[0], *tiles, images.shape[3], 256), "float32")
    counts = counts.at[batch, rows // lengths[0], columns // lengths[1], channels, pixels].add(1)
    levels = _levels(counts, lengths[0] * lengths[1], limit)

    def at(row: Any, column: Any) -> jax.Array:
        """Returns what the pixels become in these tiles."""
        inside = [jnp.clip(one, 0, count - 1).astype("int32") for one, count in zip((row, column), tiles, strict=True)]
        return levels[batch, *inside, channels, pixels]

    y, x = ((one.astype("float32") - length / 2) / length for one, length in zip((rows, columns), lengths, strict=True))
    top, left = jnp.floor(y), jnp.floor(x)
    above, below = (at(row, left) * (1 - (x - left)) + at(row, left + 1) * (x - left) for row in (top, top + 1))
    return (above * (1 - (y - top)) + below * (y - top))[:, :height, :width].astype(images.dtype)


def _levels(counts: jax.Array, area: int, limit: float) -> jax.Array:
    """Returns what each number from 0 to 255 becomes, given how often each occurs in a tile of this area."""
    if limit > 0:
        limited = jnp.minimum(counts, limit * area / 256)
        counts = limited + (counts - limited).sum(axis=-1, keepdims=True) / 256
    below = jnp.cumsum(counts, axis=-1)
    least = below.min(axis=-1, keepdims=True)
    rest = area - least
    return jnp.clip((below - least) * 255 / jnp.where(rest == 0, 1, rest), *BYTES)
