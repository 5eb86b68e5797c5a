"""Boxes of images erased at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.functional import colors, images
from plait.graph.shapes import Shape
from plait.layers.image.image_layer import (
    RandomImageLayer,
    Span,
    check_number,
    chosen,
    complete_value_range,
    drawn,
    placed,
    span,
)


@registry.register
@dataclass(eq=False, repr=False)
class RandomErasing(RandomImageLayer):
    """Replaces a box of some images in training.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   factor: the probability of a change; it is drawn itself, from 0 to this, or between two.
            scale: how much of the image is erased, at most, or at least and at most, from 0 to 1.
            fill_value: what takes its place: a number, one per channel, or None for noise.
            value_range: between which numbers the colors are; the filling is kept there.
            seed: makes the draws differ from those with another seed.
    Errors: ValueError for a wrong argument, or another number of channels than fill_value has numbers.
    Source: Z. Zhong et al., Random erasing data augmentation, 2017.
    """

    factor: float | Span = 1.0
    scale: float | Span = (0.02, 0.33)
    fill_value: float | Sequence[float] | None = None
    value_range: Span = (0, 255)
    seed: int | None = None
    data_format: str | None = None

    def check(self) -> None:
        """Checks probability, area, filling and range."""
        super().check()
        self.factor, self.scale = span(self, "factor", 0, 1), span(self, "scale", 0, 1)
        complete_value_range(self)
        if isinstance(self.fill_value, list | tuple):
            self.fill_value = tuple(float(one) for one in self.fill_value)
        elif self.fill_value is not None:
            check_number(self, "fill_value")

    def build(self, input_shape: Shape) -> None:
        """Makes sure that there is a filling for each channel."""
        channels = input_shape[self.channel_axis]
        if isinstance(self.fill_value, tuple) and channels not in (None, len(self.fill_value)):
            raise ValueError(
                errors.explain(
                    f"{self} needs one number per channel for fill_value, "
                    f"got {len(self.fill_value)} for images of {channels}."
                )
            )

    def altered(self, batch: Any, key: jax.Array) -> Any:
        """Erases."""
        of_choice, of_areas, of_rows, of_columns, of_filling = jax.random.split(key, 5)
        height, width = (jnp.sqrt(drawn(one, batch, span(self, "scale", 0, 1))) for one in jax.random.split(of_areas))
        rows, columns = placed(of_rows, batch, 1, height), placed(of_columns, batch, 2, width)
        erased = images.erase(batch, rows, columns, self._filling(of_filling, batch))
        return colors.choose(chosen(of_choice, batch, span(self, "factor", 0, 1)), erased, batch)

    def _filling(self, key: jax.Array, batch: Any) -> jax.Array:
        if self.fill_value is None:
            noise = jax.random.normal(key, batch.shape, "float32").astype(batch.dtype) * self.value_range[1]
            return jnp.clip(noise, *self.value_range)
        filling = jnp.clip(jnp.asarray(self.fill_value, batch.dtype).reshape(1, 1, 1, -1), *self.value_range)
        return jnp.broadcast_to(filling, batch.shape)
