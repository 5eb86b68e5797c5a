"""The names by which a graph's inputs and outputs are addressed, and how what a user gives is matched to them."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax

from plait.core import errors, names, nest
from plait.graph.before import TEXT
from plait.graph.shapes import Shape, without_probes
from plait.graph.tensor import SymbolicTensor


class Port(NamedTuple):
    """One input or output: its name, and what passes through it."""

    name: str
    shape: Shape
    dtype: str


def of(structure: Any) -> list[Port]:
    """Returns one port per tensor: named by the keys where there are dicts, else by the layer that makes it.

    It takes any number of samples: a batch size that was declared says nothing of all data.
    """
    leaves: list[SymbolicTensor] = nest.flatten(structure)
    given = list(nest.paths(structure)) if _has_keys(structure) else [leaf.name.partition(":")[0] for leaf in leaves]
    unique = names.deduplicated(given)
    return [Port(name, any_rows(leaf.shape), leaf.dtype) for name, leaf in zip(unique, leaves, strict=True)]


def any_rows(shape: Shape) -> Shape:
    """Returns a shape with any number of samples, the first axis."""
    return (None, *shape[1:]) if shape else shape


def of_specs(structure: Any, stem: str) -> list[Port]:
    """Returns one port per Spec: named by the keys where there are dicts, else counted, `output_1`, `output_2`, …"""
    leaves = nest.flatten(structure)
    given = nest.paths(structure) if _has_keys(structure) else [f"{stem}_{n + 1}" for n in range(len(leaves))]
    return [Port(name, leaf.shape, leaf.dtype) for name, leaf in zip(given, leaves, strict=True)]


def arrange(given: Any, structure: Any, ports: list[Port], what: str) -> list[Any]:
    """Returns the leaves of what a user gives, in the order of the ports.

    A dict is matched by name, whatever its order; a list by position; one leaf is enough where there is one port.

    Args:   what: e.g. "inputs" or "targets", for the error.
    Errors: ValueError for missing and surplus names, and for another number of leaves.
    """
    valid = [port.name for port in ports]
    if isinstance(given, dict):
        for port in ports:
            check_is_one(given.get(port.name), port.name, what, port.dtype == TEXT)
        flat = dict(zip(nest.paths(given), nest.flatten(given), strict=True))
        missing = [name for name in valid if name not in flat]
        surplus = [name for name in flat if name not in valid]
        if missing or surplus:
            problems = [f'"{name}" is missing' for name in missing]
            problems += [f'"{name}" is not one of them' for name in surplus]
            raise ValueError(
                errors.explain(
                    f"The {what} given do not match those of the model: {'; '.join(problems)}.",
                    f"Names of the {what}: {', '.join(valid)}.{errors.nearest(surplus[0], missing) if surplus else ''}",
                )
            )
        return [flat[name] for name in valid]
    leaves = nest.flatten(given) if isinstance(given, list | tuple) else [given]
    if len(ports) == 1:
        check_is_one(given, valid[0], what, ports[0].dtype == TEXT)
    if len(leaves) != len(ports):
        raise ValueError(
            errors.explain(
                f"The model has {errors.counted(len(ports), what[:-1])} ({', '.join(valid)}), got {len(leaves)}.",
                "Give them as a list in this order, or as a dict by name." if len(ports) > 1 else None,
            )
        )
    return leaves


def way_in(shape: Shape, wanted: Shape) -> Any:
    """Returns the index that gives an array of this shape the one wanted, or None if there is none.

    An axis of size 1 at the end may be missing, or be one too many.
    """
    if fits(shape, wanted):
        return ...
    if len(wanted) > 1 and wanted[-1] in (1, None) and fits(shape, wanted[:-1]):
        return ..., None
    if shape[-1:] == (1,) and fits(shape[:-1], wanted):
        return ..., 0
    return None


def taken(array: Any, port: Port) -> Any:
    """Returns an array as an input takes it: of its number of axes and its dtype."""
    array = arranged(array, port)
    dtype = jax.dtypes.canonicalize_dtype(port.dtype)
    return array if array.dtype == dtype else array.astype(dtype)


def arranged(array: Any, port: Port) -> Any:
    """Returns an array as an input takes it, of the dtype it has."""
    # While an unknown function around it is traced, sizes stand in for unknown ones.
    index = way_in(without_probes(array.shape), port.shape)
    return array if index in (..., None) else array[index]


def fits(shape: Shape, wanted: Shape) -> bool:
    """Whether a shape is the one wanted, as far as both are known."""
    if len(shape) != len(wanted):
        return False
    for size, other in zip(shape, wanted, strict=True):  # a loop, as every call of a model comes here
        if size != other and size is not None and other is not None:
            return False
    return True


def check_is_one(given: Any, name: str, what: str, takes_text: bool = False) -> None:
    """Makes sure that what is given for one array can be one.

    Errors: ValueError for a list of Python's numbers: how deep it is to be read, nothing says.
    """
    if not isinstance(given, list | tuple):
        return
    leaves, kind = nest.flatten(given), type(given).__name__
    lengths = _unequal_lengths(given)
    if lengths:
        raise ValueError(
            errors.explain(
                f'The {what} are a {kind} of sequences of {" and ".join(lengths)} elements where "{name}" takes one '
                "array.",
                "Make them equally long first: plait.utils.pad_sequences(…).",
            )
        )
    if leaves and all(isinstance(leaf, int | float | str) and not isinstance(leaf, bool) for leaf in leaves):
        is_text = any(isinstance(leaf, str) for leaf in leaves)
        raise ValueError(
            errors.explain(
                f'The {what} are a {kind} of Python values where "{name}" takes one array.',
                "Turn text into numbers first: words or labels into ids, and these into an array."
                if is_text and not takes_text
                else "Write np.array(…) around it.",
            )
        )


def _unequal_lengths(given: list[Any] | tuple[Any, ...]) -> list[str]:
    """Returns the first two lengths that differ among sequences of numbers, if some do."""
    lengths = list(dict.fromkeys(map(_length, given)))
    return [] if None in lengths or len(lengths) < 2 else [str(length) for length in lengths[:2]]


def _length(one: Any) -> int | None:
    if isinstance(one, list | tuple):
        return None if any(isinstance(element, list | tuple) for element in one) else len(one)
    return len(one) if getattr(one, "ndim", None) == 1 else None


def _has_keys(structure: Any) -> bool:
    if isinstance(structure, dict):
        return True
    return isinstance(structure, list | tuple) and any(map(_has_keys, structure))
