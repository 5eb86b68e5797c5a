"""What layers that hold another layer derive from."""

from __future__ import annotations

from typing import Any

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.graph import shapes
from plait.graph.layer import Layer


@registry.register
@dataclass(eq=False, repr=False)
class Wrapper(Layer):
    """Holds a layer, and builds it for its own inputs; what it computes is for a subclass to say.

    Args:   layer: the layer it holds.
    Errors: ValueError if that is no layer.
    """

    layer: Layer

    def check(self) -> None:
        """Checks the layer."""
        if not isinstance(self.layer, Layer):
            raise ValueError(
                errors.explain(
                    f"{self} holds a layer, got {errors.described(self.layer)}.",
                    f"Make a layer first: {type(self).__name__}(Dense(8)).",
                )
            )

    def build(self, input_shape: Any) -> None:
        """Builds the layer inside."""
        self.adopt(self.layer, self.layer.canonical_name or "layer")
        self.layer.prepare(shapes.described(input_shape), {}, None)
