"""Normalization by the root mean square."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plait.core import registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import standardization
from plait.graph.layer import Layer
from plait.graph.shapes import Shape
from plait.layers.normalization import axes


@registry.register
@dataclass(eq=False, repr=False)
class RMSNormalization(Layer):
    """Divides each example by its root mean square over certain axes, and multiplies by scale; drops masks, as Keras.

    The root mean square is float32 also under mixed precision.

    Shapes:  any -> the same
    Weights: scale, the sizes of the axes
    Args:    axis: the axis of the features, or several axes.
             epsilon: is added to the mean square.
    Errors:  ValueError for an axis that the inputs do not have, or whose size is not known.
    Source:  B. Zhang, R. Sennrich, Root Mean Square Layer Normalization, 2019.
    """

    axis: int | Sequence[int] = -1
    epsilon: float = 1e-6

    def check(self) -> None:
        """Checks the axes."""
        axes.check_axes(self)

    def build(self, input_shape: Shape) -> None:
        """Declares scale."""
        self.axis = sorted(axes.as_list(self.axis))
        self.scale = self.declare("scale", axes.sizes_of(self, input_shape), "ones")

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Normalizes."""
        over = axes.as_list(self.axis)
        outputs = standardization.rms_normalize(inputs, values[self.scale], axes=over, epsilon=self.epsilon)
        return outputs.astype(self.compute_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape."""
        return axes.check_there(self, input_shape)
