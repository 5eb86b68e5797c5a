"""Layers that arrange the same elements otherwise."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.graph import checks
from plait.graph.layer import Layer
from plait.graph.shapes import InputSpec, Shape
from plait.layers.spatial import complete_data_format


@registry.register
@dataclass(eq=False, repr=False)
class Flatten(Layer):
    """Makes one axis of all axes after the batch.

    Shapes: (batch, ...) -> (batch, features)
    Args:   data_format: "channels_first" moves channels behind the other axes first, so that the order of
            elements is the same for both formats.
    """

    data_format: str | None = None

    keeps_dtype = keeps_values = True
    input_spec = InputSpec(min_ndim=1)

    def check(self) -> None:
        """Completes the data format."""
        complete_data_format(self)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Reshapes."""
        if self.data_format == "channels_first" and inputs.ndim > 1:
            inputs = jnp.moveaxis(inputs, 1, -1)
        return inputs.reshape(self.compute_output_shape(inputs.shape))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the batch and the product of all other sizes."""
        batch, *others = input_shape
        return batch, _product(others)


@registry.register
@dataclass(eq=False, repr=False)
class Reshape(Layer):
    """Gives each example another shape, with the same elements in the same order.

    Shapes: (batch, ...) -> (batch, *target_shape)
    Args:   target_shape: sizes without the batch; one of them may be -1, which is found from the others.
    Errors: ValueError if there is more than one -1, or the number of elements is another one.
    """

    target_shape: Sequence[int]

    keeps_dtype = keeps_values = True
    input_spec = InputSpec(min_ndim=1)

    def check(self) -> None:
        """Makes the shape a tuple of integers."""
        given = self.target_shape
        target = tuple(given) if isinstance(given, list | tuple) else (given,)
        if target.count(-1) > 1 or any(not isinstance(size, int | np.integer) or size < -1 for size in target):
            raise ValueError(
                errors.explain(f"{self} needs sizes of 0 or more and at most one -1 for target_shape, got {given!r}.")
            )
        self.target_shape = tuple(int(size) for size in target)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Reshapes."""
        return inputs.reshape(self.compute_output_shape(inputs.shape))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the batch and the target shape, its -1 replaced by what is left; None where that is unknown."""
        batch, *others = input_shape
        elements = _product(others)
        given = math.prod(size for size in self.target_shape if size != -1)
        has_free = -1 in self.target_shape
        if elements is not None and (elements % max(given, 1) if has_free else elements != given):
            raise ValueError(
                errors.explain(
                    f"{self} cannot give inputs of shape {tuple(input_shape)} the shape {self.target_shape}: "
                    f"{elements} elements per example, {given} {'or a multiple ' if has_free else ''}needed."
                )
            )
        free = None if elements is None else elements // max(given, 1)
        return batch, *(free if size == -1 else size for size in self.target_shape)


@registry.register
@dataclass(eq=False, repr=False)
class Permute(Layer):
    """Puts the axes after the batch into another order.

    Shapes: (batch, size_1, ..., size_n) -> (batch, size_dims[0], ...)
    Args:   dims: the axes 1 to n in their new order; (2, 1) swaps two.
    Errors: ValueError if an axis is missing or named twice.
    """

    dims: Sequence[int]

    keeps_dtype = keeps_values = True

    def check(self) -> None:
        """Checks the order."""
        self.dims = tuple(self.dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                errors.explain(
                    f"{self} needs each axis from 1 on exactly once for dims, got {self.dims}.",
                    "Axis 0, the batch, stays in place and is not named.",
                )
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Transposes."""
        return jnp.transpose(inputs, (0, *self.dims))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the sizes in their new order."""
        return input_shape[0], *(input_shape[axis] for axis in self.dims)


@registry.register
@dataclass(eq=False, repr=False)
class RepeatVector(Layer):
    """Makes a sequence of n equal steps of each vector.

    Shapes: (batch, features) -> (batch, n, features)
    Errors: ValueError if n is not a positive integer.
    """

    n: int

    keeps_dtype = keeps_values = True
    input_spec = InputSpec(ndim=2)

    def check(self) -> None:
        """Checks the number of steps."""
        checks.positive(self, "n")

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Repeats."""
        return jnp.repeat(inputs[:, None], self.n, axis=1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with an axis of n steps after the batch."""
        batch, features = input_shape
        return batch, self.n, features


def _product(sizes: Sequence[int | None]) -> int | None:
    known = [size for size in sizes if size is not None]
    return math.prod(known) if len(known) == len(sizes) else None
