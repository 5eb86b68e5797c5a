"""Convolutions along one, two and three axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY
from typing import Any

from plait import activations, constraints, initializers, regularizers
from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import convolution, windows
from plait.graph.shapes import Shape
from plait.layers.convolving import Convolving


@dataclass(eq=False, repr=False)
class Convolution(Convolving):
    """Computes `activation(convolution(inputs, kernel) + bias)` along one, two or three axes.

    Shapes:  (batch, *spatial, channels) -> (batch, *new_spatial, filters); channels second with "channels_first"
    Weights: kernel (*kernel_size, channels / groups, filters); bias (filters,) if use_bias
    Args:    kernel_size, strides, dilation_rate: a positive integer, or one for each spatial axis.
             padding: "valid" for none, "same" for an output at each stride, or, along one axis, "causal": as
             "same", and no output depends on later inputs.
             groups: how many parts channels and filters are split into; each part sees only its own.
    Errors:  ValueError for arguments that are not such, groups that do not divide filters and channels, and
             inputs that are smaller than the kernel.
    """

    filters: int
    kernel_size: Any
    strides: Any = 1
    padding: str = "valid"
    data_format: str | None = None
    dilation_rate: Any = 1
    groups: int = 1
    activation: activations.Like = None
    use_bias: bool = True
    kernel_initializer: initializers.Like = "glorot_uniform"
    bias_initializer: initializers.Like = "zeros"
    kernel_regularizer: regularizers.Like = None
    bias_regularizer: regularizers.Like = None
    # By name only: Keras has activity_regularizer in between.
    _: KW_ONLY
    kernel_constraint: constraints.Like = None
    bias_constraint: constraints.Like = None

    def check(self) -> None:
        """Checks the numbers, completes what is given once for all axes, and looks the names up."""
        self.check_numbers("filters", "groups")
        self.check_window(self.kernel_size, self.dilation_rate)
        self._check_divisible("filters", self.filters)

    def _check_divisible(self, what: str, number: int) -> None:
        if number % self.groups:
            raise ValueError(
                errors.explain(f"{self} needs {what} that {self.groups} groups can share equally, got {number}.")
            )

    def build(self, input_shape: Shape) -> None:
        """Declares kernel and bias."""
        channels = self.known_axis(input_shape, self.channel_axis)
        self._check_divisible("input channels", channels)
        self.demand_channels(channels)
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        self.kernel = self.declare_as("kernel", "kernel", shape)
        self.declare_bias(self.filters)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Convolves, adds, activates."""
        self.check_fits(inputs)
        kernel = values[self.kernel]
        outputs = convolution.convolve(
            inputs.astype(kernel.dtype),
            kernel,
            self.bias_in(values),
            groups=self.groups,
            is_rectified=self.is_rectified,
            **self.window,
        )
        return self.activated(outputs)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with `filters` channels and as many elements as windows fit."""
        return self.shape_with(self.filters, input_shape)


@registry.register
class Conv1D(Convolution):
    """Slides a kernel along one axis, such as time.

    Shapes: (batch, steps, channels) -> (batch, new_steps, filters)
    Args:   as `Convolution`.
    """

    axes = 1
    paddings = windows.PADDINGS


@registry.register
class Conv2D(Convolution):
    """Slides a kernel over images.

    Shapes: (batch, rows, columns, channels) -> (batch, new_rows, new_columns, filters)
    Args:   as `Convolution`.
    """

    axes = 2


@registry.register
class Conv3D(Convolution):
    """Slides a kernel through volumes, or through films.

    Shapes: (batch, depth, rows, columns, channels) -> (batch, new_depth, new_rows, new_columns, filters)
    Args:   as `Convolution`.
    """

    axes = 3


Convolution1D = Conv1D
Convolution2D = Conv2D
Convolution3D = Conv3D
