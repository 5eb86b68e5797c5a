"""Structures of lists, tuples and dicts, walked in the user's own order (jax.tree would sort the dict keys)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

# Made once: most structures are one leaf, and this is asked of each.
_CONTAINERS = (dict, list, tuple)


def flatten(structure: Any) -> list[Any]:
    """Returns the leaves in order; None counts as a leaf."""
    if not isinstance(structure, _CONTAINERS):
        return [structure]
    leaves: list[Any] = []
    walk(leaves.append, structure)
    return leaves


def walk(function: Callable[..., Any], structure: Any, *others: Any) -> Any:
    """Applies `function` to each leaf, and to what stands at the same place in `others`; keeps the structure.

    Errors: ValueError if another structure has different keys or another length.
    """
    if not isinstance(structure, _CONTAINERS):
        return function(structure, *others)
    if isinstance(structure, dict):
        for other in others:
            if not isinstance(other, dict) or other.keys() != structure.keys():
                raise ValueError(f"Structures differ: expected a dict with keys {list(structure)}, got {other!r}.")
        return {key: walk(function, structure[key], *(other[key] for other in others)) for key in structure}
    for other in others:
        if not isinstance(other, list | tuple) or len(other) != len(structure):
            raise ValueError(f"Structures differ: expected {len(structure)} elements, got {other!r}.")
    walked = [walk(function, *elements) for elements in zip(structure, *others, strict=True)]
    if hasattr(structure, "_fields"):
        return type(structure)(*walked)
    return walked if isinstance(structure, list) else tuple(walked)


def pack(structure: Any, leaves: Any) -> Any:
    """Returns a structure like the first one, with these leaves in order."""
    remaining = iter(leaves)
    if not isinstance(structure, _CONTAINERS):
        return next(remaining)
    return walk(lambda _: next(remaining), structure)


def paths(structure: Any, prefix: str = "") -> Iterator[str]:
    """Yields one name per leaf: dict keys and positions joined by `/`; "" for a structure that is one leaf."""
    if isinstance(structure, dict):
        items: Any = structure.items()
    elif isinstance(structure, list | tuple):
        items = enumerate(structure)
    else:
        yield prefix
        return
    for key, element in items:
        yield from paths(element, f"{prefix}/{key}" if prefix else str(key))
