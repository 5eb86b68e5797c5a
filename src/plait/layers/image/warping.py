"""Images seen from another side, or bent, at random."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from plait.core import registry
from plait.core.fields import dataclass
from plait.functional import colors, images
from plait.graph import checks
from plait.layers.image.image_layer import (
    RandomImageLayer,
    Span,
    check_number,
    check_sampling,
    chosen,
    complete_value_range,
    drawn,
    span,
)


@registry.register
@dataclass(eq=False, repr=False)
class RandomPerspective(RandomImageLayer):
    """Shows some images from another side in training.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   factor: the probability of a change; it is drawn itself, from 0 to this, or between two.
            scale: how far a corner is moved, in heights and widths: half of this at most; from 0 to 1.
            interpolation: "bilinear" or "nearest".
            fill_value: what is outside of the images.
            seed: makes the draws differ from those with another seed.
    """

    factor: float | Span = 1.0
    scale: float = 1.0
    interpolation: str = "bilinear"
    fill_value: float = 0.0
    seed: int | None = None
    data_format: str | None = None

    def check(self) -> None:
        """Checks probability, distance and sampling."""
        super().check()
        self.factor = span(self, "factor", 0, 1)
        checks.rates(self, "scale")
        checks.one_of(self, "interpolation", images.INTERPOLATIONS)
        check_number(self, "fill_value")

    def altered(self, batch: Any, key: jax.Array) -> Any:
        """Moves the corners."""
        of_choice, of_corners = jax.random.split(key)
        bottom, right = batch.shape[1] - 1, batch.shape[2] - 1
        corners = jnp.asarray([[0, 0], [right, 0], [0, bottom], [right, bottom]], "float32")[None]
        limit = self.scale / 2
        moves = jax.random.uniform(of_corners, (batch.shape[0], 4, 2), "float32", -limit, limit)
        matrices = images.perspective(jnp.broadcast_to(corners, moves.shape), corners + corners * moves)
        changed = images.project(batch, matrices, self.interpolation, "constant", self.fill_value)
        return colors.choose(chosen(of_choice, batch, span(self, "factor", 0, 1)), changed, batch)


@registry.register
@dataclass(eq=False, repr=False)
class RandomElasticTransform(RandomImageLayer):
    """Bends some images in training, as if they were drawn on rubber.

    Rows and columns are moved by different noise; in Keras by the same.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   factor: the probability of a change; it is drawn itself, from 0 to this, or between two.
            scale: how much is bent, at most, or at least and at most, from 0 to 1.
            interpolation: "bilinear" or "nearest".
            fill_mode: "reflect", "mirror", "wrap", "nearest", or "constant", which is fill_value.
            value_range: between which numbers the colors are.
            seed: makes the draws differ from those with another seed.
    Source: P. Simard et al., Best practices for convolutional neural networks, 2003.
    """

    factor: float | Span = 1.0
    scale: float | Span = 1.0
    interpolation: str = "bilinear"
    fill_mode: str = "reflect"
    fill_value: float = 0.0
    value_range: Span = (0, 255)
    seed: int | None = None
    data_format: str | None = None

    def check(self) -> None:
        """Checks probability, strength, sampling and range."""
        super().check()
        self.factor, self.scale = span(self, "factor", 0, 1), span(self, "scale", 0, 1)
        check_sampling(self, "mirror")
        complete_value_range(self)

    def altered(self, batch: Any, key: jax.Array) -> Any:
        """Bends."""
        strongest, likeliest = span(self, "scale", 0, 1), span(self, "factor", 0, 1)
        if strongest[1] == 0 or likeliest[1] == 0:
            return batch
        of_choice, of_strength, of_noise = jax.random.split(key, 3)
        height, width = batch.shape[1:3]
        # Without any strength there is no direction to move in: the least keeps a 0 from a division by 0.
        strength = jnp.maximum(drawn(of_strength, batch, strongest), 1e-6)
        alpha, sigma = strength * (0.1 * max(height, width)), strength * (0.05 * min(height, width))
        most = int(3 * 0.05 * min(height, width) * strongest[1]) + 1
        noise = jax.random.normal(of_noise, (*batch.shape[:3], 2), "float32")
        filling = (self.interpolation, self.fill_mode, self.fill_value)
        changed = images.bend(batch, noise, alpha, sigma, most, *filling)
        changed = colors.choose(chosen(of_choice, batch, likeliest), changed, batch)
        return jnp.clip(changed, *self.value_range)
