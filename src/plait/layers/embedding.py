"""Vectors for whole numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, InitVar
from typing import Any

import numpy as np

from plait import constraints, initializers, regularizers
from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import embedding, ids
from plait.graph import checks, shapes
from plait.graph.layer import Layer
from plait.graph.shapes import Shape


class Table(Layer):
    """Is what layers derive from that hold a vector for each whole number; a subclass has the fields below."""

    input_dim: int
    output_dim: int
    embeddings_initializer: initializers.Like
    embeddings_regularizer: regularizers.Like
    embeddings_constraint: constraints.Like
    mask_zero: bool

    def check(self) -> None:
        """Checks the sizes, and looks the names up."""
        # Ids are not to be rounded to a half precision.
        self.autocast = False
        checks.positive(self, "input_dim", "output_dim")
        checks.looked_up(self)

    def build(self, input_shape: Shape) -> None:
        """Declares the matrix."""
        self.embeddings = self.declare(
            "embeddings",
            (self.input_dim, self.output_dim),
            self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
        )

    def looked_up(self, values: Mapping[Weight, Any], ids: Any) -> Any:
        """Returns the rows of these ids."""
        return embedding.lookup(values[self.embeddings].astype(self.compute_dtype), ids)

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Returns where the id is not 0, if `mask_zero`."""
        return inputs != 0 if self.mask_zero else None

    def problem_with(self, array: Any) -> str | None:
        """Returns which id is no whole number, or out of range, seen on the host before training."""
        array = np.asarray(array)
        if wrong := ids.not_whole(array):
            return f"ids are whole numbers, got {wrong}."
        if wrong := ids.out_of_range(array, self.input_dim):
            return f"{wrong}. input_dim must be larger than the largest id."
        return None


@registry.register
@dataclass(eq=False, repr=False)
class Embedding(Table):
    """Turns whole numbers into vectors that are learned: word ids, classes, positions.

    Shapes:  (batch, ...) -> (batch, ..., output_dim)
    Weights: embeddings (input_dim, output_dim)
    Args:    input_dim: how many ids there are; they go from 0 to input_dim - 1.
             mask_zero: mask the places where the id is 0.
             weights: the matrix to start from.
             input_length: the sizes of the axes after the batch, where they are fixed.
    Errors:  ValueError for a wrong argument, for data of another length than input_length, and, before training, for
             ids out of range.
    """

    input_dim: int
    output_dim: int
    embeddings_initializer: initializers.Like = "uniform"
    embeddings_regularizer: regularizers.Like = None
    embeddings_constraint: constraints.Like = None
    mask_zero: bool = False
    # Not a field: the layer has a property of this name.
    weights: InitVar[Any] = None
    input_length: int | Sequence[int | None] | None = None
    _: KW_ONLY
    lora_rank: InitVar[Any] = None
    lora_alpha: InitVar[Any] = None
    quantization_config: InitVar[Any] = None

    def __post_init__(
        self,
        input_shape: Any,
        batch_input_shape: Any,
        batch_size: int | None,
        weights: Any,
        lora_rank: Any,
        lora_alpha: Any,
        quantization_config: Any,
    ) -> None:
        # As in Keras 2: a Sequential model that starts with this layer knows its input at once.
        if input_shape is None:
            input_shape = self._lengths or None
        self.assumed_input_shape = (batch_size, None)
        self._start = weights
        super().__post_init__(input_shape, batch_input_shape, batch_size)
        checks.absent(self, lora_rank=lora_rank, lora_alpha=lora_alpha, quantization_config=quantization_config)

    @property
    def _lengths(self) -> tuple[int | None, ...]:
        if self.input_length is None:
            return ()
        return (self.input_length,) if isinstance(self.input_length, int) else tuple(self.input_length)

    def build(self, input_shape: Shape) -> None:
        """Declares the matrix."""
        super().build(input_shape)
        if self._start is not None:
            self.set_weights(self._start if isinstance(self._start, list) else [self._start])

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Looks the rows up."""
        # While an unknown function around it is traced, sizes stand in for unknown ones.
        self.compute_output_shape(shapes.without_probes(inputs.shape))
        return self.looked_up(values, inputs)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape, with the lengths that were declared, and an axis of `output_dim`."""
        lengths = self._lengths or input_shape[1:]
        sizes = input_shape[1:]
        if len(lengths) != len(sizes) or any(
            None not in (size, length) and size != length for size, length in zip(sizes, lengths, strict=True)
        ):
            raise ValueError(
                errors.explain(
                    f"{self} needs inputs of input_length {self.input_length!r}, got shape {input_shape}.",
                    "Without input_length it takes inputs of any length.",
                )
            )
        known = (size if length is None else length for size, length in zip(sizes, lengths, strict=True))
        return (input_shape[0], *known, self.output_dim)


# Set by the dataclass as the default of the constructor's argument; here stands the property of all layers.
del Embedding.weights
