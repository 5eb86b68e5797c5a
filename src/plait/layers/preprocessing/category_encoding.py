"""Whole numbers that stand for categories as vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import encoding, ids
from plait.graph import checks
from plait.graph.shapes import InputSpec, Shape
from plait.layers.preprocessing import adapting
from plait.layers.preprocessing.data_layer import DataLayer

# What Keras once called them.
_RENAMED = {"binary": "multi_hot"}


@registry.register
@dataclass(eq=False, repr=False)
class CategoryEncoding(DataLayer):
    """Turns whole numbers below `num_tokens` into vectors of that length.

    Called with `count_weights`, in the shape of the inputs, "count" counts an element as that much.

    Shapes: "one_hot": (batch, ..., 1) and (batch, ...) -> (batch, ..., num_tokens);
            "multi_hot" and "count": (batch, samples) -> (batch, num_tokens), (samples,) -> (num_tokens,)
    Args:   num_tokens: how many categories there are.
            output_mode: "one_hot" makes a vector of each element, "multi_hot" one of each example that says which
            categories are there, and "count" one of how often.
            sparse: False; there are no sparse outputs.
    Errors: ValueError for a wrong argument, inputs with more axes, and, where data are at hand, other numbers.
    """

    num_tokens: int = None  # type: ignore[assignment]
    output_mode: str = "multi_hot"
    sparse: bool = False

    def check(self) -> None:
        """Checks the arguments."""
        # Numbers of categories are not to be rounded to a half precision.
        self.autocast = False
        self.output_mode = _RENAMED.get(self.output_mode, self.output_mode)
        checks.one_of(self, "output_mode", encoding.MODES[1:])
        checks.positive(self, "num_tokens")
        self.check_dense("sparse")
        # With more axes, which of them is that of the samples would be a guess.
        self.input_spec = InputSpec(min_ndim=1, max_ndim=None if self.output_mode == "one_hot" else 2)

    def prepare(self, specs: Any, arguments: Mapping[str, Any], site: errors.CallSite | None) -> None:
        """Checks the inputs and the weights of a call."""
        super().prepare(specs, arguments, site)
        weights = arguments.get("count_weights")
        if weights is None:
            return
        if self.output_mode != "count":
            raise ValueError(
                errors.explain(
                    f'{self} takes count_weights only with output_mode="count", it has {self.output_mode!r}.',
                    site=site,
                )
            )
        shape = tuple(np.shape(weights)) if not hasattr(weights, "shape") else tuple(weights.shape)
        if len(shape) != len(specs.shape) or any(
            None not in (size, other) and size != other for size, other in zip(shape, specs.shape, strict=True)
        ):
            raise ValueError(
                errors.explain(
                    f"{self} needs count_weights in the shape {tuple(specs.shape)} of the inputs, got {shape}.",
                    site=site,
                )
            )

    def _compute(self, inputs: Any, arguments: dict[str, Any]) -> Any:
        weights = arguments.get("count_weights")
        if isinstance(weights, list | tuple):
            arguments = {**arguments, "count_weights": adapting.as_array(self, weights, adapting.NUMBERS)}
        return super()._compute(inputs, arguments)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context, count_weights: Any = None) -> Any:
        """Encodes."""
        return encoding.encode(
            inputs.astype("int32"), self.num_tokens, self.output_mode, self.compute_dtype, count_weights
        )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with an axis of categories, in place of that of the samples if there is one."""
        return encoding.encoded_shape(tuple(input_shape), self.num_tokens, self.output_mode)

    def problem_with(self, array: Any) -> str | None:
        """Returns which number is not whole or out of range, seen on the host before training."""
        array = np.asarray(array)
        if wrong := ids.not_whole(array):
            return f"categories are whole numbers, got {wrong}."
        if wrong := ids.out_of_range(array, self.num_tokens):
            return f"{wrong}. num_tokens must be larger than the largest."
        return None
