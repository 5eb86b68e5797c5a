"""Convolutions that keep the channels apart, along one axis and two."""

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
from plait.layers.convolving import Convolving


class Depthwise(Convolving):
    """Slides `depth_multiplier` kernels of its own along each channel; a subclass has that field."""

    depth_multiplier: int

    # XLA computes the gradient of as many groups as channels itself.
    slow_in_loops = True

    def declare_depthwise(self, name: str, input_shape: Shape) -> Weight:
        """Declares the kernels of all channels."""
        channels = self.known_axis(input_shape, self.channel_axis)
        self.demand_channels(channels)
        return self.declare_as("depthwise", name, (*self.kernel_size, channels, self.depth_multiplier))


@dataclass(eq=False, repr=False)
class DepthwiseConvolution(Depthwise):
    """Convolves each channel with kernels of its own, and computes `activation(outputs + bias)`.

    Shapes:  (batch, *spatial, channels) -> (batch, *new_spatial, channels * depth_multiplier); channels second with
             "channels_first"
    Weights: kernel (*kernel_size, channels, depth_multiplier); bias (channels * depth_multiplier,) if use_bias
    Args:    kernel_size, strides, dilation_rate: a positive integer, or one for each spatial axis.
             padding: "valid" for none, or "same" for an output at each stride.
             depth_multiplier: how many kernels each channel has.
    Errors:  ValueError for arguments that are not such, and inputs that are smaller than the kernel.
    """

    kernel_size: Any
    strides: Any = 1
    padding: str = "valid"
    depth_multiplier: int = 1
    data_format: str | None = None
    dilation_rate: Any = 1
    activation: activations.Like = None
    use_bias: bool = True
    depthwise_initializer: initializers.Like = "glorot_uniform"
    bias_initializer: initializers.Like = "zeros"
    depthwise_regularizer: regularizers.Like = None
    bias_regularizer: regularizers.Like = None
    # By name only: Keras has activity_regularizer in between.
    _: KW_ONLY
    depthwise_constraint: constraints.Like = None
    bias_constraint: constraints.Like = None

    def check(self) -> None:
        """Checks the numbers, completes what is given once for all axes, and looks the names up."""
        self.check_numbers("depth_multiplier")
        self.check_window(self.kernel_size, self.dilation_rate)

    def build(self, input_shape: Shape) -> None:
        """Declares kernel and bias."""
        self.kernel = self.declare_depthwise("kernel", input_shape)
        self.declare_bias(math.prod(self.kernel.shape[-2:]))

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Convolves, adds, activates."""
        self.check_fits(inputs)
        kernel = values[self.kernel]
        outputs = convolution.depthwise(
            inputs.astype(kernel.dtype),
            kernel,
            self.bias_in(values),
            is_rectified=self.is_rectified,
            **self.window,
        )
        return self.activated(outputs)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with `depth_multiplier` times its channels, and as many elements as windows fit."""
        channels = self.known_axis(input_shape, self.channel_axis)
        return self.shape_with(channels * self.depth_multiplier, input_shape)


@registry.register
class DepthwiseConv1D(DepthwiseConvolution):
    """Slides kernels along the steps of each channel by itself.

    Shapes: (batch, steps, channels) -> (batch, new_steps, channels * depth_multiplier)
    Args:   as `DepthwiseConvolution`.
    """

    axes = 1


@registry.register
class DepthwiseConv2D(DepthwiseConvolution):
    """Slides kernels over each channel of images by itself.

    Shapes: (batch, rows, columns, channels) -> (batch, new_rows, new_columns, channels * depth_multiplier)
    Args:   as `DepthwiseConvolution`.
    """

    axes = 2
