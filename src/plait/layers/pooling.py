"""Maximum and average over windows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from plait.core import registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import pooling, windows
from plait.graph import checks
from plait.graph.shapes import Shape
from plait.layers.spatial import Windowed


@dataclass(eq=False, repr=False)
class Pooling(Windowed):
    """Combines the elements of each window into one, channel by channel.

    Shapes: (batch, *spatial, channels) -> (batch, *new_spatial, channels); channels second with "channels_first"
    Args:   pool_size: the size of the window, a positive integer or one for each spatial axis.
            strides: how far windows are apart; `pool_size` if not given.
            padding: "valid" for none, or "same" for a window at each stride; padding is never counted.
    Errors: ValueError for arguments that are not such, and for inputs that are smaller than the window.
    """

    pool_size: Any = 2
    strides: Any = None
    padding: str = "valid"
    data_format: str | None = None

    pool: ClassVar[Callable[..., Any]]

    def check(self) -> None:
        """Checks the numbers, and completes what is given once for all axes."""
        checks.integers(self, "pool_size", self.axes)
        if self.strides is None:
            self.strides = self.pool_size
        checks.integers(self, "strides", self.axes)
        self.check_window(self.pool_size, (1,) * self.axes)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Pools."""
        self.check_fits(inputs)
        return type(self).pool(inputs, self.pool_size, self.strides, self.padding, self.data_format)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with as many elements as windows fit."""
        return windows.output_shape(
            input_shape, self.pool_size, self.strides, self.padding, data_format=str(self.data_format)
        )


@registry.register
class MaxPooling1D(Pooling):
    """Keeps the largest element of each window along one axis.

    Shapes: (batch, steps, channels) -> (batch, new_steps, channels)
    Args:   as `Pooling`.
    """

    axes = 1
    pool = staticmethod(pooling.max_pool)
    keeps_dtype = True


@registry.register
class MaxPooling2D(Pooling):
    """Keeps the largest element of each window of an image.

    Shapes: (batch, rows, columns, channels) -> (batch, new_rows, new_columns, channels)
    Args:   as `Pooling`.
    """

    axes = 2
    pool = staticmethod(pooling.max_pool)
    keeps_dtype = True


@registry.register
class MaxPooling3D(Pooling):
    """Keeps the largest element of each window of a volume.

    Shapes: (batch, depth, rows, columns, channels) -> (batch, new_depth, new_rows, new_columns, channels)
    Args:   as `Pooling`.
    """

    axes = 3
    pool = staticmethod(pooling.max_pool)
    keeps_dtype = True


@registry.register
class AveragePooling1D(Pooling):
    """Takes the mean of each window along one axis.

    Shapes: (batch, steps, channels) -> (batch, new_steps, channels)
    Args:   as `Pooling`.
    """

    axes = 1
    pool = staticmethod(pooling.average_pool)


@registry.register
class AveragePooling2D(Pooling):
    """Takes the mean of each window of an image.

    Shapes: (batch, rows, columns, channels) -> (batch, new_rows, new_columns, channels)
    Args:   as `Pooling`.
    """

    axes = 2
    pool = staticmethod(pooling.average_pool)


@registry.register
class AveragePooling3D(Pooling):
    """Takes the mean of each window of a volume.

    Shapes: (batch, depth, rows, columns, channels) -> (batch, new_depth, new_rows, new_columns, channels)
    Args:   as `Pooling`.
    """

    axes = 3
    pool = staticmethod(pooling.average_pool)


MaxPool1D = MaxPooling1D
MaxPool2D = MaxPooling2D
MaxPool3D = MaxPooling3D
AvgPool1D = AveragePooling1D
AvgPool2D = AveragePooling2D
AvgPool3D = AveragePooling3D
