"""Masks where data are padding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp

from plait.core import registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.graph.layer import Layer
from plait.graph.shapes import InputSpec, Shape


@registry.register
@dataclass(eq=False, repr=False)
class Masking(Layer):
    """Masks each step whose features all equal `mask_value`, and makes them zero.

    Shapes: (batch, ..., features) -> the same, with a mask (batch, ...)
    """

    mask_value: Any = 0.0

    supports_masking = True
    # Its outputs hold the inputs' numbers, and 0.
    keeps_values = True
    input_spec = InputSpec(min_ndim=2)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Makes the masked steps zero."""
        return jnp.where(self.compute_mask(inputs, None)[..., None], inputs, jnp.zeros_like(inputs))

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Returns where a feature differs from the value."""
        value = jnp.asarray(self.mask_value, inputs.dtype)
        return jnp.any(inputs != jnp.broadcast_to(value, inputs.shape), axis=-1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape."""
        return input_shape
