"""Pixels taken from other places: images moved by matrices, seen from another side, bent, scaled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import errors, keys
from plait.functional import images as arithmetic
from plait.graph.operators import lift
from plait.ops.image import layout

__all__ = [
    "affine_transform", "elastic_transform", "map_coordinates", "perspective_transform", "scale_and_translate",
]  # fmt: skip

_FILL_MODES = (*arithmetic.FILL_MODES, "mirror")


@lift
def affine_transform(
    images: Any,
    transform: Any,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Any:
    """Returns images whose pixel at (x, y) is the given one at ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k).

    Shapes: (batch, height, width, channels), or without batch; transform (8,) for all images, or (batch, 8) -> images
    Args:   transform: a0, a1, a2, b0, b1, b2, c0, c1, where k is c0 x + c1 y + 1.
            interpolation: "bilinear" or "nearest".
            fill_mode: how images go on outside: "constant" by fill_value, "reflect", "mirror", "wrap" or "nearest".
    Errors: ValueError for a wrong argument or shape.
    """
    _check_names(interpolation, fill_mode)
    rows = layout.wide(transform)
    if rows.ndim not in (1, 2) or rows.shape[-1] != 8:
        raise ValueError(
            errors.explain(
                f"affine_transform needs a transform of shape (8,), or (batch, 8), got {rows.shape}.",
                "Its numbers are a0, a1, a2, b0, b1, b2, c0, c1; the last two are 0 unless the view is in perspective.",
            )
        )
    rows = rows.reshape(-1, 8)
    matrices = jnp.concatenate([rows, jnp.ones_like(rows[:, :1])], axis=1).reshape(-1, 3, 3)
    filling = (interpolation, fill_mode, fill_value)
    return _moved(images, data_format, lambda batch: arithmetic.project(batch, _per_image(matrices, batch), *filling))


@lift
def perspective_transform(
    images: Any,
    start_points: Any,
    end_points: Any,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Any:
    """Returns images as seen from another side: what is at four points comes to stand at four others.

    Shapes: (batch, height, width, channels), or without batch; points (4, 2) for all images, or (batch, 4, 2)
            -> the images' shape
    Args:   start_points, end_points: where they are and where they come to stand, (x, y) each, in pixels.
            interpolation: "bilinear" or "nearest".
            fill_value: what is outside of the images.
    Errors: ValueError for a wrong argument or shape.
    """
    _check_names(interpolation)
    start, end = layout.wide(start_points), layout.wide(end_points)
    if start.shape != end.shape or start.ndim not in (2, 3) or start.shape[-2:] != (4, 2):
        raise ValueError(
            errors.explain(
                "perspective_transform needs start_points and end_points of shape (4, 2), or (batch, 4, 2), got "
                f"{start.shape} and {end.shape}."
            )
        )
    matrices = arithmetic.perspective(start.reshape(-1, 4, 2), end.reshape(-1, 4, 2))
    filling = (interpolation, "constant", fill_value)
    return _moved(images, data_format, lambda batch: arithmetic.project(batch, _per_image(matrices, batch), *filling))


@lift
def elastic_transform(
    images: Any,
    alpha: float = 20.0,
    sigma: float = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: keys.Seed = None,
    data_format: str | None = None,
) -> Any:
    """Returns images bent at random, each in its own way, as if they were drawn on rubber.

    Rows and columns are moved by different noise; in Keras by the same.

    Args:   alpha, sigma: how strong and how smooth the moves are, in pixels; sigma is above 0.
            interpolation: "bilinear" or "nearest".
            fill_mode: how images go on outside: "constant" by fill_value, "reflect", "mirror", "wrap" or "nearest".
            seed: an integer for the same moves every time, or a `random.SeedGenerator`.
    Errors: ValueError for a wrong argument or shape.
    Source: P. Simard et al., Best practices for convolutional neural networks, 2003.
    """
    _check_names(interpolation, fill_mode)
    if sigma <= 0:
        raise ValueError(errors.explain(f"elastic_transform needs a number above 0 for sigma, got {sigma!r}."))

    def bent(batch: jax.Array) -> jax.Array:
        count = batch.shape[0]
        key = keys.for_seed(seed)
        # That of columns is the one that Keras draws.
        noise = [jax.random.normal(one, batch.shape[:3], "float32") for one in (key, jax.random.fold_in(key, 1))]
        strength, smoothness = (jnp.full(count, number, "float32") for number in (alpha, sigma))
        most = int(3 * sigma) + 1
        filling = (interpolation, fill_mode, fill_value)
        return arithmetic.bend(batch, jnp.stack(noise, axis=-1), strength, smoothness, most, *filling)

    return _moved(images, data_format, bent)


def _moved(images: Any, data_format: str | None, move: Callable[[jax.Array], jax.Array]) -> jax.Array:
    """Returns what a function of a batch makes of the images, in their dtype."""
    images = jnp.asarray(images)
    batch = move(layout.wide(layout.batched(images, data_format)))
    if not jnp.issubdtype(images.dtype, jnp.floating):
        # Half goes away from 0 where pixels are sampled, in JAX as in Keras.
        batch = jax.lax.round(batch)
    return layout.as_given(batch, images, data_format)


def _per_image(matrices: jax.Array, batch: jax.Array) -> jax.Array:
    """Returns a matrix for each image, of as many or of one for all."""
    if matrices.shape[0] not in (1, batch.shape[0]):
        raise ValueError(
            errors.explain(
                f"{batch.shape[0]} images are moved by one transform for all, or one for each, got {matrices.shape[0]}."
            )
        )
    return jnp.broadcast_to(matrices, (batch.shape[0], 3, 3))


def _check_names(interpolation: str, fill_mode: str = "constant") -> None:
    """Makes sure that there is such an interpolation and such a way to go on outside."""
    if interpolation not in arithmetic.INTERPOLATIONS:
        raise errors.unknown("interpolation", interpolation, arithmetic.INTERPOLATIONS)
    if fill_mode not in _FILL_MODES:
        raise errors.unknown("fill_mode", fill_mode, _FILL_MODES)


# ------------------------------------------------------------------------------------------ any number of axes


@lift
def map_coordinates(
    inputs: Any, coordinates: Any, order: int, fill_mode: str = "constant", fill_value: float = 0
) -> Any:
    """Returns the numbers at places between the elements.

    Shapes: inputs any, coordinates (axes of inputs, ...) -> (...)
    Args:   order: 0 for the nearest element, 1 to interpolate.
            fill_mode: "constant", "nearest", "wrap", "mirror" or "reflect", what lies outside.
    Errors: ValueError for another order or mode, or coordinates of another number of axes.
    """
    if order not in (0, 1) or jnp.shape(coordinates)[:1] != (jnp.ndim(inputs),):
        raise ValueError(
            errors.explain(
                f"map_coordinates needs an order of 0 or 1, and coordinates of shape ({jnp.ndim(inputs)}, ...), got "
                f"order {order!r} and shape {jnp.shape(coordinates)}."
            )
        )
    if fill_mode not in _FILL_MODES:
        raise errors.unknown("fill_mode", fill_mode, _FILL_MODES)
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
