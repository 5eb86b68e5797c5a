"""Contrast evened out in each part of an image."""

from __future__ import annotations

from typing import Any

from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.functional import colors
from plait.graph import checks
from plait.layers.image.image_layer import ImageLayer, Span, check_number, complete_value_range


@registry.register
@dataclass(eq=False, repr=False)
class ContrastLimitedAdaptiveHistogramEqualization(ImageLayer):
    """Makes the numbers of each channel about equally frequent in each part of an image.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   value_range: between which numbers the colors are.
            clip_limit: how often a number may occur in a part, as a multiple of the average; 0 for no limit.
            tile_grid_size: how many parts there are along height and width.
    Source: K. Zuiderveld, Contrast limited adaptive histogram equalization, 1994.
    """

    value_range: Span = (0, 255)
    clip_limit: float = 4.0
    tile_grid_size: int | tuple[int, int] = (8, 8)
    data_format: str | None = None

    def check(self) -> None:
        """Checks range, limit and parts."""
        super().check()
        complete_value_range(self)
        checks.integers(self, "tile_grid_size", 2)
        check_number(self, "clip_limit")
        if self.clip_limit < 0:
            raise ValueError(errors.explain(f"{self} needs 0 or more for clip_limit, got {self.clip_limit}."))

    def transformed(self, batch: Any, ctx: Context) -> Any:
        """Equalizes."""
        levels = colors.rescale(self.as_floats(batch), self.value_range, colors.BYTES)
        equal = colors.equalize_locally(levels, self.tile_grid_size, self.clip_limit)  # type: ignore[arg-type]
        return colors.rescale(equal, colors.BYTES, self.value_range)
