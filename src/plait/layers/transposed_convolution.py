"""Transposed convolutions along one, two and three axes."""

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
from plait.graph import checks
from plait.graph.shapes import Shape
from plait.layers.convolving import Convolving


class Transposing(Convolving):
    """Spreads each element over a window of the outputs, which become `strides` times as long.

    Computes `activation(transposed(inputs, kernel) + bias)`, where `transposed` goes the way of a convolution
    backwards.

    Shapes:  (batch, *spatial, channels) -> (batch, *new_spatial, filters); channels second with "channels_first"
    Weights: kernel (*kernel_size, filters, channels); bias (filters,) if use_bias
    Args:    kernel_size, strides, dilation_rate: a positive integer, or one for each spatial axis.
             padding: "same" for outputs of `strides` times the inputs' length, "valid" for all that the windows reach.
             output_padding: for outputs with so many elements more than the fewest possible; less than strides.
    Errors:  ValueError for arguments that are not such, and for strides together with dilation.
    Source:  M. Zeiler et al., Deconvolutional Networks, 2010.
    """

    filters: int
    output_padding: Any

    def check(self) -> None:
        """Checks the numbers, completes what is given once for all axes, and looks the names up."""
        self.check_numbers("filters")
        # Each element is spread by itself, so that one is enough.
        self.check_window((1,) * self.axes, (1,) * self.axes)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                errors.explain(
                    f"{self} needs strides or dilation_rate of 1, got strides {self.strides} and dilation_rate "
                    f"{self.dilation_rate}."
                )
            )
        if self.output_padding is None:
            return
        checks.integers(self, "output_padding", self.axes, zero=True)
        if any(more >= stride for more, stride in zip(self.output_padding, self.strides, strict=True)):
            raise ValueError(
                errors.explain(
                    f"{self} needs an output_padding below its strides {self.strides}, got {self.output_padding}."
                )
            )

    def build(self, input_shape: Shape) -> None:
        """Declares kernel and bias."""
        channels = self.known_axis(input_shape, self.channel_axis)
        self.demand_channels(channels)
        self.kernel = self.declare_as("kernel", "kernel", (*self.kernel_size, self.filters, channels))
        self.declare_bias(self.filters)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Spreads, adds, activates."""
        self.check_fits(inputs)
        kernel = values[self.kernel]
        outputs = convolution.transpose(
            inputs.astype(kernel.dtype),
            kernel,
            self.bias_in(values),
            output_padding=self.output_padding,
            **self.window,
        )
        return self.activation(outputs)  # type: ignore[operator, misc]

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with `filters` channels, and as long as all windows together."""
        return windows.transposed_shape(
            input_shape, self.kernel_size, output_padding=self.output_padding, channels=self.filters, **self.window
        )


@dataclass(eq=False, repr=False)
class TransposedConvolution(Transposing):
    """Spreads each element along one axis or two; see `Transposing`."""

    filters: int
    kernel_size: Any
    strides: Any = 1
    padding: str = "valid"
    output_padding: Any = None
    data_format: str | None = None
    dilation_rate: Any = 1
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


@registry.register
class Conv1DTranspose(TransposedConvolution):
    """Spreads each step over several, such as those of a sequence that was made shorter.

    Shapes: (batch, steps, channels) -> (batch, new_steps, filters)
    Args:   as `Transposing`.
    """

    axes = 1


@registry.register
class Conv2DTranspose(TransposedConvolution):
    """Makes larger images by spreading each place over a window.

    Shapes: (batch, rows, columns, channels) -> (batch, new_rows, new_columns, filters)
    Args:   as `Transposing`.
    """

    axes = 2


@registry.register
@dataclass(eq=False, repr=False)
class Conv3DTranspose(Transposing):
    """Makes larger volumes by spreading each place over a window.

    Shapes: (batch, depth, rows, columns, channels) -> (batch, new_depth, new_rows, new_columns, filters)
    Args:   as `Transposing`.
    """

    filters: int
    kernel_size: Any
    strides: Any = 1
    padding: str = "valid"
    # The other way round than along one axis and two, as in Keras.
    data_format: str | None = None
    output_padding: Any = None
    dilation_rate: Any = 1
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

    axes = 3


Convolution1DTranspose = Conv1DTranspose
Convolution2DTranspose = Conv2DTranspose
Convolution3DTranspose = Conv3DTranspose
