"""Maximum and average over as many windows as outputs are wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from plait.core import registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import pooling
from plait.graph import checks
from plait.graph.shapes import Shape
from plait.layers.spatial import LengthSpec, Spatial, complete_data_format


@dataclass(eq=False, repr=False)
class AdaptivePooling(Spatial):
    """Combines the elements of each window into one, with windows that cover inputs of any length evenly.

    Shapes: (batch, *spatial, channels) -> (batch, *output_size, channels); channels second with "channels_first"
    Args:   output_size: how many windows, a positive integer or one for each spatial axis. Where it does not divide
            the length, neighbours overlap.
    Errors: ValueError for arguments that are not such.
    """

    output_size: Any
    data_format: str | None = None

    pool: ClassVar[Callable[..., Any]]

    def check(self) -> None:
        """Checks the number of windows, and completes what is given once for all axes."""
        complete_data_format(self)
        checks.integers(self, "output_size", self.axes)
        least = dict.fromkeys(self.spatial_axes, 1)
        self.input_spec = LengthSpec(ndim=self.axes + 2, least=least, meaning="inputs with something to pool")

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Pools."""
        self.check_fits(inputs)
        return type(self).pool(inputs, self.output_size, self.data_format)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with `output_size` for its spatial axes."""
        sizes = dict(zip(self.spatial_axes, self.output_size, strict=True))
        return tuple(sizes.get(axis, size) for axis, size in enumerate(input_shape))


@registry.register
class AdaptiveAveragePooling1D(AdaptivePooling):
    """Takes the mean of each of so many windows along one axis.

    Shapes: (batch, steps, channels) -> (batch, output_size, channels)
    Args:   as `AdaptivePooling`.
    """

    axes = 1
    pool = staticmethod(pooling.adaptive_average_pool)


@registry.register
class AdaptiveAveragePooling2D(AdaptivePooling):
    """Takes the mean of each of so many windows of an image, down and across.

    Shapes: (batch, rows, columns, channels) -> (batch, *output_size, channels)
    Args:   as `AdaptivePooling`.
    """

    axes = 2
    pool = staticmethod(pooling.adaptive_average_pool)


@registry.register
class AdaptiveAveragePooling3D(AdaptivePooling):
    """Takes the mean of each of so many windows of a volume, along each axis.

    Shapes: (batch, depth, rows, columns, channels) -> (batch, *output_size, channels)
    Args:   as `AdaptivePooling`.
    """

    axes = 3
    pool = staticmethod(pooling.adaptive_average_pool)


@registry.register
class AdaptiveMaxPooling1D(AdaptivePooling):
    """Keeps the largest element of each of so many windows along one axis.

    Shapes: (batch, steps, channels) -> (batch, output_size, channels)
    Args:   as `AdaptivePooling`.
    """

    axes = 1
    pool = staticmethod(pooling.adaptive_max_pool)
    keeps_dtype = True


@registry.register
class AdaptiveMaxPooling2D(AdaptivePooling):
    """Keeps the largest element of each of so many windows of an image, down and across.

    Shapes: (batch, rows, columns, channels) -> (batch, *output_size, channels)
    Args:   as `AdaptivePooling`.
    """

    axes = 2
    pool = staticmethod(pooling.adaptive_max_pool)
    keeps_dtype = True


@registry.register
class AdaptiveMaxPooling3D(AdaptivePooling):
    """Keeps the largest element of each of so many windows of a volume, along each axis.

    Shapes: (batch, depth, rows, columns, channels) -> (batch, *output_size, channels)
    Args:   as `AdaptivePooling`.
    """

    axes = 3
    pool = staticmethod(pooling.adaptive_max_pool)
    keeps_dtype = True
