"""Spatial axes with zeros added to their ends, or with elements taken away there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.graph.shapes import InputSpec, Shape
from plait.layers.spatial import LengthSpec, Spatial, complete_data_format


class Margins(Spatial):
    """Makes each spatial axis longer or shorter at its ends."""

    # The field that holds the amounts, and whether they are added (1) or taken away (-1).
    amounts_field: ClassVar[str]
    sign: ClassVar[int]

    keeps_dtype = True

    def check(self) -> None:
        """Makes the amounts a pair (before, after), or one for each of several axes."""
        complete_data_format(self)
        given = getattr(self, self.amounts_field)
        of_axes = given if self.axes > 1 and not isinstance(given, int | np.integer) else (given,) * self.axes
        is_right = isinstance(of_axes, list | tuple) and len(of_axes) == self.axes
        pairs = [pair for pair in map(_pair, of_axes) if pair] if is_right else []
        if len(pairs) != self.axes:
            several = f", or {self.axes} of these" if self.axes > 1 else ""
            raise ValueError(
                errors.explain(
                    f"{self} needs an integer of 0 or more or a pair of them (before, after){several} for "
                    f"{self.amounts_field}, got {given!r}."
                )
            )
        setattr(self, self.amounts_field, tuple(pairs) if self.axes > 1 else pairs[0])
        self.amounts = {
            axis: (self.sign * before, self.sign * after)
            for axis, (before, after) in zip(self.spatial_axes, pairs, strict=True)
        }
        self.input_spec = InputSpec(ndim=self.axes + 2)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Adds zeros, or takes elements away."""
        self.check_fits(inputs)
        amounts = [self.amounts.get(axis, (0, 0)) for axis in range(inputs.ndim)]
        # Not by lax.pad, of which jax2onnx makes no ONNX where a size may be any.
        kept = inputs[tuple(slice(max(-before, 0), min(after, 0) or None) for before, after in amounts)]
        return jnp.pad(kept, [(max(before, 0), max(after, 0)) for before, after in amounts])

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with longer or shorter spatial axes."""
        return tuple(
            None if size is None else size + sum(self.amounts.get(axis, (0, 0)))
            for axis, size in enumerate(input_shape)
        )


class ZeroPadding(Margins):
    """Adds zeros to both ends of each spatial axis."""

    amounts_field = "padding"
    sign = 1


class Cropping(Margins):
    """Takes elements away from both ends of each spatial axis."""

    amounts_field = "cropping"
    sign = -1

    def check(self) -> None:
        """Demands, besides, inputs of which something is left."""
        super().check()
        self.input_spec = LengthSpec(
            ndim=self.axes + 2,
            least={axis: 1 - sum(pair) for axis, pair in self.amounts.items()},
            meaning="inputs longer than what it crops",
            remedy="Crop less, or use larger inputs.",
        )


@registry.register
@dataclass(eq=False, repr=False)
class ZeroPadding1D(ZeroPadding):
    """Adds zeros before the first step and after the last.

    Shapes: (batch, steps, channels) -> (batch, new_steps, channels); channels second with "channels_first"
    Args:   padding: how many, an integer for both or (before, after).
    Errors: ValueError if it is not such.
    """

    padding: Any = 1
    data_format: str | None = None

    axes = 1


@registry.register
@dataclass(eq=False, repr=False)
class ZeroPadding2D(ZeroPadding):
    """Adds zeros around images.

    Shapes: (batch, rows, columns, channels) -> (batch, new_rows, new_columns, channels); channels second with
            "channels_first"
    Args:   padding: how many, an integer for all ends, or (rows, columns), each an integer or (before, after).
    Errors: ValueError if it is not such.
    """

    padding: Any = (1, 1)
    data_format: str | None = None

    axes = 2


@registry.register
@dataclass(eq=False, repr=False)
class ZeroPadding3D(ZeroPadding):
    """Adds zeros around volumes.

    Shapes: (batch, depth, rows, columns, channels) -> (batch, new_depth, new_rows, new_columns, channels); channels
            second with "channels_first"
    Args:   padding: how many, an integer for all ends, or one entry for each axis, an integer or (before, after).
    Errors: ValueError if it is not such.
    """

    padding: Any = ((1, 1), (1, 1), (1, 1))
    data_format: str | None = None

    axes = 3


@registry.register
@dataclass(eq=False, repr=False)
class Cropping1D(Cropping):
    """Takes away the first steps and the last.

    Shapes: (batch, steps, channels) -> (batch, new_steps, channels)
    Args:   cropping: how many, an integer for both or (before, after).
    Errors: ValueError if it is not such, or no step would be left.
    """

    cropping: Any = (1, 1)

    axes = 1
    data_format = "channels_last"


@registry.register
@dataclass(eq=False, repr=False)
class Cropping2D(Cropping):
    """Takes away the edges of images.

    Shapes: (batch, rows, columns, channels) -> (batch, new_rows, new_columns, channels); channels second with
            "channels_first"
    Args:   cropping: how many, an integer for all ends, or (rows, columns), each an integer or (before, after).
    Errors: ValueError if it is not such, or nothing would be left.
    """

    cropping: Any = ((0, 0), (0, 0))
    data_format: str | None = None

    axes = 2


@registry.register
@dataclass(eq=False, repr=False)
class Cropping3D(Cropping):
    """Takes away the faces of volumes.

    Shapes: (batch, depth, rows, columns, channels) -> (batch, new_depth, new_rows, new_columns, channels); channels
            second with "channels_first"
    Args:   cropping: how many, an integer for all ends, or one entry for each axis, an integer or (before, after).
    Errors: ValueError if it is not such, or nothing would be left.
    """

    cropping: Any = ((1, 1), (1, 1), (1, 1))
    data_format: str | None = None

    axes = 3


def _pair(given: Any) -> tuple[int, int] | None:
    """Returns two integers of 0 or more, given as one or as two; None for what is not such."""
    pair = tuple(given) if isinstance(given, list | tuple) else (given, given)
    is_right = len(pair) == 2 and all(
        isinstance(one, int | np.integer) and not isinstance(one, bool) and one >= 0 for one in pair
    )
    return (int(pair[0]), int(pair[1])) if is_right else None
