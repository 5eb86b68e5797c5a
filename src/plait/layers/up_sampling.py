"""Longer spatial axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plait.core import registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import resizing
from plait.graph import checks
from plait.graph.shapes import InputSpec, Shape
from plait.layers.spatial import Spatial, complete_data_format


class UpSampling(Spatial):
    """Makes each spatial axis `size` times as long; a subclass has that field."""

    size: Any
    interpolation = "nearest"
    keeps_dtype = True

    def check(self) -> None:
        """Checks the sizes, and completes what is given once for all axes."""
        complete_data_format(self)
        checks.integers(self, "size", self.axes)
        self.factors = self.size
        self.input_spec = InputSpec(ndim=self.axes + 2)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Repeats, or interpolates."""
        return resizing.enlarge(inputs, self.factors, str(self.data_format), self.interpolation)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with `size` times the elements along each spatial axis."""
        shape = list(input_shape)
        for axis, factor in zip(self.spatial_axes, self.factors, strict=True):
            length = shape[axis]
            shape[axis] = None if length is None else factor * length
        return tuple(shape)


@registry.register
@dataclass(eq=False, repr=False)
class UpSampling1D(UpSampling):
    """Repeats each step.

    Shapes: (batch, steps, channels) -> (batch, size * steps, channels)
    Args:   size: how often, a positive integer.
    Errors: ValueError if it is not such.
    """

    size: int = 2

    axes = 1
    data_format = "channels_last"

    def check(self) -> None:
        """Checks the size, which stays a single number."""
        checks.positive(self, "size")
        self.factors = (self.size,)
        self.input_spec = InputSpec(ndim=3)


@registry.register
@dataclass(eq=False, repr=False)
class UpSampling2D(UpSampling):
    """Makes images larger.

    Shapes: (batch, rows, columns, channels) -> (batch, size[0] * rows, size[1] * columns, channels); channels second
            with "channels_first"
    Args:   size: how often rows and columns are repeated, a positive integer or two of them.
            interpolation: "nearest" repeats; "bilinear", "bicubic", "lanczos3" and "lanczos5" weigh what is near.
    Errors: ValueError for arguments that are not such.
    """

    size: Any = (2, 2)
    data_format: str | None = None
    interpolation: str = "nearest"

    axes = 2

    def check(self) -> None:
        """Checks the sizes and the name of the interpolation."""
        super().check()
        self.interpolation = str(self.interpolation).lower()
        checks.one_of(self, "interpolation", resizing.INTERPOLATIONS)
        self.keeps_dtype = self.interpolation == "nearest"


@registry.register
@dataclass(eq=False, repr=False)
class UpSampling3D(UpSampling):
    """Makes volumes larger by repeating along each axis.

    Shapes: (batch, depth, rows, columns, channels) -> (batch, size[0] * depth, size[1] * rows, size[2] * columns,
            channels); channels second with "channels_first"
    Args:   size: how often, a positive integer or three of them.
    Errors: ValueError if it is not such.
    """

    size: Any = (2, 2, 2)
    data_format: str | None = None

    axes = 3
