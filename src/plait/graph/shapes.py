"""Shapes with unknown axes, what a layer demands of them, and how an unknown function's output shape is found."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import export

from plait.core import errors, nest

Shape: TypeAlias = tuple[int | None, ...]


@dataclass(frozen=True)
class Spec:
    """The shape and dtype of one tensor; None stands for a size that is not known before the data comes."""

    shape: Shape
    dtype: str


@dataclass(frozen=True)
class InputSpec:
    """What a layer that takes one tensor demands of it.

    Args: dtype: of the elements.
          shape: the whole shape, None for sizes that may be any.
          ndim, min_ndim, max_ndim: the number of axes, batch included.
          axes: sizes that certain axes must have, e.g. `{-1: 64}`.
          allow_last_axis_squeeze: whether a last axis of size 1 may be there or not, in the inputs and in `shape`.
          name: what the tensor is called where a layer takes a dict of several.
          optional: whether None may stand in its place.
          axis_name: what is counted along those axes, for the error.
    """

    dtype: str | None = None
    shape: Shape | None = None
    ndim: int | None = None
    max_ndim: int | None = None
    min_ndim: int | None = None
    axes: Mapping[int, int] = field(default_factory=dict)
    allow_last_axis_squeeze: bool = False
    name: str | None = None
    optional: bool = False
    axis_name: str = "features"

    def __post_init__(self) -> None:
        if self.shape is not None:
            object.__setattr__(self, "ndim", len(self.shape))
        sizes = {axis: size for axis, size in enumerate(self.shape or ()) if size is not None}
        object.__setattr__(self, "axes", {**sizes, **(self.axes or {})})

    def problem(self, spec: Spec) -> str | None:
        """Returns what is wrong with inputs like these, as the end of a sentence that starts with "needs", or None."""
        shape, got = spec.shape, f"got shape {spec.shape}"
        if self.dtype is not None and spec.dtype != self.dtype:
            return f"inputs of dtype {self.dtype}, got {spec.dtype}."
        if self.allow_last_axis_squeeze and self._fits_squeezed(shape):
            return None
        if self.ndim is not None and len(shape) != self.ndim:
            return errors.explain(
                f"inputs with {self.ndim} axes (batch included), {got}, which has {len(shape)}.", self._way_out(shape)
            )
        if self.min_ndim is not None and len(shape) < self.min_ndim:
            return f"inputs with at least {self.min_ndim} axes (batch included), {got}, which has {len(shape)}."
        if self.max_ndim is not None and len(shape) > self.max_ndim:
            return f"inputs with at most {self.max_ndim} axes (batch included), {got}, which has {len(shape)}."
        for axis, size in self.axes.items():
            if shape[axis] not in (None, size):
                where = "the last axis" if axis in (-1, len(shape) - 1) else f"axis {axis}"
                return f"inputs with {size} {self.axis_name} on {where}, got {shape[axis]}: shape {shape}."
        return None

    def _fits_squeezed(self, shape: Shape) -> bool:
        """Whether inputs fit once a last axis of size 1 is left out, of theirs and of what is demanded."""
        if self.shape is None:
            return False
        given, wanted = (sizes[:-1] if sizes[-1:] == (1,) else sizes for sizes in (shape, tuple(self.shape)))
        pairs = zip(given, wanted, strict=False)
        return len(given) == len(wanted) and all(one == other or None in (one, other) for one, other in pairs)

    def _way_out(self, shape: Shape) -> str | None:
        if len(shape) + 1 != self.ndim:
            return None
        sizes = ", ".join("-1" if size is None else str(size) for size in shape[1:])
        add = f"To add an axis of size 1: layers.Reshape(({sizes}, 1))(x)."
        return f"{add} After a recurrent layer: give that one return_sequences=True." if self.ndim == 3 else add


def in_order_of(demanded: Sequence[InputSpec | None], specs: Any) -> list[Any]:
    """Returns what is given to a layer of several inputs, in the order of what it demands: by names, if all have one.

    Errors: ValueError for a name that a dict lacks, and that is not optional.
    """
    named = {one.name: one for one in demanded if one and one.name}
    if not isinstance(specs, dict) or len(named) < len(demanded):
        return nest.flatten(specs)
    missing = [name for name, one in named.items() if name not in specs and not one.optional]
    if missing:
        raise ValueError(errors.explain(f"There is no input {missing[0]!r}, got {', '.join(map(repr, specs))}."))
    return [specs.get(name) for name in named]


def is_shape(value: Any) -> bool:
    """Whether this is one shape, and not a structure of several."""
    return isinstance(value, tuple | list) and all(
        size is None or isinstance(size, int) or export.is_symbolic_dim(size) for size in value
    )


def described(structure: Any, dtype: str = "float32") -> Any:
    """Returns Specs in place of the shapes in a structure."""
    if is_shape(structure):
        return Spec(tuple(structure), dtype)
    if isinstance(structure, dict):
        return {key: described(element, dtype) for key, element in structure.items()}
    return [described(element, dtype) for element in structure]


def broadcast(*shapes: Shape) -> Shape:
    """Returns the shape that these broadcast to, None where it is not known.

    Errors: ValueError if they do not broadcast.
    """
    result: list[int | None] = []
    for position in range(1, max(map(len, shapes)) + 1):
        sizes = [shape[-position] for shape in shapes if len(shape) >= position]
        known = {size for size in sizes if size not in (None, 1)}
        if len(known) > 1:
            raise ValueError(f"Shapes {', '.join(map(str, shapes))} do not broadcast together.")
        result.insert(0, known.pop() if known else (None if None in sizes else 1))
    return tuple(result)


# An unknown function is traced twice, each time with other sizes in place of the unknown ones; what differs between
# the two results is unknown. The sizes have many divisors, so that a reshape of an unknown axis works.
_PROBES = (5040, 7560)


def infer(function: Callable[..., Any], *structures: Any) -> Any:
    """Returns the Specs of what a function of arrays gives for arguments that are described by Specs.

    Nothing is computed or allocated. Leaves that are not Specs are passed on as they are.
    """
    traced = [_trace(function, structures, probe) for probe in _PROBES]
    return nest.walk(_join, *traced)


def without_probes(shape: tuple[int, ...]) -> Shape:
    """Returns a shape met while `infer` traces, with its stand-in sizes unknown again."""
    return tuple(
        None if size and any(size % probe == 0 and size // probe <= 8 for probe in _PROBES) else size for size in shape
    )


def without_probes_in(text: str) -> str:
    """Returns what JAX says of arrays met while `infer` traces, with the stand-in sizes unknown again."""
    return re.sub(r"\d+", lambda number: str(without_probes((int(number[0]),))[0]), text)


def over_arrays(function: Callable[..., Any], structures: Any) -> tuple[Callable[[list[Any]], Any], list[Spec]]:
    """Returns a function of those arguments alone that Specs stand for, as a flat list, and these Specs."""
    leaves = nest.flatten(structures)
    positions = [i for i, leaf in enumerate(leaves) if isinstance(leaf, Spec)]

    def of_arrays(arrays: list[Any]) -> Any:
        filled = list(leaves)
        for position, array in zip(positions, arrays, strict=True):
            filled[position] = array
        return function(*nest.pack(structures, filled))

    return of_arrays, [leaves[position] for position in positions]


def stand_in(spec: Spec, size: int) -> jax.ShapeDtypeStruct:
    """Returns what JAX traces in place of an array; a size that is not known is `size`, twice that on the next axis."""
    return jax.ShapeDtypeStruct(
        tuple(size * (axis + 1) if known is None else known for axis, known in enumerate(spec.shape)),
        # An Input of int64 holds int32 where JAX computes in no wider types.
        jax.dtypes.canonicalize_dtype(spec.dtype),
    )


def in_common(one: Shape, other: Shape) -> Shape:
    """Returns a shape with None for the sizes in which two shapes of as many axes differ."""
    return tuple(a if a == b else None for a, b in zip(one, other, strict=True))


def _trace(function: Callable[..., Any], structures: Any, probe: int) -> Any:
    of_arrays, specs = over_arrays(function, structures)
    found: list[Any] = []

    def flat(arrays: list[Any]) -> list[Any]:
        outputs = of_arrays(arrays)
        found.append(outputs)
        return [None if leaf is None else jnp.asarray(leaf) for leaf in nest.flatten(outputs)]

    results = jax.eval_shape(flat, [stand_in(spec, probe) for spec in specs])
    return nest.pack(found[0], results)


def _join(first: Any, second: Any) -> Any:
    if first is None:
        return None
    if len(first.shape) != len(second.shape):
        raise ValueError(f"The number of output axes depends on the size of an input: {first.shape}, {second.shape}.")
    return Spec(in_common(first.shape, second.shape), first.dtype.name)
