"""Dropout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import dropout
from plait.graph import checks
from plait.graph.layer import Layer
from plait.graph.shapes import Shape


@registry.register
@dataclass(eq=False, repr=False)
class Dropout(Layer):
    """Sets a part of the inputs to zero in training, and divides the others by `1 - rate`.

    What is dropped depends on the seed, the step, and the place of the call in the model, and on nothing else.

    Shapes: any -> the same
    Args:   rate: the probability of zero, from 0 to 1.
            noise_shape: the shape that is drawn: 1 shares a draw along an axis, None is the axis' length.
            seed: makes the draws differ from those with another seed.
    Errors: ValueError for a wrong argument, or inputs that noise_shape does not fit.
    Source: N. Srivastava et al., Dropout, 2014.
    """

    rate: float
    noise_shape: Sequence[int | None] | None = None
    seed: int | None = None

    supports_masking = True

    def check(self) -> None:
        """Checks the rate and the noise shape."""
        checks.rates(self, "rate")
        if self.noise_shape is None:
            return
        is_shape = isinstance(self.noise_shape, list | tuple)
        if not is_shape or not all(size is None or (isinstance(size, int) and size > 0) for size in self.noise_shape):
            raise ValueError(
                errors.explain(
                    f"{self} needs a tuple of positive integers and None for noise_shape, got {self.noise_shape!r}."
                )
            )
        self.noise_shape = tuple(self.noise_shape)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Drops in training, and does nothing else."""
        if not ctx.training or self.rate == 0:
            return inputs
        return dropout.dropout(inputs, self.rate, ctx.key_with(self.seed), self.noise_shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape."""
        return input_shape
