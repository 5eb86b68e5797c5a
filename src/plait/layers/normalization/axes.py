"""The axes that a layer normalizes over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plait.core import errors
from plait.graph.shapes import InputSpec, Shape


def check_axes(layer: Any) -> None:
    """Makes sure that the field `axis` is an integer, or a list of different ones.

    Errors: ValueError if it is not.
    """
    axes = as_list(layer.axis)
    is_right = axes and all(isinstance(axis, int) and not isinstance(axis, bool) for axis in axes)
    if not is_right or len(set(axes)) < len(axes):
        raise ValueError(
            errors.explain(f"{layer} needs an integer or several different ones for axis, got {layer.axis!r}.")
        )
    if not isinstance(layer.axis, int):
        layer.axis = axes


def as_list(axis: int | Sequence[int]) -> list[int]:
    """Returns the axes as a list."""
    return list(axis) if isinstance(axis, list | tuple) else [axis]  # type: ignore[list-item]


def sizes_of(layer: Any, input_shape: Shape) -> tuple[int, ...]:
    """Returns the sizes of the layer's axes, which must be known, and demands the same of later inputs."""
    axes = as_list(layer.axis)
    check_there(layer, input_shape)
    sizes = tuple(layer.known_axis(input_shape, axis) for axis in axes)
    least = max(axis + 1 if axis >= 0 else -axis for axis in axes)
    layer.input_spec = InputSpec(min_ndim=least, axes=dict(zip(axes, sizes, strict=True)))
    return sizes


def check_there(layer: Any, input_shape: Shape) -> Shape:
    """Returns the shape.

    Errors: ValueError if it does not have the layer's axes, or if two of these are one.
    """
    rank = len(input_shape)
    axes = as_list(layer.axis)
    missing = [axis for axis in axes if not -rank <= axis < rank]
    if missing:
        raise ValueError(
            errors.explain(
                f"{layer} normalizes over axis {missing[0]}, got inputs that have axes 0 to {rank - 1}: "
                f"shape {tuple(input_shape)}."
            )
        )
    if len({axis % rank for axis in axes}) < len(axes):
        raise ValueError(errors.explain(f"{layer} needs different axes, got axis={layer.axis!r} for {rank} axes."))
    return tuple(input_shape)
