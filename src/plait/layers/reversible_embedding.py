"""Vectors for whole numbers, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, InitVar
from typing import Any

import jax.numpy as jnp
import numpy as np

from plait import constraints, initializers, regularizers
from plait.core import errors, nest, policy, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.updated import Updated
from plait.core.weight import Weight
from plait.graph import checks
from plait.graph.shapes import Shape, Spec
from plait.layers.embedding import Table


@registry.register
@dataclass(eq=False, repr=False)
class ReversibleEmbedding(Table):
    """Turns whole numbers into vectors, and with `layer(vectors, reverse=True)` vectors into a score for each number.

    Shapes:  (batch, ...) -> (batch, ..., output_dim); with reverse (batch, ..., output_dim) -> (batch, ..., input_dim)
    Weights: embeddings (input_dim, output_dim); reverse_embeddings (output_dim, input_dim) if not tie_weights
    Args:    input_dim: how many ids there are; they go from 0 to input_dim - 1.
             tie_weights: multiply by the embeddings themselves on the way back.
             mask_zero: mask the places where the id is 0; scores have no mask.
             reverse_dtype: the dtype of the scores; the one computed in if not given.
             logit_soft_cap: scores stay between minus and plus this, by a tanh; > 0.
    Errors:  ValueError for a wrong argument, vectors of another size, and, before training, for ids out of range.
    Source:  O. Press, L. Wolf, Using the Output Embedding to Improve Language Models, 2016.
    """

    input_dim: int
    output_dim: int
    tie_weights: bool = True
    embeddings_initializer: initializers.Like = "uniform"
    embeddings_regularizer: regularizers.Like = None
    embeddings_constraint: constraints.Like = None
    mask_zero: bool = False
    reverse_dtype: str | None = None
    logit_soft_cap: float | None = None
    _: KW_ONLY
    lora_rank: InitVar[Any] = None
    lora_alpha: InitVar[Any] = None
    quantization_config: InitVar[Any] = None

    def __post_init__(self, *common: Any) -> None:
        *common, lora_rank, lora_alpha, quantization_config = common  # type: ignore[assignment]
        super().__post_init__(*common)
        checks.absent(self, lora_rank=lora_rank, lora_alpha=lora_alpha, quantization_config=quantization_config)

    def check(self) -> None:
        """Checks the sizes, the dtype and the cap, and looks the names up."""
        super().check()
        if self.reverse_dtype is not None:
            self.reverse_dtype = policy.get(self.reverse_dtype).compute_dtype
        if self.logit_soft_cap is not None and not self.logit_soft_cap > 0:
            raise ValueError(
                errors.explain(f"{self} needs a positive number for logit_soft_cap, got {self.logit_soft_cap!r}.")
            )

    def build(self, input_shape: Shape) -> None:
        """Declares the matrix, and one for the way back if it is another."""
        super().build(input_shape)
        if not self.tie_weights:
            shape = (self.output_dim, self.input_dim)
            self.reverse_embeddings = self.declare("reverse_embeddings", shape, self.embeddings_initializer)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context, reverse: bool = False) -> Updated:
        """Looks the rows up, or scores them all."""
        if not reverse:
            return Updated(self.looked_up(values, inputs), mask=self.compute_mask(inputs, None))
        self._check_vectors(inputs.shape)
        kernel = values[self.embeddings].T if self.tie_weights else values[self.reverse_embeddings]
        dtype = self._score_dtype
        scores = inputs.astype(dtype) @ kernel.astype(dtype)
        if self.logit_soft_cap is not None:
            scores = jnp.tanh(scores / self.logit_soft_cap) * self.logit_soft_cap
        return Updated(scores, mask=None)

    @property
    def _score_dtype(self) -> str:
        return self.reverse_dtype or self.compute_dtype

    def _check_vectors(self, shape: Shape) -> None:
        if len(shape) < 2 or shape[-1] not in (None, self.output_dim):
            raise ValueError(
                errors.explain(
                    f"{self} needs vectors with {self.output_dim} elements on the last axis to go back from, got shape "
                    f"{tuple(shape)}."
                )
            )

    def compute_output_shape(self, input_shape: Shape, reverse: bool = False) -> Shape:
        """Returns the input's shape with an axis of `output_dim`, or its last axis changed to `input_dim`."""
        if not reverse:
            return (*input_shape, self.output_dim)
        self._check_vectors(input_shape)
        return (*input_shape[:-1], self.input_dim)

    def compute_output_spec(self, specs: Any, **arguments: Any) -> Any:
        """Returns the Spec of the vectors, or of the scores."""
        is_reverse = bool(arguments.get("reverse"))
        dtype = self._score_dtype if is_reverse else self.compute_dtype
        return Spec(self.compute_output_shape(specs.shape, is_reverse), dtype)

    def masked_outputs(self, specs: Any, masked: Any, outputs: Any, arguments: Mapping[str, Any]) -> list[bool]:
        """Returns whether the vectors carry a mask; scores carry none."""
        return [self.mask_zero and not arguments.get("reverse")] * len(nest.flatten(outputs))

    def problem_with(self, array: Any) -> str | None:
        """Returns which id is out of range, seen on the host before training; vectors are anything."""
        is_integer = np.issubdtype(np.asarray(array).dtype, np.integer)
        return super().problem_with(array) if is_integer else None
