"""Layers that make one tensor of several, and the same as functions: `add([a, b])`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import jax.numpy as jnp

from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import merging
from plait.graph import shapes
from plait.graph.layer import Layer
from plait.graph.shapes import Shape, Spec


class Merge(Layer):
    """Combines a list of tensors element by element.

    Tensors of fewer axes get new ones of length 1 right after the batch, and axes of length 1 are repeated. A step
    of the result is real where it is in any of the inputs; if one of them has no mask, neither has the result.

    Shapes: a list of (batch, ...) -> (batch, ...)
    Errors: ValueError if the inputs are no list, or their shapes do not fit together.
    """

    supports_masking = True

    merge: ClassVar[Callable[..., Any]]
    # Whether masked elements are left out, rather than merged like the others.
    skips_masked: ClassVar[bool] = False
    # Whether whole numbers are merged as floats, rather than to whole numbers.
    needs_floats: bool = False
    # How many inputs there must be; None for any number.
    count: ClassVar[int | None] = None

    def build(self, input_shape: Any) -> None:
        """Checks the shapes."""
        self.compute_output_shape(input_shape)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Merges."""
        dtype = self._common_dtype(inputs)
        return self.merged([x.astype(dtype) for x in inputs], ctx.mask)

    def merged(self, inputs: list[Any], mask: Any) -> Any:
        """Merges arrays of one dtype."""
        merge = type(self).merge
        return merge(inputs, mask) if self.skips_masked else merge(inputs)

    def _common_dtype(self, inputs: Sequence[Any]) -> str:
        """Returns the dtype that arrays, or Specs, are merged in and to."""
        is_float = [jnp.issubdtype(x.dtype, jnp.floating) for x in inputs]
        if self.needs_floats and not any(is_float):
            return self.compute_dtype
        seen = [
            self.compute_dtype if self.autocast and cast else x.dtype for x, cast in zip(inputs, is_float, strict=True)
        ]
        return merging.common_dtype(seen)

    def compute_output_spec(self, specs: Any, **arguments: Any) -> Any:
        """Returns the Spec of the result, of the dtype that holds all inputs."""
        spec = super().compute_output_spec(specs, **arguments)
        return Spec(spec.shape, self._common_dtype(specs))

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Returns the shape of the result."""
        got = self._wrong_list(input_shape)
        if got:
            raise ValueError(
                errors.explain(
                    f"{self} takes a list of {f'exactly {self.count} ' if self.count else ''}tensors, got {got}.",
                    "For example: layer([a, b]).",
                )
            )
        try:
            return self.merged_shape(list(input_shape))
        except ValueError:
            got = ", ".join(str(tuple(shape)) for shape in input_shape)
            raise ValueError(errors.explain(f"{self} needs inputs {self.fitting}, got shapes {got}.")) from None

    def _wrong_list(self, input_shape: Any) -> str | None:
        """Returns what came in place of a list of tensors, or None if one did."""
        if not input_shape:
            return "none"
        if shapes.is_shape(input_shape):
            return f"one of shape {input_shape}"
        if not all(map(shapes.is_shape, input_shape)):
            return "something else among them"
        return str(len(input_shape)) if self.count not in (None, len(input_shape)) else None

    def merged_shape(self, input_shapes: list[Shape]) -> Shape:
        """Returns the shape of the result.

        Errors: ValueError, without saying more, if the shapes do not fit together.
        """
        rank = max(map(len, input_shapes))
        rests = [(*[1] * (rank - len(shape)), *shape[1:]) for shape in input_shapes]
        return _common(shape[0] for shape in input_shapes), *shapes.broadcast(*rests)

    @property
    def fitting(self) -> str:
        """What shapes fit together, for the error."""
        return "of one batch size, whose other sizes are equal or 1 on each axis"

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Returns True where any input is real; None if one of them has no mask."""
        if mask is None or any(one is None for one in mask):
            return None
        return functools.reduce(jnp.logical_or, mask)


@registry.register
class Add(Merge):
    """Adds tensors.

    Shapes: as `Merge`
    """

    merge = staticmethod(merging.add)


@registry.register
class Subtract(Merge):
    """Subtracts the second of two tensors from the first.

    Shapes: as `Merge`
    """

    merge = staticmethod(merging.subtract)
    count = 2


@registry.register
class Multiply(Merge):
    """Multiplies tensors; what is masked counts as 1, or as 0 where it is masked in all.

    Shapes: as `Merge`
    """

    merge = staticmethod(merging.multiply)
    skips_masked = True


@registry.register
class Average(Merge):
    """Takes the mean of tensors.

    Shapes: as `Merge`
    """

    merge = staticmethod(merging.average)
    needs_floats = True


@registry.register
class Maximum(Merge):
    """Keeps the largest of the elements that are not masked.

    Shapes: as `Merge`
    """

    merge = staticmethod(merging.maximum)
    skips_masked = True


@registry.register
class Minimum(Merge):
    """Keeps the smallest of the elements that are not masked.

    Shapes: as `Merge`
    """

    merge = staticmethod(merging.minimum)
    skips_masked = True


@registry.register
@dataclass(eq=False, repr=False)
class Concatenate(Merge):
    """Puts tensors end to end.

    Shapes: a list of (batch, ...) -> (batch, ...) with the sum of the sizes on `axis`
    Args:   axis: the axis that grows, counted with the batch, or from the end if negative.
    Errors: ValueError if sizes differ on another axis, or there is no such axis.
    """

    axis: int = -1

    def check(self) -> None:
        """Checks the axis."""
        if not isinstance(self.axis, int):
            raise ValueError(errors.explain(f"{self} needs an integer for axis, got {self.axis!r}."))

    def merged(self, inputs: list[Any], mask: Any) -> Any:
        """Concatenates."""
        return jnp.concatenate(inputs, self.axis)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Returns the shape of the result, if the inputs have the axis."""
        for shape in input_shape if self._wrong_list(input_shape) is None else ():
            if not -len(shape) <= self.axis < len(shape):
                raise ValueError(
                    errors.explain(
                        f"{self} joins inputs along axis {self.axis}, got one that has axes 0 to {len(shape) - 1}: "
                        f"shape {tuple(shape)}.",
                    )
                )
        return super().compute_output_shape(input_shape)

    def merged_shape(self, input_shapes: list[Shape]) -> Shape:
        """Returns the common shape, with the sum of the sizes on the axis."""
        axis = _axis(self.axis, input_shapes[0])
        by_axis = list(zip(*input_shapes, strict=True))
        result = [None if position == axis else _common(sizes) for position, sizes in enumerate(by_axis)]
        result[axis] = None if None in by_axis[axis] else sum(by_axis[axis])
        return tuple(result)

    @property
    def fitting(self) -> str:
        """What shapes fit together, for the error."""
        return f"of equal sizes on every axis but {self.axis}"

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Returns the masks end to end, all True for an input without one; None if no input has one."""
        return merging.concatenated_mask(inputs, mask, self.axis)


@registry.register
@dataclass(eq=False, repr=False)
class Dot(Merge):
    """Multiplies each example of one tensor with that of another, summing along one axis of each; drops masks.

    Shapes: [(batch, *left with axes[0], ...), (batch, *right with axes[1], ...)]
            -> (batch, *left without it, *right without it), or (batch, 1) if nothing is left
    Args:   axes: an axis of each, counted with the batch, or one number for both; not the batch.
            normalize: whether vectors along these axes are scaled to length 1; the result is then a cosine.
    Errors: ValueError for axes that are not such, or whose sizes differ.
    """

    axes: int | Sequence[int]
    normalize: bool = False

    count = 2

    def check(self) -> None:
        """Checks the axes."""
        self.needs_floats = self.normalize
        pair = self._pair
        if len(pair) != 2 or not all(isinstance(axis, int) for axis in pair) or 0 in pair:
            raise ValueError(
                errors.explain(
                    f"{self} needs an axis of each input, or one number for both, got axes={self.axes!r}.",
                    "Axis 0 is the batch, which is not summed over.",
                )
            )

    @property
    def _pair(self) -> tuple[int, ...]:
        return tuple(self.axes) if isinstance(self.axes, list | tuple) else (self.axes, self.axes)  # type: ignore[return-value]

    def merged(self, inputs: list[Any], mask: Any) -> Any:
        """Multiplies and sums."""
        left, right = inputs
        return merging.dot(left, right, self.axes, self.normalize)

    def merged_shape(self, input_shapes: list[Shape]) -> Shape:
        """Returns the batch, and what is left of both shapes without the axes summed over."""
        left, right = (list(shape) for shape in input_shapes)
        first, second = map(_axis, self._pair, input_shapes)
        _common([left.pop(first), right.pop(second)])
        return _common([left[0], right[0]]), *(left[1:] + right[1:] or [1])

    @property
    def fitting(self) -> str:
        """What shapes fit together, for the error."""
        return f"of one batch size, with axes {self._pair} of one length"

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Returns None: the steps are summed over, or no longer those of one input."""
        return None


def add(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """Returns the sum of tensors; keywords are those of a layer."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """Returns the first of two tensors minus the second; keywords are those of a layer."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """Returns the product of tensors; keywords are those of a layer."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """Returns the mean of tensors; keywords are those of a layer."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """Returns the largest element of tensors, place by place; keywords are those of a layer."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """Returns the smallest element of tensors, place by place; keywords are those of a layer."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: Sequence[Any], axis: int = -1, **kwargs: Any) -> Any:
    """Returns tensors put end to end along an axis; keywords are those of a layer."""
    return Concatenate(axis, **kwargs)(inputs)


def dot(inputs: Sequence[Any], axes: int | Sequence[int] = -1, **kwargs: Any) -> Any:
    """Returns the product of two tensors along an axis of each; keywords are those of `Dot`."""
    return Dot(axes, **kwargs)(inputs)


def _common(sizes: Iterable[int | None]) -> int | None:
    """Returns the one size that is known of these, None if none is; ValueError if several are."""
    known = set(sizes) - {None}
    if len(known) > 1:
        raise ValueError(known)
    return known.pop() if known else None


def _axis(axis: int, shape: Shape) -> int:
    """Returns the axis counted from the front; ValueError if the shape has no such axis."""
    return range(len(shape)).index(axis + len(shape) if axis < 0 else axis)
