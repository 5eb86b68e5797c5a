"""What attention demands of its tensors: shapes that fit together, axes that are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from plait.core import errors
from plait.graph import shapes
from plait.graph.shapes import Shape

_NAMES = ("queries", "values", "keys")


def completed_axes(layer: Any, query_shape: Any) -> tuple[int, ...]:
    """Returns the layer's attention axes, counted from the front: those given, or all between batch and features.

    Errors: ValueError if one is not between these, or stands twice.
    """
    between = range(1, len(query_shape) - 1)
    given = layer.attention_axes
    axes = tuple(between) if given is None else tuple(axis % len(query_shape) for axis in given)
    if not set(axes) <= set(between) or len(set(axes)) < len(axes):
        raise ValueError(
            errors.explain(
                f"{layer} attends over different axes between batch and features, got attention_axes={given!r} "
                f"for queries of shape {tuple(query_shape)}.",
            )
        )
    return axes


def check_shapes(layer: Any, given: Sequence[Any], features: Sequence[int]) -> None:
    """Makes sure that queries, values and keys of these shapes fit together.

    Args:   features: how many each must have, where the layer has been built for so many.
    Errors: ValueError if they do not.
    """
    if given[1] is None:
        raise ValueError(
            errors.explain(
                f"{layer} needs queries and values, got only one of them.",
                "Write layer(query, value); for attention within one sequence layer(x, x).",
            )
        )
    if not all(map(shapes.is_shape, given)):
        raise ValueError(
            errors.explain(f"{layer} takes its tensors one by one, got several at once.", "Write layer(query, value).")
        )
    listed = ", ".join(f"{name} {tuple(shape)}" for name, shape in zip(_NAMES, given, strict=True))
    ranks = {len(shape) for shape in given}
    if len(ranks) > 1 or not ranks <= ({layer.rank} if layer.rank else set(range(3, 1 + max(ranks)))):
        needed = f"{layer.rank} axes" if layer.rank else "one number of axes, 3 or more"
        raise ValueError(errors.explain(f"{layer} needs tensors of {needed} (batch included), got {listed}."))
    for name, shape, size in zip(_NAMES, given, features, strict=False):
        if shape[-1] not in (None, size):
            raise ValueError(
                errors.explain(
                    f"{layer} needs {name} with {size} features on the last axis, got {shape[-1]}: "
                    f"shape {tuple(shape)}.",
                    f"To use other {name}, make a new {type(layer).__name__} layer.",
                )
            )
    query, value, key = given
    axes = completed_axes(layer, query)
    kept = [axis for axis in range(len(query) - 1) if axis not in axes]
    if not _fit(value[:-1], key[:-1]) or not _fit([query[axis] for axis in kept], [value[axis] for axis in kept]):
        raise ValueError(
            errors.explain(f"{layer} needs a value for each key, and of one batch with the queries, got {listed}.")
        )


def check_mask(layer: Any, shape: Shape, scores: Shape, least: int) -> None:
    """Makes sure that an attention mask of this shape fits on scores of that one.

    Args:   least: how many axes it must have, those of targets and sources.
    Errors: ValueError if it does not.
    """
    first = shape[:-least] if least <= len(shape) <= len(scores) else None
    if (
        first is None
        or not _repeats((*first, *[1] * (len(scores) - len(shape))), scores[:-least])
        or not _repeats(shape[-least:], scores[-least:])
    ):
        raise ValueError(
            errors.explain(
                f"{layer} needs an attention_mask for scores of shape {tuple(scores)}, got shape {tuple(shape)}.",
                "Its last axes are targets and sources; those before may be left out, or 1.",
            )
        )


def _fit(first: Iterable[int | None], second: Iterable[int | None]) -> bool:
    return all(None in (one, other) or one == other for one, other in zip(first, second, strict=True))


def _repeats(first: Iterable[int | None], second: Iterable[int | None]) -> bool:
    return all(None in (one, other) or one in (1, other) for one, other in zip(first, second, strict=True))
