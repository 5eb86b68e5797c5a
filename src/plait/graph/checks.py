"""Checks of the fields that many layers have, for their `check` methods."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from plait import activations, constraints, initializers, regularizers
from plait.core import errors

_TABLES = {
    "activation": activations,
    "initializer": initializers,
    "regularizer": regularizers,
    "constraint": constraints,
}


def positive(layer: Any, *names: str) -> None:
    """Makes sure these fields are positive integers.

    Errors: ValueError that names layer and field.
    """
    for name in names:
        value = getattr(layer, name)
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value <= 0:
            raise ValueError(errors.explain(f"{layer} needs a positive integer for {name}, got {value!r}."))
        setattr(layer, name, int(value))


def rates(layer: Any, *names: str) -> None:
    """Makes sure these fields are numbers from 0 to 1.

    Errors: ValueError that names layer and field.
    """
    for name in names:
        value = getattr(layer, name)
        if not isinstance(value, int | float | np.number) or isinstance(value, bool) or not 0 <= value <= 1:
            raise ValueError(errors.explain(f"{layer} needs a number from 0 to 1 for {name}, got {value!r}."))


def numbers(layer: Any, *names: str, zero: bool = False) -> None:
    """Makes sure these fields are positive numbers, or 0 where `zero`.

    Errors: ValueError that names layer and field.
    """
    for name in names:
        value = getattr(layer, name)
        is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not is_number or not (value > 0 or (zero and value == 0)):
            kind = "number of 0 or more" if zero else "positive number"
            raise ValueError(errors.explain(f"{layer} needs a {kind} for {name}, got {value!r}."))
        setattr(layer, name, value.item() if isinstance(value, np.number) else value)


def looked_up(layer: Any) -> None:
    """Replaces names in the fields `…activation`, `…initializer`, `…regularizer`, `…constraint` by what they name.

    Errors: ValueError for an unknown name, with the nearest known; TypeError for what is no name and none of these.
    """
    for field, table in _names_of(type(layer)):  # type: ignore[arg-type]
        try:
            setattr(layer, field, table.get(getattr(layer, field)))
        except (TypeError, ValueError) as error:
            problem = str(error)
            error.args = (errors.explain(f"{layer} cannot take this {field}: {problem[:1].lower()}{problem[1:]}"),)
            raise


@functools.cache
def _names_of(cls: Any) -> list[tuple[str, Any]]:
    """Returns the fields of a layer that may hold a name, with the module that knows it."""
    kinds = {field: field.rpartition("_")[2] for field in cls.__dataclass_fields__ if field != "activity_regularizer"}
    return [(field, _TABLES[kind]) for field, kind in kinds.items() if kind in _TABLES]


def absent(layer: Any, **given: Any) -> None:
    """Makes sure nothing is given for arguments that are taken for Keras's sake only.

    Errors: ValueError that names layer and argument.
    """
    for name, value in given.items():
        if value is not None:
            raise ValueError(errors.explain(f"{layer} has no {name} in Plait, got {value!r}.", "Leave it out."))


def one_of(layer: Any, name: str, allowed: tuple[Any, ...]) -> None:
    """Makes sure a field has one of a few values.

    Errors: ValueError that lists them.
    """
    value = getattr(layer, name)
    if value not in allowed:
        raise ValueError(
            errors.explain(
                f"{layer} needs one of {', '.join(map(repr, allowed))} for {name}, got {value!r}."
                f"{errors.nearest(value, [a for a in allowed if isinstance(a, str)])}"
            )
        )


def integers(layer: Any, name: str, count: int, *, zero: bool = False) -> None:
    """Makes a field that is one integer, or `count` of them, a tuple of `count`.

    Errors: ValueError if they are not positive integers (or 0 where `zero`), or another number of them.
    """
    value = getattr(layer, name)
    given = (value,) * count if isinstance(value, int | np.integer) else value
    least = 0 if zero else 1
    is_right = isinstance(given, list | tuple) and len(given) == count
    if not is_right or any(
        not isinstance(one, int | np.integer) or isinstance(one, bool) or one < least for one in given
    ):
        kind = "integer of 0 or more" if zero else "positive integer"
        several = f" or {count} of them" if count > 1 else ""
        raise ValueError(errors.explain(f"{layer} needs a {kind}{several} for {name}, got {value!r}."))
    setattr(layer, name, tuple(int(one) for one in given))
