"""Brightness, contrast and tones of images, changed at random or evened out."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.functional import colors
from plait.graph import checks
from plait.layers.image.image_layer import (
    ImageLayer,
    RandomImageLayer,
    Span,
    chosen,
    complete_value_range,
    drawn,
    span,
)


@registry.register
@dataclass(eq=False, repr=False)
class RandomBrightness(RandomImageLayer):
    """Makes images brighter and darker in training.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   factor: what is added, at most, or at least and at most, in parts of the range, from -1 to 1.
            value_range: between which numbers the colors are; they are kept there.
            seed: makes the draws differ from those with another seed.
    """

    factor: float | Span
    value_range: Span = (0, 255)
    seed: int | None = None
    _: KW_ONLY
    data_format: str | None = None

    def check(self) -> None:
        """Checks factor and range."""
        super().check()
        self.factor = span(self, "factor", -1, 1)
        complete_value_range(self)

    def altered(self, batch: Any, key: jax.Array) -> Any:
        """Adds."""
        low, high = self.value_range
        addition = drawn(key, batch, span(self, "factor", -1, 1)) * (high - low)
        return jnp.clip(batch + colors.per_image(addition, batch), low, high)


@registry.register
@dataclass(eq=False, repr=False)
class RandomContrast(RandomImageLayer):
    """Strengthens and weakens the contrast of images in training: each channel's distance from its mean.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   factor: from 0 to 1; one number strengthens, to 1 + factor at most; two are how much to weaken and how
              much to strengthen at most, the smaller one first.
            value_range: between which numbers the colors are; they are kept there.
            seed: makes the draws differ from those with another seed.
    """

    factor: float | Span
    value_range: Span = (0, 255)
    seed: int | None = None
    _: KW_ONLY
    data_format: str | None = None

    def check(self) -> None:
        """Checks factor and range."""
        super().check()
        self.factor = span(self, "factor", 0, 1)
        complete_value_range(self)

    def altered(self, batch: Any, key: jax.Array) -> Any:
        """Multiplies."""
        weaker, stronger = span(self, "factor", 0, 1)
        factor = drawn(key, batch, (1 - weaker, 1 + stronger))
        return jnp.clip(colors.adjust_contrast(batch, factor), *self.value_range)


@registry.register
@dataclass(eq=False, repr=False)
class RandomInvert(RandomImageLayer):
    """Inverts the colors of some images in training.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   factor: the probability of a change; it is drawn itself, from 0 to this, or between two.
            value_range: between which numbers the colors are; a color becomes its upper end less the color.
            seed: makes the draws differ from those with another seed.
    """

    factor: float | Span = 1.0
    value_range: Span = (0, 255)
    seed: int | None = None
    data_format: str | None = None

    def check(self) -> None:
        """Checks probability and range."""
        super().check()
        self.factor = span(self, "factor", 0, 1)
        complete_value_range(self)

    def altered(self, batch: Any, key: jax.Array) -> Any:
        """Inverts."""
        return colors.choose(chosen(key, batch, span(self, "factor", 0, 1)), self.value_range[1] - batch, batch)


@registry.register
@dataclass(eq=False, repr=False)
class RandomPosterization(RandomImageLayer):
    """Leaves only the leading bits of the colors in training.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   factor: how many bits, from 1 to 8: fewer than this, or at least and fewer than; two equal numbers say
              exactly how many.
            value_range: between which numbers the colors are.
            seed: makes the draws differ from those with another seed.
    """

    factor: int | tuple[int, int]
    value_range: Span = (0, 255)
    data_format: str | None = None
    seed: int | None = None

    def check(self) -> None:
        """Checks bits and range."""
        super().check()
        checks.integers(self, "factor", 2 if isinstance(self.factor, list | tuple) else 1)
        low, high = span(self, "factor", 1, 8)
        self.factor = (int(low), int(high))
        complete_value_range(self)

    def altered(self, batch: Any, key: jax.Array) -> Any:
        """Cuts bits off."""
        low, high = self.factor  # type: ignore[misc]
        bits = jax.random.randint(key, (batch.shape[0],), low, max(high, low + 1))
        levels = colors.posterize(colors.rescale(batch, self.value_range, colors.BYTES), bits)
        return colors.rescale(levels, colors.BYTES, self.value_range)


@registry.register
@dataclass(eq=False, repr=False)
class Solarization(RandomImageLayer):
    """Inverts the bright colors of images in training, after an addition.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   addition_factor: how much is added, from 0 to 1: up to this part of 255; of two numbers, the second is the
              largest part, and the first is added as it is.
            threshold_factor: from which number on a color is inverted, in the same way.
            value_range: between which numbers the colors are.
            seed: makes the draws differ from those with another seed.
    """

    addition_factor: float | Span = 0.0
    threshold_factor: float | Span = 0.0
    value_range: Span = (0, 255)
    seed: int | None = None
    _: KW_ONLY
    data_format: str | None = None

    def check(self) -> None:
        """Checks factors and range."""
        super().check()
        self.addition_factor = span(self, "addition_factor", 0, 1)
        self.threshold_factor = span(self, "threshold_factor", 0, 1)
        complete_value_range(self)

    def altered(self, batch: Any, key: jax.Array) -> Any:
        """Adds and inverts."""
        addition, threshold = (
            drawn(one, batch, (low, 255 * high))
            for one, (low, high) in zip(
                jax.random.split(key),
                (span(self, "addition_factor", 0, 1), span(self, "threshold_factor", 0, 1)),
                strict=True,
            )
        )
        inverted = colors.solarize(colors.rescale(batch, self.value_range, colors.BYTES), addition, threshold)
        return colors.rescale(inverted, colors.BYTES, self.value_range)


@registry.register
@dataclass(eq=False, repr=False)
class AutoContrast(ImageLayer):
    """Stretches each channel of an image to the whole range of values.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   value_range: between which numbers the colors are.
    """

    value_range: Span = (0, 255)
    _: KW_ONLY
    data_format: str | None = None

    def check(self) -> None:
        """Checks the range."""
        super().check()
        complete_value_range(self)

    def transformed(self, batch: Any, ctx: Context) -> Any:
        """Stretches."""
        levels = colors.rescale(self.as_floats(batch), self.value_range, colors.BYTES)
        return colors.rescale(colors.stretch(levels), colors.BYTES, self.value_range)


@registry.register
@dataclass(eq=False, repr=False)
class Equalization(ImageLayer):
    """Makes all numbers of each channel equally frequent in training, counted over the whole batch.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   value_range: between which numbers the colors are.
            bins: how many numbers are told apart.
    """

    value_range: Span = (0, 255)
    bins: int = 256
    data_format: str | None = None

    mixes_batch = True

    def check(self) -> None:
        """Checks range and bins."""
        super().check()
        complete_value_range(self)
        checks.positive(self, "bins")

    def transformed(self, batch: Any, ctx: Context) -> Any:
        """Equalizes in training."""
        if not ctx.training:
            return batch
        levels = colors.rescale(self.as_floats(batch), self.value_range, colors.BYTES)
        return colors.rescale(colors.equalize(levels, self.bins), colors.BYTES, self.value_range)
