"""Cropping to a size, in the middle or anywhere."""

from __future__ import annotations

from typing import Any

import jax

from plait.core import registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.functional import images
from plait.layers.image.image_layer import SizedImageLayer


@registry.register
@dataclass(eq=False, repr=False)
class CenterCrop(SizedImageLayer):
    """Takes the middle of the images; of images that are too small the largest part of these proportions, resized.

    Shapes: (batch, any, any, channels), or without batch -> height and width as given
    """

    height: int
    width: int
    data_format: str | None = None

    def transformed(self, batch: Any, ctx: Context) -> Any:
        """Crops, or crops and resizes."""
        if batch.shape[1] >= self.height and batch.shape[2] >= self.width:
            return images.crop_center(batch, self.size)
        batch = self.as_floats(batch)
        return images.resize(images.crop_to_aspect_ratio(batch, self.size), self.size)


@registry.register
@dataclass(eq=False, repr=False)
class RandomCrop(SizedImageLayer):
    """Takes a part of each image in training, anywhere; otherwise the largest part of these proportions, resized.

    Each image has its own place; in Keras those of a batch share one. Outside of training Keras returns the images
    uncropped, against its own description and the shape it announces, which both are kept here.

    Shapes: (batch, any, any, channels), or without batch -> height and width as given
    Args:   seed: makes the draws differ from those with another seed.
    """

    height: int
    width: int
    seed: int | None = None
    data_format: str | None = None

    def transformed(self, batch: Any, ctx: Context) -> Any:
        """Crops in training what is larger in both directions."""
        if not ctx.training:
            return images.resize(images.crop_to_aspect_ratio(self.as_floats(batch), self.size), self.size)
        height, width = batch.shape[1:3]
        if height <= self.height or width <= self.width:
            return self._fitted(self.as_floats(batch))
        of_rows, of_columns = jax.random.split(ctx.key_with(self.seed))
        top = jax.random.randint(of_rows, batch.shape[:1], 0, height - self.height + 1)
        left = jax.random.randint(of_columns, batch.shape[:1], 0, width - self.width + 1)
        return images.crop(batch, top, left, self.size)

    def _fitted(self, batch: Any) -> Any:
        # In Keras the part begins where the largest one of these proportions does, but is as large as wanted.
        window = images.aspect_window(batch, self.size)
        top, left = ((length - part) // 2 for length, part in zip(batch.shape[1:3], window, strict=True))
        return images.resize(batch[:, top : top + self.height, left : left + self.width], self.size)
