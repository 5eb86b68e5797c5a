"""Convolutions in two steps, first along the spatial axes and then along the channels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import KW_ONLY
from typing import Any

from plait import activations, constraints, initializers, regularizers
from plait.core import registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import convolution
from plait.graph.shapes import Shape
from plait.layers.depthwise_convolution import Depthwise


@dataclass(eq=False, repr=False)
class SeparableConvolution(Depthwise):
    """Convolves each channel by itself, then mixes the channels of each place: `activation(mixed + bias)`.

    Shapes:  (batch, *spatial, channels) -> (batch, *new_spatial, filters); channels second with "channels_first"
    Weights: depthwise_kernel (*kernel_size, channels, depth_multiplier), pointwise_kernel (1, …, channels *
             depth_multiplier, filters); bias (filters,) if use_bias
    Args:    kernel_size, strides, dilation_rate: a positive integer, or one for each spatial axis.
             padding: "valid" for none, or "same" for an output at each stride.
             depth_multiplier: how many kernels each channel has.
    Errors:  ValueError for arguments that are not such, and inputs that are smaller than the kernel.
    Source:  F. Chollet, Xception: Deep Learning with Depthwise Separable Convolutions, 2017.
    """

    filters: int
    kernel_size: Any
    strides: Any = 1
    padding: str = "valid"
    data_format: str | None = None
    dilation_rate: Any = 1
    depth_multiplier: int = 1
    activation: activations.Like = None
    use_bias: bool = True
    depthwise_initializer: initializers.Like = "glorot_uniform"
    pointwise_initializer: initializers.Like = "glorot_uniform"
    bias_initializer: initializers.Like = "zeros"
    depthwise_regularizer: regularizers.Like = None
    pointwise_regularizer: regularizers.Like = None
    bias_regularizer: regularizers.Like = None
    # By name only: Keras has activity_regularizer in between.
    _: KW_ONLY
    depthwise_constraint: constraints.Like = None
    pointwise_constraint: constraints.Like = None
    bias_constraint: constraints.Like = None

    def check(self) -> None:
        """Checks the numbers, completes what is given once for all axes, and looks the names up."""
        self.check_numbers("filters", "depth_multiplier")
        self.check_window(self.kernel_size, self.dilation_rate)

    def build(self, input_shape: Shape) -> None:
        """Declares both kernels and the bias."""
        self.depthwise_kernel = self.declare_depthwise("depthwise_kernel", input_shape)
        between = math.prod(self.depthwise_kernel.shape[-2:])
        shape = (*(1,) * self.axes, between, self.filters)
        self.pointwise_kernel = self.declare_as("pointwise", "pointwise_kernel", shape)
        self.declare_bias(self.filters)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Convolves, mixes, adds, activates."""
        self.check_fits(inputs)
        kernel = values[self.depthwise_kernel]
        outputs = convolution.convolve(
            convolution.depthwise(inputs.astype(kernel.dtype), kernel, **self.window),
            values[self.pointwise_kernel],
            self.bias_in(values),
            data_format=str(self.data_format),
            is_rectified=self.is_rectified,
        )
        return self.activated(outputs)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with `filters` channels and as many elements as windows fit."""
        return self.shape_with(self.filters, input_shape)


@registry.register
class SeparableConv1D(SeparableConvolution):
    """Slides kernels along the steps of each channel, then mixes the channels of each step.

    Shapes: (batch, steps, channels) -> (batch, new_steps, filters)
    Args:   as `SeparableConvolution`.
    """

    axes = 1


@registry.register
class SeparableConv2D(SeparableConvolution):
    """Slides kernels over each channel of images, then mixes the channels of each place.

    Shapes: (batch, rows, columns, channels) -> (batch, new_rows, new_columns, filters)
    Args:   as `SeparableConvolution`.
    """

    axes = 2


SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D
