"""Normalization to length 1."""

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
class UnitNormalization(Layer):
    """Scales each example to length 1 (L2) over certain axes; zeros stay zeros.

    Shapes: any -> the same
    Args:   axis: the axis of the features, or several axes.
    Errors: ValueError for an axis that the inputs do not have.
    """

    axis: int | Sequence[int] = -1

    supports_masking = True

    def check(self) -> None:
        """Checks the axes."""
        axes.check_axes(self)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Normalizes."""
        outputs = standardization.unit_normalize(inputs, axes=axes.as_list(self.axis))
        return outputs.astype(self.compute_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape."""
        return axes.check_there(self, input_shape)
