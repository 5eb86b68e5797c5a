"""Resizing."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.functional import images
from plait.graph import checks
from plait.layers.image.image_layer import SizedImageLayer, check_number


@registry.register
@dataclass(eq=False, repr=False)
class Resizing(SizedImageLayer):
    """Resizes images. Those of integers stay integers, rounded.

    Shapes: (batch, any, any, channels), or without batch -> height and width as given
    Args:   interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
            crop_to_aspect_ratio: whether to take the largest part in the middle that fits the new proportions.
            pad_to_aspect_ratio: whether to add margins of fill_value until the image fits them.
            fill_mode: "constant", and nothing else.
            antialias: whether a smaller image is made of averages.
    Errors: ValueError for a wrong argument, or if both cropping and padding are asked for.
    """

    height: int
    width: int
    interpolation: str = "bilinear"
    crop_to_aspect_ratio: bool = False
    pad_to_aspect_ratio: bool = False
    fill_mode: str = "constant"
    fill_value: float = 0.0
    antialias: bool = False
    data_format: str | None = None

    keeps_dtype = True

    def check(self) -> None:
        """Checks size, method and filling."""
        super().check()
        self.interpolation = str(self.interpolation).lower()
        checks.one_of(self, "interpolation", images.RESIZING_METHODS)
        checks.one_of(self, "fill_mode", ("constant",))
        check_number(self, "fill_value")
        self.antialias = bool(self.antialias)
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            raise ValueError(
                errors.explain(
                    f"{self} needs one of crop_to_aspect_ratio and pad_to_aspect_ratio, got both.",
                    "Cropping leaves something out, padding adds margins: choose one.",
                )
            )

    def transformed(self, batch: Any, ctx: Context) -> Any:
        """Crops or pads, then resizes."""
        # The nearest pixel of integers needs no arithmetic, in which large ones would be rounded.
        if self.interpolation != "nearest" or not jnp.issubdtype(batch.dtype, jnp.integer):
            batch = self.as_floats(batch)
        if self.crop_to_aspect_ratio:
            batch = images.crop_to_aspect_ratio(batch, self.size)
        if self.pad_to_aspect_ratio:
            batch = images.pad_to_aspect_ratio(batch, self.size, self.fill_value)
        return images.resize(batch, self.size, self.interpolation, self.antialias)
