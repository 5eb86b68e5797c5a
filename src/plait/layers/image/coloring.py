"""Hue and saturation of images, changed at random."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from plait.core import registry
from plait.core.fields import dataclass
from plait.functional import colors
from plait.graph import checks
from plait.graph.shapes import Shape
from plait.layers.image.image_layer import (
    RandomImageLayer,
    Span,
    check_colors,
    complete_value_range,
    drawn,
    signs,
    span,
)
from plait.layers.image.shading import RandomBrightness, RandomContrast


@registry.register
@dataclass(eq=False, repr=False)
class RandomGrayscale(RandomImageLayer):
    """Takes the color from some images in training; they keep three channels, which are equal then.

    Shapes: (batch, height, width, 3 or 1), or without batch -> the same
    Args:   factor: the probability of a change, from 0 to 1.
            seed: makes the draws differ from those with another seed.
    Errors: ValueError for another number of channels.
    """

    factor: float = 0.5
    data_format: str | None = None
    seed: int | None = None

    keeps_dtype = True

    def check(self) -> None:
        """Checks the probability."""
        super().check()
        checks.rates(self, "factor")

    def build(self, input_shape: Shape) -> None:
        """Makes sure that the channels are those of colors, or one."""
        check_colors(self, input_shape)

    def altered(self, batch: Any, key: jax.Array) -> Any:
        """Takes the color."""
        gray = jnp.broadcast_to(colors.grayscale(batch), batch.shape)
        return colors.choose(drawn(key, batch, (0.0, 1.0)) < self.factor, gray, batch)


@registry.register
@dataclass(eq=False, repr=False)
class RandomColorDegeneration(RandomImageLayer):
    """Takes a part of the color from images in training.

    Shapes: (batch, height, width, 3), or without batch -> the same
    Args:   factor: the part, at most, or at least and at most, from 0 to 1.
            value_range: between which numbers the colors are; they are kept there.
            seed: makes the draws differ from those with another seed.
    """

    factor: float | Span
    value_range: Span = (0, 255)
    data_format: str | None = None
    seed: int | None = None

    channels = 3

    def check(self) -> None:
        """Checks factor and range."""
        super().check()
        self.factor = span(self, "factor", 0, 1)
        complete_value_range(self)

    def altered(self, batch: Any, key: jax.Array) -> Any:
        """Mixes with gray."""
        blended = colors.blend(batch, colors.grayscale(batch), drawn(key, batch, span(self, "factor", 0, 1)))
        return jnp.clip(blended, *self.value_range)


@registry.register
@dataclass(eq=False, repr=False)
class RandomSaturation(RandomImageLayer):
    """Makes colors stronger and weaker in training.

    Shapes: (batch, height, width, 3), or without batch -> the same
    Args:   factor: from 0, gray, over 0.5, which changes nothing, to 1, pure colors; at most, or at least and at most.
              Saturation is multiplied by factor / (1 - factor).
            value_range: between which numbers the colors are; the saturation is kept there, too.
            seed: makes the draws differ from those with another seed.
    """

    factor: float | Span
    value_range: Span = (0, 255)
    data_format: str | None = None
    seed: int | None = None

    channels = 3

    def check(self) -> None:
        """Checks factor and range."""
        super().check()
        self.factor = span(self, "factor", 0, 1)
        complete_value_range(self)

    def altered(self, batch: Any, key: jax.Array) -> Any:
        """Multiplies the saturation."""
        factor = drawn(key, batch, span(self, "factor", 0, 1))
        # As much more than 0 as in Keras.
        return colors.adjust_saturation(batch, factor / (1 - factor + 1e-7), self.value_range)


@registry.register
@dataclass(eq=False, repr=False)
class RandomHue(RandomImageLayer):
    """Turns the circle of colors in training, to either side.

    Shapes: (batch, height, width, 3), or without batch -> the same
    Args:   factor: how far, at most, or at least and at most, in half circles, from 0 to 1.
            value_range: between which numbers the colors are.
            seed: makes the draws differ from those with another seed.
    """

    factor: float | Span
    value_range: Span = (0, 255)
    data_format: str | None = None
    seed: int | None = None

    channels = 3

    def check(self) -> None:
        """Checks factor and range."""
        super().check()
        self.factor = span(self, "factor", 0, 1)
        complete_value_range(self)

    def altered(self, batch: Any, key: jax.Array) -> Any:
        """Turns."""
        of_shift, of_signs = jax.random.split(key)
        shift = drawn(of_shift, batch, span(self, "factor", 0, 1)) * signs(of_signs, batch) / 2
        unit = colors.rescale(batch, self.value_range, (0, 1))
        return colors.rescale(colors.adjust_hue(unit, shift), (0, 1), self.value_range)


@registry.register
@dataclass(eq=False, repr=False)
class RandomColorJitter(RandomImageLayer):
    """Changes brightness, contrast, saturation and hue in training, one after the other.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   value_range: between which numbers the colors are.
            brightness_factor: as of RandomBrightness; None leaves the brightness.
            contrast_factor: as of RandomContrast; None leaves the contrast.
            saturation_factor: as of RandomSaturation; None leaves the saturation.
            hue_factor: as of RandomHue; None leaves the hue.
            seed: makes the draws differ from those with another seed.
    """

    value_range: Span = (0, 255)
    brightness_factor: float | Span | None = None
    contrast_factor: float | Span | None = None
    saturation_factor: float | Span | None = None
    hue_factor: float | Span | None = None
    seed: int | None = None
    data_format: str | None = None

    def check(self) -> None:
        """Makes a layer for each factor that is given."""
        super().check()
        complete_value_range(self)
        self.steps = [
            kind(factor, self.value_range, name=f"{self.name}_{what}", dtype=self.dtype, data_format=self.data_format)
            for what, (kind, factor) in {
                "brightness": (RandomBrightness, self.brightness_factor),
                "contrast": (RandomContrast, self.contrast_factor),
                "saturation": (RandomSaturation, self.saturation_factor),
                "hue": (RandomHue, self.hue_factor),
            }.items()
            if factor is not None
        ]
        self.input_spec = next((step.input_spec for step in self.steps if step.channels), self.input_spec)

    def altered(self, batch: Any, key: jax.Array) -> Any:
        """Changes one after the other."""
        for number, step in enumerate(self.steps):
            batch = step.altered(batch, jax.random.fold_in(key, number))
        return batch
