"""The layer that does nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plait.core import nest, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.graph.layer import Layer


@registry.register
@dataclass(eq=False, repr=False)
class Identity(Layer):
    """Returns its inputs, a tensor or a structure of several, with their masks.

    Shapes: any -> the same
    """

    supports_masking = True

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Does nothing."""
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the input's shape."""
        return input_shape

    def compute_output_spec(self, specs: Any, **arguments: Any) -> Any:
        """Returns the Specs of the inputs, cast as these are."""
        return self._traced_spec(specs, {})

    def masked_outputs(self, specs: Any, masked: Any, outputs: Any, arguments: Mapping[str, Any]) -> list[bool]:
        """Returns that each output carries a mask if the input does."""
        return nest.flatten(masked)
