"""Spectral normalization of another layer's kernel."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp

from plait import initializers
from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.updated import Updated
from plait.core.weight import Weight
from plait.functional import spectral
from plait.graph import checks
from plait.graph.shapes import InputSpec
from plait.layers.wrapper import Wrapper


@registry.register
@dataclass(eq=False, repr=False)
class SpectralNormalization(Wrapper):
    """Runs a layer in training with its kernel divided by the kernel's largest singular value.

    Outside of training the kernel is used as it is, as Keras does on JAX. Drops masks.

    Shapes:  as the layer's
    Weights: kernel, or embeddings, of the layer; vector_u (1, outputs); the layer's others
    Args:    layer: has a kernel or embeddings.
             power_iterations: how often the estimate is refined at each step; 1 or more.
    Errors:  ValueError for a wrong argument.
    Source:  T. Miyato et al., Spectral Normalization for Generative Adversarial Networks, 2018.
    """

    power_iterations: int = 1

    def check(self) -> None:
        """Checks the layer and the number of iterations."""
        super().check()
        checks.positive(self, "power_iterations")

    def build(self, input_shape: Any) -> None:
        """Builds the layer inside, and declares the vector."""
        super().build(input_shape)
        inner: Any = self.layer
        kernel = getattr(inner, "kernel", getattr(inner, "embeddings", None))
        if kernel is None:
            raise ValueError(
                errors.explain(f"{self} needs a layer with a kernel or embeddings, got {inner}, which has neither.")
            )
        self.kernel: Weight = kernel
        self.vector_u = self.declare(
            "vector_u",
            (1, kernel.shape[-1]),
            initializers.TruncatedNormal(stddev=0.02),
            dtype=kernel.dtype,
            trainable=False,
            autocast=False,
        )
        features = input_shape[-1]
        self.input_spec = InputSpec(min_ndim=1, axes={} if features is None else {-1: features})

    @property
    def own_weights(self) -> list[Weight]:
        """The kernel of the layer inside, which Keras lists here, and the vector."""
        return [self.kernel, *super().own_weights] if self.built else []

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Updated:
        """Runs the layer inside."""
        state: dict[Weight, Any] = {}
        if ctx.training:
            kernel = values[self.kernel]
            vector = values[self.vector_u]
            normalized, new = spectral.spectral_normalize(kernel, vector, self.power_iterations)
            values = ChainMap({self.kernel: normalized}, values)  # type: ignore[arg-type]
            state = {} if self in ctx.frozen else {self.vector_u: new}
        name = self.layer.canonical_name or "layer"
        inner = self.layer.run(values, inputs, ctx.at(name, ctx.mask), {})
        # Ids are no dtype for the vectors that an embedding gives.
        is_float = jnp.issubdtype(inputs.dtype, jnp.floating)
        outputs = inner.outputs.astype(inputs.dtype) if is_float else inner.outputs
        return Updated(outputs, {**state, **inner.values}, inner.losses, mask=None)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shape of the layer's outputs."""
        return self.layer.compute_output_shape(input_shape)
