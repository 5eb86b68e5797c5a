"""Whether targets suit the output and the loss they are for, checked on the host before anything is computed."""

from __future__ import annotations

from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors
from plait.functional import ids
from plait.graph.shapes import Shape
from plait.training.objective import OutputObjective

# What is wrong with a target, and the way out.
Problem: TypeAlias = tuple[str | None, str | None]


def checked(target: Any, output: OutputObjective) -> Any:
    """Returns the target, if it suits; a last axis of size 1 that only target or output has is added or dropped.

    Errors: ValueError if its shape does not fit the output, or the labels are of the kind another loss takes.
    """
    kind = output.loss.target_kind if output.loss else "any"
    if kind != "class_ids":
        target = _of_one_rank(target, output.port.shape)
    if output.loss is None or kind == "any":
        return target
    problem, remedy = _CHECKS[kind](target, output)
    if problem:
        raise ValueError(
            errors.explain(
                f'The target "{output.port.name}" does not suit its loss, {output.loss.name}: {problem}.', remedy
            )
        )
    return target


def _of_one_rank(target: Any, wanted: Shape) -> Any:
    # (n,) beside (n, 1) would be broadcast to (n, n) by a formula of the user's.
    if wanted[-1] in (1, None) and fits(target.shape, wanted[:-1]):
        return target[..., None]
    return target[..., 0] if target.shape[-1] == 1 and fits(target.shape[:-1], wanted) else target


def _of_values(target: Any, output: OutputObjective) -> Problem:
    """Targets that stand beside the outputs element by element."""
    wanted, got = output.port.shape, target.shape
    return (None if fits(got, wanted) else f"it needs shape {wanted}, got {got}"), None


def _of_classes(target: Any, output: OutputObjective) -> Problem:
    """Targets with a column per class."""
    wanted, got = output.port.shape, target.shape
    if wanted[-1] == 1:
        return _ONE_CLASS
    if fits(got, wanted[:-1]) or fits(got, (*wanted[:-1], 1)):
        return (
            f"it needs one column per class, shape {wanted}, got class ids of shape {got}",
            "Use the loss sparse_categorical_crossentropy, which takes ids, or "
            f"plait.utils.to_categorical(y, {wanted[-1]}).",
        )
    return _of_values(target, output)


def _of_ids(target: Any, output: OutputObjective) -> Problem:
    """Targets that name one class each."""
    wanted, got = output.port.shape, target.shape
    if wanted[-1] == 1:
        return _ONE_CLASS
    if not (fits(got, wanted[:-1]) or fits(got, (*wanted[:-1], 1))):
        if fits(got, wanted):
            return (
                f"it needs class ids of shape {wanted[:-1]}, got one column per class, shape {got}",
                "Use the loss categorical_crossentropy, which takes one column per class, or y.argmax(axis=-1).",
            )
        return f"it needs class ids of shape {wanted[:-1]}, got shape {got}", None
    array = np.asarray(target)
    problem = ids.not_whole(array)
    if problem:
        return f"class ids are whole numbers, got {problem}", None
    ignored = getattr(output.loss, "ignore_class", None)
    if wanted[-1] is not None and (problem := ids.out_of_range(array, wanted[-1], also=ignored)):
        return problem, f"For n classes, counted from 0, the output needs n units; it has {wanted[-1]}."
    return None, None


def _of_a_function(target: Any, output: OutputObjective) -> Problem:
    """Targets of any shape that the function does not broadcast against the outputs."""
    wanted, got = output.port.shape, target.shape
    if fits(got, wanted) or not _is_broadcast(target, output):
        return None, None
    return (
        f"it has shape {got}, and would be broadcast against the output of shape {wanted}",
        "Give it the shape of the output. A loss that means to take targets of another shape is a class derived from "
        "plait.losses.Loss: it is given them as they are.",
    )


def _is_broadcast(target: Any, output: OutputObjective) -> bool:
    wanted, got = output.port.shape, target.shape
    if len(got) == len(wanted):
        # A column of ids is no column of values.
        is_id = got[-1] == 1 and target.dtype.kind in "iu" and not ids.out_of_range(np.asarray(target), wanted[-1] or 1)
        pairs = list(zip(got[1:], wanted[1:], strict=True))
        return not is_id and all(b is None or a == b or 1 in (a, b) for a, b in pairs)
    key = got[1:], target.dtype.name
    if key not in output.broadcasts:
        output.broadcasts[key] = _broadcasts(output.loss, got[1:], wanted[1:], target.dtype)
    return output.broadcasts[key]


def _broadcasts(loss: Any, target: tuple[int, ...], wanted: Shape, dtype: Any) -> bool:
    """Whether the loss broadcasts targets of another rank, seen at sizes that no other axis has by chance."""
    batch, unknown = 7919, 6007
    outputs = (batch, *(unknown if size is None else size for size in wanted))
    try:
        np.broadcast_shapes((batch, *target), outputs)
    except ValueError:
        pass
    else:
        return True
    try:
        jax.eval_shape(loss, jax.ShapeDtypeStruct((batch, *target), dtype), jax.ShapeDtypeStruct(outputs, jnp.float32))
    except (TypeError, ValueError) as error:
        return any(words in str(error) for words in ("ncompatible shapes", "rank promotion", "broadcast"))
    except Exception:  # what else is wrong with it, training says
        return False
    return False


_ONE_CLASS = (
    "the output has one unit, and one class of one is always right",
    'For yes or no: Dense(1, activation="sigmoid") and binary_crossentropy. For n classes: n units and softmax.',
)

_CHECKS = {"like_outputs": _of_values, "one_hot": _of_classes, "class_ids": _of_ids, "unknown": _of_a_function}


def fits(got: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    """Whether a shape is as wanted, None standing for any size."""
    return len(got) == len(wanted) and all(b is None or a == b for a, b in zip(got, wanted, strict=True))
