"""Numbers brought to another range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import scaling
from plait.graph import shapes
from plait.graph.shapes import Shape
from plait.layers.preprocessing.data_layer import DataLayer


@registry.register
@dataclass(eq=False, repr=False)
class Rescaling(DataLayer):
    """Computes `inputs * scale + offset`, in training and outside of it.

    Shapes: any -> the same
    Args:   scale, offset: numbers, or arrays of them for the last axes of the inputs, e.g. one per channel.
    Errors: ValueError for what is no number, or an array that the inputs' last axes do not fit.
    """

    scale: Any
    offset: Any = 0.0

    supports_masking = True

    def check(self) -> None:
        """Checks that both are numbers."""
        # Whole numbers above 256 are not to be rounded to a half precision before they are scaled.
        self.autocast = False
        for name in ("scale", "offset"):
            value = getattr(self, name)
            if value is None or np.asarray(value).dtype.kind not in "iuf":
                raise ValueError(
                    errors.explain(f"{self} needs a number, or an array of numbers, for {name}, got {value!r}.")
                )

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Multiplies and adds."""
        self.compute_output_shape(shapes.without_probes(inputs.shape))
        scale, offset = (
            scaling.aligned(jnp.asarray(value, self.precise_dtype), inputs.ndim) for value in (self.scale, self.offset)
        )
        return (inputs.astype(self.precise_dtype) * scale + offset).astype(self.compute_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape."""
        for name in ("scale", "offset"):
            sizes = np.shape(getattr(self, name))
            last = tuple(input_shape)[len(input_shape) - len(sizes) :] if len(sizes) <= len(input_shape) else ()
            if len(last) != len(sizes) or any(
                size not in (1, other) and other is not None for size, other in zip(sizes, last, strict=True)
            ):
                raise ValueError(
                    errors.explain(
                        f"{self} needs inputs whose last axes fit its {name} of shape {sizes}, "
                        f"got shape {tuple(input_shape)}."
                    )
                )
        return input_shape
