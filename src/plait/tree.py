"""Structures of lists, tuples and dicts, under the names that `keras.tree` gives what is done with them.

Nested are a list, a tuple, a named tuple, a deque, a dict, an OrderedDict and a defaultdict; anything else is a leaf,
None and objects of classes derived from these too. A dict gives its values in the order of its sorted keys, an
OrderedDict in its own. (What a model is given is walked by `core/nest.py`, which keeps the order of every dict.)
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn

from plait.core import errors

__all__ = [
    "MAP_TO_NONE",
    "assert_same_paths",
    "assert_same_structure",
    "flatten",
    "flatten_with_path",
    "is_nested",
    "lists_to_tuples",
    "map_shape_structure",
    "map_structure",
    "map_structure_up_to",
    "pack_sequence_as",
    "traverse",
]

_DICTS = (dict, OrderedDict, defaultdict)
_SEQUENCES = (list, tuple, deque)


class MAP_TO_NONE:  # noqa: N801 - Keras's name
    """Stands for None in what a function gives `traverse`, to which None says something else."""


def is_nested(structure: Any) -> bool:
    """Whether this is a structure, and no leaf; an empty one is a structure."""
    return type(structure) in (*_DICTS, *_SEQUENCES) or _is_named_tuple(structure)


def flatten(structure: Any) -> list[Any]:
    """Returns the leaves."""
    return [leaf for _, leaf in flatten_with_path(structure)]


def flatten_with_path(structure: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """Returns the leaves, each with its path: a tuple of keys and positions."""
    if not is_nested(structure):
        return [((), structure)]
    return [
        ((key, *path), leaf) for key, child in _children(structure).items() for path, leaf in flatten_with_path(child)
    ]


def map_structure(func: Callable[..., Any], *structures: Any, none_is_leaf: bool = True) -> Any:
    """Returns a structure like these, of what a function makes of the leaves at each place.

    Args:   func: takes a leaf of each structure.
            none_is_leaf: False to leave None where it is in all of them, and not to call the function there.
    Errors: ValueError without structures, or for some that are not nested alike.
    """
    _check_some(structures)

    def of_leaves(*leaves: Any) -> Any:
        if any(map(is_nested, leaves)):
            _refuse(*structures[:2])
        if none_is_leaf or not any(leaf is None for leaf in leaves):
            return func(*leaves)
        if not all(leaf is None for leaf in leaves):
            _refuse(*structures[:2])
        return None

    return _walk(of_leaves, structures[0], structures[1:])


def map_structure_up_to(shallow_structure: Any, func: Callable[..., Any], *structures: Any) -> Any:
    """Returns a structure like the first, of what a function makes of what the others have at the places of its leaves.

    Args:   func: takes a leaf, or a structure, of each of the others.
    Errors: ValueError without others, or for one that is not nested like the first as far as that goes.
    """
    _check_some(structures)
    return _walk(lambda _, *below: func(*below), shallow_structure, structures)


def map_shape_structure(func: Callable[[Any], Any], structure: Any) -> Any:
    """Returns a structure like this, of what a function makes of its shapes: lists and tuples of numbers and None."""
    if _is_shape(structure) or not is_nested(structure):
        return func(structure)
    return _rebuilt(structure, [map_shape_structure(func, child) for child in _children(structure).values()])


def pack_sequence_as(structure: Any, flat_sequence: Iterable[Any]) -> Any:
    """Returns a structure like this, of these leaves.

    Errors: ValueError for another number of them.
    """
    leaves, places = list(flat_sequence), len(flatten(structure))
    if len(leaves) != places:
        raise ValueError(errors.explain(f"The structure takes {errors.counted(places, 'value')}, got {len(leaves)}."))
    remaining = iter(leaves)
    return map_structure(lambda _: next(remaining), structure)


def assert_same_structure(a: Any, b: Any, check_types: bool | None = None) -> None:
    """Makes sure that two structures are nested alike, in kinds, lengths and keys; dicts of whatever kind are one kind.

    Args:   check_types: taken; it is of no effect in Keras either.
    Errors: ValueError.
    """
    map_structure(lambda *_: None, a, b)


def assert_same_paths(a: Any, b: Any) -> None:
    """Makes sure that the leaves of two structures have the same paths, whatever lists and tuples they are in.

    Errors: ValueError that names those of only one.
    """
    paths = [{path for path, _ in flatten_with_path(structure)} for structure in (a, b)]
    if paths[0] != paths[1]:
        raise ValueError(
            errors.explain(
                "The leaves of the two structures have different paths.",
                _only("first", paths[0] - paths[1]),
                _only("second", paths[1] - paths[0]),
            )
        )


def _only(which: str, paths: set[tuple[Any, ...]]) -> str | None:
    return f"Only in the {which}: {', '.join(sorted(map(str, paths)))}." if paths else None


def lists_to_tuples(structure: Any) -> Any:
    """Returns the structure with tuples in place of its lists."""
    return traverse(lambda part: tuple(part) if isinstance(part, list) else None, structure, top_down=False)


def traverse(func: Callable[[Any], Any], structure: Any, top_down: bool = True) -> Any:
    """Returns the structure with what a function gives in place of each of its parts, the whole and the leaves too.

    Args: func: returns None to leave a part as it is, MAP_TO_NONE to put None there.
          top_down: whether a part is looked at before what is in it; what it is replaced by is not gone into.
    """
    if not top_down:
        structure = _traversed_below(func, structure, top_down)
    found = func(structure)
    if found is None:
        return _traversed_below(func, structure, top_down) if top_down else structure
    return None if found is MAP_TO_NONE else found


def _traversed_below(func: Callable[[Any], Any], structure: Any, top_down: bool) -> Any:
    if not is_nested(structure):
        return structure
    return _rebuilt(structure, [traverse(func, child, top_down) for child in _children(structure).values()])


# ---------------------------------------------------------------------------- one level of a structure


def _is_named_tuple(structure: Any) -> bool:
    return isinstance(structure, tuple) and hasattr(type(structure), "_fields")


def _children(structure: Any) -> Mapping[Any, Any]:
    """Returns what is in a structure, by keys or positions, in order."""
    if type(structure) is OrderedDict:
        return structure
    if type(structure) in _DICTS:
        return {key: structure[key] for key in _sorted(structure)}
    return dict(enumerate(structure))


def _sorted(keys: Iterable[Any]) -> list[Any]:
    """Returns the keys in their order; where they are of several kinds, one kind after the other."""
    try:
        return sorted(keys)
    except TypeError:
        return sorted(keys, key=lambda key: (type(key).__qualname__, key))


def _rebuilt(structure: Any, children: Sequence[Any]) -> Any:
    """Returns a structure of the same kind, with other things in it, given in order."""
    kind: Any = type(structure)
    if kind in _DICTS:
        made = dict(zip(_children(structure), children, strict=True))
        # The keys stand as they stood.
        items = {key: made[key] for key in structure}
        return defaultdict(structure.default_factory, items) if kind is defaultdict else kind(items)
    if _is_named_tuple(structure):
        return kind(*children)
    return deque(children, structure.maxlen) if kind is deque else kind(children)


def _walk(function: Callable[..., Any], first: Any, others: Sequence[Any]) -> Any:
    """Returns a structure like the first, of what a function makes of each leaf and of what the others have there."""
    if not is_nested(first):
        return function(first, *others)
    for other in others:
        if not _are_alike(first, other):
            _refuse(first, other)
    below = [_children(other) for other in others]
    made = [_walk(function, child, [some[key] for some in below]) for key, child in _children(first).items()]
    return _rebuilt(first, made)


def _are_alike(first: Any, other: Any) -> bool:
    if type(first) in _DICTS and type(other) in _DICTS:
        return first.keys() == other.keys()
    return type(first) is type(other) and len(first) == len(other)


def _is_shape(structure: Any) -> bool:
    return isinstance(structure, list | tuple) and all(size is None or isinstance(size, int) for size in structure)


def _check_some(structures: Sequence[Any]) -> None:
    if not structures:
        raise ValueError(errors.explain("There is no structure to map over.", "Give one or more after the function."))


def _refuse(first: Any, second: Any) -> NoReturn:
    raise ValueError(
        errors.explain(
            f"These are not nested alike: {errors.described(first)} and {errors.described(second)}.",
            "Lists, tuples and dicts must match in kind, length and keys; assert_same_paths looks at paths only.",
        )
    )
