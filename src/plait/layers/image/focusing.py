"""Images blurred and sharpened at random."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.functional import colors, images
from plait.graph import checks
from plait.layers.image.image_layer import (
    RandomImageLayer,
    Span,
    chosen,
    complete_value_range,
    drawn,
    span,
)


@registry.register
@dataclass(eq=False, repr=False)
class RandomSharpness(RandomImageLayer):
    """Sharpens and softens images in training.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   factor: from 0, smooth, over 0.5, which changes nothing, to 1, sharp; at most, or at least and at most.
            value_range: between which numbers the colors are; they are kept there.
            seed: makes the draws differ from those with another seed.
    """

    factor: float | Span
    value_range: Span = (0, 255)
    data_format: str | None = None
    seed: int | None = None

    def check(self) -> None:
        """Checks factor and range."""
        super().check()
        self.factor = span(self, "factor", 0, 1)
        complete_value_range(self)

    def altered(self, batch: Any, key: jax.Array) -> Any:
        """Mixes with a smooth image, or its opposite."""
        factor = drawn(key, batch, span(self, "factor", 0, 1))
        return jnp.clip(colors.blend(batch, images.smooth(batch), 1 - 2 * factor), *self.value_range)


@registry.register
@dataclass(eq=False, repr=False)
class RandomGaussianBlur(RandomImageLayer):
    """Blurs some images in training. Each has its own strength; in Keras those of a batch share one.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   factor: the probability of a change; it is drawn itself, from 0 to this, or between two.
            kernel_size: how many columns and rows a window spans, odd.
            sigma: the standard deviation of its weights in pixels, at most, or at least and at most, from 0 to 1.
            value_range: between which numbers the colors are; they are kept there.
            seed: makes the draws differ from those with another seed.
    """

    factor: float | Span = 1.0
    kernel_size: int | tuple[int, int] = 3
    sigma: float | Span = 1.0
    value_range: Span = (0, 255)
    data_format: str | None = None
    seed: int | None = None

    def check(self) -> None:
        """Checks probability, window and range."""
        super().check()
        self.factor, self.sigma = span(self, "factor", 0, 1), span(self, "sigma", 0, 1)
        checks.integers(self, "kernel_size", 2)
        complete_value_range(self)
        if any(size % 2 == 0 for size in self.kernel_size):  # type: ignore[union-attr]
            raise ValueError(errors.explain(f"{self} needs odd numbers for kernel_size, got {self.kernel_size}."))

    def altered(self, batch: Any, key: jax.Array) -> Any:
        """Blurs."""
        of_choice, of_rows, of_columns = jax.random.split(key, 3)
        # As much more than 0 as in Keras.
        rows, columns = (1e-6 + drawn(one, batch, span(self, "sigma", 0, 1)) for one in (of_rows, of_columns))
        width, height = self.kernel_size  # type: ignore[misc]
        blurred = images.blur(batch, (height, width), (rows, columns))
        is_chosen = chosen(of_choice, batch, span(self, "factor", 0, 1))
        return jnp.clip(colors.choose(is_chosen, blurred, batch), *self.value_range)
