"""Axes split, joined and put in another order, as a pattern writes it down."""

from __future__ import annotations

import math
import re
from typing import Any

import jax.numpy as jnp

from plait.core import errors
from plait.graph.operators import lift

__all__ = ["rearrange"]


@lift
def rearrange(tensor: Any, pattern: str, **axes_lengths: int) -> Any:
    """Returns the elements in the arrangement that a pattern gives, e.g. `"b t (h d) -> b h t d"`.

    Args:   pattern: names of axes before and after; those in brackets are one axis.
            axes_lengths: of named axes in brackets, all but one of each pair of brackets.
    Errors: ValueError for a pattern that does not fit the shape, or leaves a length open.
    """
    before, arrow, after = pattern.partition("->")
    given, wanted = _groups(before), _groups(after)
    names = [name for group in given for name in group]
    order = [name for group in wanted for name in group]
    if not arrow or sorted(names) != sorted(order) or len(set(names)) != len(names):
        raise ValueError(
            errors.explain(
                f"rearrange needs the same names before and after ->, each once, got {pattern!r}.",
                'For example: rearrange(x, "b t (h d) -> b h t d", h=8).',
            )
        )
    tensor = jnp.asarray(tensor)
    if len(given) != tensor.ndim:
        raise ValueError(f"The pattern {pattern!r} is for {len(given)} axes, got an array of shape {tensor.shape}.")
    sizes = dict(axes_lengths)
    for group, size in zip(given, tensor.shape, strict=True):
        sizes |= _lengths(group, size, sizes, pattern)
    split = tensor.reshape([sizes[name] for name in names]).transpose([names.index(name) for name in order])
    return split.reshape([math.prod(sizes[name] for name in group) for group in wanted])


def _groups(half: str) -> list[list[str]]:
    return [part.strip("()").split() for part in re.findall(r"\([^()]*\)|\w+", half)]


def _lengths(group: list[str], size: int, known: dict[str, int], pattern: str) -> dict[str, int]:
    """Returns the lengths of the axes that one axis is made of, one of which may follow from the others."""
    open_names = [name for name in group if name not in known]
    product = math.prod(known[name] for name in group if name in known)
    fits = size % product == 0 if open_names else size == product
    if len(open_names) > 1 or not fits:
        lengths = ", ".join(f"{name}={known.get(name, '?')}" for name in group)
        raise ValueError(f"An axis of length {size} cannot be ({lengths}), in the pattern {pattern!r}.")
    return dict.fromkeys(open_names, size // product)
