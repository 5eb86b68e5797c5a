"""Long short-term memories whose states are images: convolutions in place of products."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import KW_ONLY
from typing import Any, ClassVar

from plait import activations, constraints, initializers, regularizers
from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import convolutional_recurrence, windows
from plait.graph import checks
from plait.graph.shapes import Shape
from plait.layers.recurrent.lstm import forget_at_one
from plait.layers.recurrent.step import Advance, Dropouts, Sequenced, Step
from plait.layers.spatial import complete_data_format, window_spec


@dataclass(eq=False, repr=False)
class ConvLSTMStep(Step):
    """Computes one step of a convolutional LSTM."""

    filters: int
    kernel_size: Any
    strides: Any = 1
    padding: str = "valid"
    data_format: str | None = None
    dilation_rate: Any = 1
    activation: activations.Like = "tanh"
    recurrent_activation: activations.Like = "sigmoid"
    use_bias: bool = True
    kernel_initializer: initializers.Like = "glorot_uniform"
    recurrent_initializer: initializers.Like = "orthogonal"
    bias_initializer: initializers.Like = "zeros"
    unit_forget_bias: bool = True
    kernel_regularizer: regularizers.Like = None
    recurrent_regularizer: regularizers.Like = None
    bias_regularizer: regularizers.Like = None
    # By name only: Keras has activity_regularizer in between.
    _: KW_ONLY
    kernel_constraint: constraints.Like = None
    recurrent_constraint: constraints.Like = None
    bias_constraint: constraints.Like = None
    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    seed: int | None = None

    axes: ClassVar[int]
    gates = 4
    implementation = 1
    sizes = ("filters",)

    def state_shapes_after(self, step_shape: Shape) -> list[Shape]:
        """Returns the shapes of h and c, batch included, for inputs of this shape at each step."""
        shape = windows.output_shape(
            step_shape,
            self.kernel_size,
            self.strides,
            self.padding,
            dilation=self.dilation_rate,
            data_format=str(self.data_format),
            channels=self.filters,
        )
        return [shape, shape]

    def weight_shapes(self, step_shape: Shape) -> tuple[tuple[int, ...], ...]:
        """Returns the shapes of kernel, recurrent kernel and bias."""
        channels = self.known_axis(step_shape, windows.channel_axis(len(step_shape), str(self.data_format)))
        width = self.gates * self.filters
        return (*self.kernel_size, channels, width), (*self.kernel_size, self.filters, width), (width,)

    @property
    def first_bias(self) -> initializers.Like:
        """What the bias begins with."""
        return forget_at_one(self.bias_initializer) if self.unit_forget_bias else self.bias_initializer

    def projected(self, values: Mapping[Weight, Any], inputs: Any, input_dropout: Any) -> Any:
        """Returns the inputs of all steps convolved with the kernel, plus bias."""
        return convolutional_recurrence.project(
            inputs,
            values[self.kernel],
            None if self.bias is None else values[self.bias],
            input_dropout,
            strides=self.strides,
            padding=self.padding,
            dilation=self.dilation_rate,
            data_format=str(self.data_format),
        )

    def step(self, values: Mapping[Weight, Any], dropouts: Dropouts) -> Advance:
        """Returns the function of states and projected inputs that gives the new states."""
        return functools.partial(
            convolutional_recurrence.conv_lstm_step,
            recurrent_kernel=values[self.recurrent_kernel],
            activation=activations.get(self.activation),
            recurrent_activation=activations.get(self.recurrent_activation),
            data_format=str(self.data_format),
            recurrent_dropout=dropouts[1],
        )


@dataclass(eq=False, repr=False)
class ConvLSTM(Sequenced, ConvLSTMStep):
    """Runs an LSTM over sequences of images, with convolutions in place of products.

    Called with `initial_state=[h, c]` it starts there. It puts out its last h, or every h with `return_sequences`.

    Shapes:  (batch, time, *spatial, channels) -> (batch, *new_spatial, filters); with the time axis if
             return_sequences; with return_state a tuple of that and the last h and c; channels third in the inputs
             and second in the states with "channels_first"
    Weights: kernel (*kernel_size, channels, 4 filters), recurrent_kernel (*kernel_size, filters, 4 filters), bias
             (4 filters,) if use_bias; the gates lie side by side: input, forget, cell, output
    Args:    kernel_size, strides, padding, dilation_rate: of the convolution of the inputs, as `Conv2D`; that of the
             states keeps their size.
             The rest is as of `LSTM`.
    Errors:  ValueError for arguments that are not such, strides together with a dilation, and inputs that are smaller
             than the kernel.
    Source:  X. Shi et al., Convolutional LSTM Network, 2015.
    """

    def check(self) -> None:
        """Checks the numbers, completes what is given once for all axes, and looks the names up."""
        super().check()
        for name in ("kernel_size", "strides", "dilation_rate"):
            checks.integers(self, name, self.axes)
        self.padding = str(self.padding).lower()
        checks.one_of(self, "padding", ("valid", "same"))
        complete_data_format(self)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                errors.explain(
                    f"{self} needs strides or a dilation_rate of 1, got strides={self.strides} and "
                    f"dilation_rate={self.dilation_rate}."
                )
            )
        spans = map(windows.extent, self.kernel_size, self.dilation_rate) if self.padding == "valid" else ()
        spatial = (1 + axis for axis in windows.spatial_axes(self.axes + 2, str(self.data_format)))
        self.input_spec = window_spec(self.axes + 3, dict(zip(spatial, spans, strict=False)), "channels")

    @property
    def feature_axis(self) -> int:
        """The axis of the channels."""
        return -1 if self.data_format == "channels_last" else 2


@registry.register
class ConvLSTM1D(ConvLSTM):
    """Runs a convolutional LSTM over sequences of rows.

    Shapes: (batch, time, steps, channels) -> (batch, new_steps, filters)
    Args:   as `ConvLSTM`.
    """

    axes = 1


@registry.register
class ConvLSTM2D(ConvLSTM):
    """Runs a convolutional LSTM over sequences of images, such as films.

    Shapes: (batch, time, rows, columns, channels) -> (batch, new_rows, new_columns, filters)
    Args:   as `ConvLSTM`.
    """

    axes = 2


@registry.register
class ConvLSTM3D(ConvLSTM):
    """Runs a convolutional LSTM over sequences of volumes.

    Shapes: (batch, time, depth, rows, columns, channels) -> (batch, new_depth, new_rows, new_columns, filters)
    Args:   as `ConvLSTM`.
    """

    axes = 3
