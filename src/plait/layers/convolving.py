"""What all convolutions share: their numbers, their weights, and when they are slow in a loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from plait import activations
from plait.core.weight import Weight
from plait.functional import convolution, kernels, windows
from plait.graph import checks
from plait.graph.shapes import Shape
from plait.layers.spatial import Windowed


class Convolving(Windowed):
    """Slides kernels along the spatial axes, adds a bias, activates.

    A subclass has the fields named here, and an initializer, a regularizer and a constraint for each of its weights.
    """

    kernel_size: Any
    strides: Any
    dilation_rate: Any
    activation: activations.Like
    use_bias: bool
    groups: int = 1

    @property
    def slow_in_loops(self) -> bool:
        """Whether XLA's own code computes the gradient, which is slow inside a loop of steps on the CPU."""
        has_kernel = convolution.has_kernel(self.axes, self.groups, str(self.data_format))
        return not (has_kernel and kernels.state() == "in use" and self.compute_dtype in kernels.DTYPES)

    def check_numbers(self, *positive: str) -> None:
        """Checks the numbers, completes what is given once for all axes, and looks the names up.

        Args:   positive: further fields that are to be positive integers.
        Errors: ValueError that names the field.
        """
        checks.positive(self, *positive)
        for name in ("kernel_size", "strides", "dilation_rate"):
            checks.integers(self, name, self.axes)
        checks.looked_up(self)

    def demand_channels(self, channels: int) -> None:
        """Demands of the inputs of later calls that they have as many channels as these."""
        self.input_spec = replace(self.input_spec, axes={self.channel_axis: channels}, axis_name="channels")  # type: ignore[type-var]

    def declare_as(self, kind: str, name: str, shape: tuple[int, ...]) -> Weight:
        """Declares a weight by the fields `kind_initializer`, `kind_regularizer` and `kind_constraint`."""
        return self.declare(
            name,
            shape,
            getattr(self, f"{kind}_initializer"),
            regularizer=getattr(self, f"{kind}_regularizer"),
            constraint=getattr(self, f"{kind}_constraint"),
        )

    def declare_bias(self, filters: int) -> None:
        """Declares a bias for each filter if there is to be one."""
        self.bias = self.declare_as("bias", "bias", (filters,)) if self.use_bias else None

    def bias_in(self, values: Mapping[Weight, Any]) -> Any:
        """Returns the value of the bias, None if there is none."""
        return None if self.bias is None else values[self.bias]

    @property
    def window(self) -> dict[str, Any]:
        """How the kernel moves, in the words of `functional.convolution`."""
        return {
            "strides": self.strides,
            "padding": self.padding,
            "dilation": self.dilation_rate,
            "data_format": str(self.data_format),
        }

    @property
    def is_rectified(self) -> bool:
        """Whether the activation is the ReLU, which a convolution applies itself."""
        return activations.get(self.activation) is activations.relu

    def activated(self, outputs: Any) -> Any:
        """Returns the activation of what came out of a convolution that applies the ReLU itself."""
        return outputs if self.is_rectified else self.activation(outputs)  # type: ignore[operator, misc]

    def shape_with(self, channels: int, input_shape: Shape) -> Shape:
        """Returns the input's shape with so many channels, and as many elements as windows fit."""
        return windows.output_shape(input_shape, self.kernel_size, channels=channels, **self.window)
