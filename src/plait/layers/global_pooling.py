"""Maximum and average over all of the spatial axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import jax.numpy as jnp

from plait.core import registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import windows
from plait.graph.layer import Layer
from plait.graph.shapes import InputSpec, Shape
from plait.layers.spatial import complete_data_format


@dataclass(eq=False, repr=False)
class GlobalPooling(Layer):
    """Combines all elements of a channel into one.

    Shapes: (batch, *spatial, channels) -> (batch, channels); channels second with "channels_first"
    Args:   keepdims: whether each spatial axis stays, with length 1.
    """

    data_format: str | None = None
    keepdims: bool = False

    axes: ClassVar[int]
    pool: ClassVar[Callable[..., Any]]

    def check(self) -> None:
        """Completes the data format."""
        complete_data_format(self)
        self.input_spec = InputSpec(ndim=self.axes + 2)
        self.pooled = windows.spatial_axes(self.axes + 2, str(self.data_format))

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Pools."""
        return type(self).pool(inputs, self.pooled, keepdims=self.keepdims)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape without the spatial axes, or with 1 in their place."""
        sizes = [1 if axis in self.pooled else size for axis, size in enumerate(input_shape)]
        return tuple(size for axis, size in enumerate(sizes) if self.keepdims or axis not in self.pooled)


@registry.register
class GlobalMaxPooling1D(GlobalPooling):
    """Keeps the largest element along one axis, such as time; a mask is not looked at.

    Shapes: (batch, steps, channels) -> (batch, channels)
    Args:   as `GlobalPooling`.
    """

    axes = 1
    pool = staticmethod(jnp.max)
    keeps_dtype = True


@registry.register
class GlobalMaxPooling2D(GlobalPooling):
    """Keeps the largest element of an image.

    Shapes: (batch, rows, columns, channels) -> (batch, channels)
    Args:   as `GlobalPooling`.
    """

    axes = 2
    pool = staticmethod(jnp.max)
    keeps_dtype = True


@registry.register
class GlobalMaxPooling3D(GlobalPooling):
    """Keeps the largest element of a volume.

    Shapes: (batch, depth, rows, columns, channels) -> (batch, channels)
    Args:   as `GlobalPooling`.
    """

    axes = 3
    pool = staticmethod(jnp.max)
    keeps_dtype = True


@registry.register
class GlobalAveragePooling1D(GlobalPooling):
    """Takes the mean along one axis, such as time; of the real steps only, if there is a mask.

    Shapes: (batch, steps, channels) -> (batch, channels)
    Args:   as `GlobalPooling`.
    """

    axes = 1
    pool = staticmethod(jnp.mean)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Sums what is real, and divides by how much that is; a sequence without real steps gives zeros."""
        if ctx.mask is None:
            return super().apply(values, inputs, ctx)
        is_real = jnp.expand_dims(ctx.mask.astype(bool), -1 if self.data_format == "channels_last" else 1)
        total = jnp.sum(jnp.where(is_real, inputs, 0), self.pooled, keepdims=self.keepdims)
        count = jnp.sum(is_real, self.pooled, keepdims=self.keepdims)
        return total / jnp.maximum(count, 1).astype(total.dtype)

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Returns None: no steps are left."""
        return None


@registry.register
class GlobalAveragePooling2D(GlobalPooling):
    """Takes the mean of an image.

    Shapes: (batch, rows, columns, channels) -> (batch, channels)
    Args:   as `GlobalPooling`.
    """

    axes = 2
    pool = staticmethod(jnp.mean)


@registry.register
class GlobalAveragePooling3D(GlobalPooling):
    """Takes the mean of a volume.

    Shapes: (batch, depth, rows, columns, channels) -> (batch, channels)
    Args:   as `GlobalPooling`.
    """

    axes = 3
    pool = staticmethod(jnp.mean)


GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
