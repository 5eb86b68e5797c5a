"""Images that are mirrored, turned, zoomed, moved and sheared at random."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from plait.core import registry
from plait.core.fields import dataclass
from plait.functional import colors, images
from plait.graph import checks
from plait.layers.image.image_layer import RandomImageLayer, Span, check_sampling, drawn, signs, span

_FLIPPED_AXES = {"horizontal": (2,), "vertical": (1,), "horizontal_and_vertical": (1, 2)}


@registry.register
@dataclass(eq=False, repr=False)
class RandomFlip(RandomImageLayer):
    """Mirrors every second image in training.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   mode: "horizontal" swaps left and right, "vertical" up and down, "horizontal_and_vertical" both at once.
            seed: makes the draws differ from those with another seed.
    """

    mode: str = "horizontal_and_vertical"
    seed: int | None = None
    data_format: str | None = None

    def check(self) -> None:
        """Checks the mode."""
        super().check()
        checks.one_of(self, "mode", tuple(_FLIPPED_AXES))

    def altered(self, batch: Any, key: jax.Array) -> Any:
        """Mirrors."""
        return colors.choose(drawn(key, batch, (0.0, 1.0)) <= 0.5, jnp.flip(batch, _FLIPPED_AXES[self.mode]), batch)


class MovedImages(RandomImageLayer):
    """Moves the pixels of each image by a matrix; a subclass has the fields that say how to sample."""

    interpolation: str
    fill_mode: str
    fill_value: float

    def check(self) -> None:
        """Checks how to sample."""
        super().check()
        check_sampling(self)

    def altered(self, batch: Any, key: jax.Array) -> Any:
        """Moves."""
        matrices = self.matrices(batch, key)
        return images.move(batch, matrices, self.interpolation, self.fill_mode, self.fill_value)

    def matrices(self, batch: Any, key: jax.Array) -> jax.Array:
        """Returns the drawn (batch, 2, 3) matrices."""
        raise NotImplementedError


@registry.register
@dataclass(eq=False, repr=False)
class RandomRotation(MovedImages):
    """Turns images about their middle in training.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   factor: the largest angle, or smallest and largest, in whole turns, from -1 to 1; counter-clockwise.
            fill_mode: "reflect", "wrap", "nearest", or "constant", which is fill_value.
            interpolation: "bilinear" or "nearest".
            seed: makes the draws differ from those with another seed.
    """

    factor: float | Span
    fill_mode: str = "reflect"
    interpolation: str = "bilinear"
    seed: int | None = None
    fill_value: float = 0.0
    data_format: str | None = None

    def check(self) -> None:
        """Checks the angles."""
        super().check()
        self.factor = span(self, "factor", -1, 1)

    def matrices(self, batch: Any, key: jax.Array) -> jax.Array:
        """Turns."""
        low, high = span(self, "factor", -1, 1)
        angle = jnp.deg2rad(drawn(key, batch, (low * 360, high * 360)))
        return images.rotation(angle, *batch.shape[1:3])


@registry.register
@dataclass(eq=False, repr=False)
class RandomZoom(MovedImages):
    """Zooms in and out in training.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   height_factor: the largest zoom, or smallest and largest, from -1 to 1; -0.2 shows 0.8 of the height,
              0.2 shows 1.2 of it.
            width_factor: the same of the width; None keeps the proportions.
            fill_mode: "reflect", "wrap", "nearest", or "constant", which is fill_value.
            interpolation: "bilinear" or "nearest".
            seed: makes the draws differ from those with another seed.
    """

    height_factor: float | Span
    width_factor: float | Span | None = None
    fill_mode: str = "reflect"
    interpolation: str = "bilinear"
    seed: int | None = None
    fill_value: float = 0.0
    data_format: str | None = None

    def check(self) -> None:
        """Checks the factors."""
        super().check()
        span(self, "height_factor", -1, 1)
        if self.width_factor is not None:
            span(self, "width_factor", -1, 1)

    def matrices(self, batch: Any, key: jax.Array) -> jax.Array:
        """Zooms."""
        of_rows, of_columns = jax.random.split(key)
        rows = columns = 1 + drawn(of_rows, batch, span(self, "height_factor", -1, 1))
        if self.width_factor is not None:
            columns = 1 + drawn(of_columns, batch, span(self, "width_factor", -1, 1))
        return images.zoom(rows, columns, *batch.shape[1:3])


@registry.register
@dataclass(eq=False, repr=False)
class RandomTranslation(MovedImages):
    """Moves images up and down, left and right in training.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   height_factor: the largest move down, or smallest and largest, in heights, from -1 to 1.
            width_factor: the same to the right, in widths.
            fill_mode: "reflect", "wrap", "nearest", or "constant", which is fill_value.
            interpolation: "bilinear" or "nearest".
            seed: makes the draws differ from those with another seed.
    """

    height_factor: float | Span
    width_factor: float | Span
    fill_mode: str = "reflect"
    interpolation: str = "bilinear"
    seed: int | None = None
    fill_value: float = 0.0
    data_format: str | None = None

    def check(self) -> None:
        """Checks the factors."""
        super().check()
        for name in ("height_factor", "width_factor"):
            span(self, name, -1, 1)

    def matrices(self, batch: Any, key: jax.Array) -> jax.Array:
        """Moves."""
        of_rows, of_columns = jax.random.split(key)
        rows = drawn(of_rows, batch, span(self, "height_factor", -1, 1)) * batch.shape[1]
        columns = drawn(of_columns, batch, span(self, "width_factor", -1, 1)) * batch.shape[2]
        return images.translation(rows, columns)


@registry.register
@dataclass(eq=False, repr=False)
class RandomShear(MovedImages):
    """Makes images oblique in training.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   x_factor: how much a row is moved against the one above, at most, or at least and at most, from 0 to 1;
              every second image is moved the other way.
            y_factor: the same of columns.
            fill_mode: "reflect", "wrap", "nearest", or "constant", which is fill_value.
            interpolation: "bilinear" or "nearest".
            seed: makes the draws differ from those with another seed.
    """

    x_factor: float | Span = 0.0
    y_factor: float | Span = 0.0
    interpolation: str = "bilinear"
    fill_mode: str = "reflect"
    fill_value: float = 0.0
    data_format: str | None = None
    seed: int | None = None

    def check(self) -> None:
        """Checks the factors."""
        super().check()
        for name in ("x_factor", "y_factor"):
            self._span(name)

    def matrices(self, batch: Any, key: jax.Array) -> jax.Array:
        """Shears."""
        of_x, of_y, of_signs = jax.random.split(key, 3)
        x, y = drawn(of_x, batch, self._span("x_factor")), drawn(of_y, batch, self._span("y_factor"))
        sign = signs(of_signs, batch)
        return images.shear(sign * x, sign * y)

    def _span(self, name: str) -> Span:
        return span(self, name, 0, 1, least=-1)
