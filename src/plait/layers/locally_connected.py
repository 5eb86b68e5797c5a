"""The layers of Keras 2 that see their inputs through windows, as convolutions do, each with a kernel of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, replace
from typing import Any, cast

import numpy as np

from plait import activations, constraints, initializers, regularizers
from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import locally_connected
from plait.graph import checks
from plait.graph.shapes import Shape
from plait.layers.convolving import Convolving
from plait.layers.spatial import window_spec


@dataclass(eq=False, repr=False)
class LocallyConnected(Convolving):
    """Computes `activation(products + bias)`: a convolution with a kernel and a bias of its own for each window.

    Shapes:  (batch, *spatial, channels) -> (batch, *new_spatial, filters); channels second with "channels_first"
    Weights: kernel (windows, elements of a window, filters); bias (*new_spatial, filters) if use_bias, which is read as
             (filters, *new_spatial) with "channels_first", as Keras 2 does
    Args:    kernel_size, strides: a positive integer, or one for each spatial axis.
             padding: "valid" for none, or "same" for a window around the element at each stride.
             implementation: 1, 2 or 3: in which form Keras 2 keeps the kernel; with 1 it has no "same". Here all are
             computed, and kept, in the form of 1.
    Errors:  ValueError for arguments that are not such, and inputs that are smaller than a window, or of unknown size.
    """

    filters: int
    kernel_size: Any
    strides: Any = 1
    padding: str = "valid"
    data_format: str | None = None
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
    implementation: int = 1

    # There is none; not a field, which would be in the config.
    dilation_rate = 1
    # Products of matrices, and no convolution.
    slow_in_loops = False

    def check(self) -> None:
        """Checks the numbers, completes what is given once for all axes, and looks the names up."""
        self.check_numbers("filters")
        self.check_window(self.kernel_size, (1,) * self.axes)
        checks.one_of(self, "implementation", (1, 2, 3))
        if self.padding == "same" and self.implementation == 1:
            raise ValueError(
                errors.explain(
                    f'{self} needs padding="valid" with implementation=1, got "same".',
                    "Write implementation=2, or put a ZeroPadding layer before it.",
                )
            )
        spec = window_spec(self.axes + 2, dict(zip(self.spatial_axes, self.kernel_size, strict=True)), "elements")
        # With "same" too: of a window that is longer than the inputs some elements would never be used.
        self.input_spec = replace(spec, remedy="Use a smaller window, larger inputs, or fewer poolings before it.")

    def build(self, input_shape: Shape) -> None:
        """Declares kernel and bias, and demands inputs of the same size from now on."""
        sizes = {axis: self.known_axis(input_shape, axis) for axis in range(1, len(input_shape))}
        self.input_spec = replace(self.input_spec, axes=sizes)  # type: ignore[type-var]
        outputs = cast(tuple[int, ...], self.compute_output_shape(input_shape))
        places = tuple(outputs[axis] for axis in self.spatial_axes)
        elements = math.prod(self.kernel_size) * sizes[self.channel_axis % len(input_shape)]
        self.kernel = self.declare_as("kernel", "kernel", (math.prod(places), elements, self.filters))
        self.bias = self.declare_as("bias", "bias", (*places, self.filters)) if self.use_bias else None

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Multiplies, adds, activates."""
        self.check_fits(inputs)
        kernel = values[self.kernel]
        outputs = locally_connected.connect(inputs.astype(kernel.dtype), kernel, self.bias_in(values), **self._windows)
        return self.activation(outputs)  # type: ignore[operator, misc]

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with `filters` channels and as many elements as windows fit."""
        return self.shape_with(self.filters, input_shape)

    def older_form(self, weight: Weight, shape: tuple[int, ...]) -> Callable[[np.ndarray], np.ndarray] | None:
        """Returns what makes the kernel of a matrix (implementation 2), or of its elements in a row (3)."""
        if weight is not self.kernel:
            return None
        inputs, outputs = self._build_shape[1:], self.compute_output_shape(self._build_shape)[1:]
        if shape == (*inputs, *outputs):
            return lambda matrix: self._links(inputs, outputs).of_matrix(matrix)
        # The rest of a window is padding, which is half of it at most on each axis, and is not in the row.
        if len(shape) == 1 and shape[0] <= weight.size <= shape[0] * 2**self.axes:
            return lambda row: self._links(inputs, outputs).of_row(row)
        return None

    def _links(self, inputs: Shape, outputs: Shape) -> locally_connected.Links:
        return locally_connected.Links(inputs, outputs, **self._windows)  # type: ignore[arg-type]

    @property
    def _windows(self) -> dict[str, Any]:
        """Where the windows lie, in the words of `functional.locally_connected`."""
        return {
            "size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": str(self.data_format),
        }


@registry.register
class LocallyConnected1D(LocallyConnected):
    """Multiplies the steps under each window, such as those around a time of day, by a kernel of its own.

    Shapes: (batch, steps, channels) -> (batch, new_steps, filters)
    Args:   as `LocallyConnected`.
    """

    axes = 1


@registry.register
class LocallyConnected2D(LocallyConnected):
    """Multiplies the pixels under each window, such as those around the eyes of a face, by a kernel of its own.

    Shapes: (batch, rows, columns, channels) -> (batch, new_rows, new_columns, filters)
    Args:   as `LocallyConnected`.
    """

    axes = 2
