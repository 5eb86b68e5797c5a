"""Preparing data before training, in NumPy: padding sequences, one-hot rows, scaling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from plait.core import errors

_ENDS = ("pre", "post")


def pad_sequences(
    sequences: Sequence[Any],
    maxlen: int | None = None,
    dtype: DTypeLike = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: float | str = 0.0,
) -> np.ndarray:
    """Returns one array of all sequences, made equally long.

    Shapes: a list of (steps, ...) -> (sequences, maxlen, ...)
    Args:   maxlen: the length; None for that of the longest sequence.
            padding: where values are added to a shorter sequence, "pre" or "post".
            truncating: where steps are taken off a longer one, "pre" or "post".
            value: what is added; a string needs dtype object or str.
    Errors: ValueError if these are not sequences whose steps have one shape, or for an unknown argument.
    """
    for end, what in ((padding, "padding"), (truncating, "truncating")):
        if end not in _ENDS:
            raise errors.unknown(what, end, _ENDS)
    if isinstance(value, str) and np.dtype(dtype).kind not in "OSU":
        raise ValueError(f"The value {value!r} cannot stand in an array of {np.dtype(dtype)}; use dtype=object.")
    lengths = _lengths(sequences)
    if maxlen is None:
        if not lengths:
            raise ValueError("pad_sequences needs at least one sequence, or maxlen, got an empty list.")
        maxlen = max(lengths)
    if maxlen < 0:
        raise ValueError(f"maxlen needs to be zero or more, got {maxlen}.")

    step_shape = next((np.asarray(s).shape[1:] for s in sequences if len(s)), ())
    padded = np.full((len(sequences), maxlen, *step_shape), value, dtype)
    for index, (sequence, length) in enumerate(zip(sequences, lengths, strict=True)):
        kept = np.asarray(sequence[max(length - maxlen, 0) :] if truncating == "pre" else sequence[:maxlen], dtype)
        if not len(kept):
            continue
        if kept.shape[1:] != step_shape:
            raise ValueError(
                f"All steps need one shape, that of the first, {step_shape}; those of sequence {index} have "
                f"{kept.shape[1:]}."
            )
        start = maxlen - len(kept) if padding == "pre" else 0
        padded[index, start : start + len(kept)] = kept
    return padded


def _lengths(sequences: Any) -> list[int]:
    if not hasattr(sequences, "__len__"):
        raise ValueError(f"pad_sequences needs a list of sequences, got {sequences!r}.")
    for index, sequence in enumerate(sequences):
        if not hasattr(sequence, "__len__"):
            raise ValueError(f"pad_sequences needs a list of sequences, got {sequence!r} at position {index}.")
    return [len(sequence) for sequence in sequences]


def to_categorical(x: ArrayLike, num_classes: int | None = None) -> np.ndarray:
    """Returns a row per label with 1 at the label and 0 elsewhere.

    Shapes: any, or (..., 1) -> (..., num_classes)
    Args:   x: labels, integers from 0.
            num_classes: None for one more than the largest label.
    Errors: ValueError for a label that is negative, fractional or not below num_classes.
    """
    given = np.asarray(x)
    labels = given.astype("int64")
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    if not labels.size and not num_classes:
        raise ValueError("to_categorical needs at least one label, or num_classes, got an empty array.")
    classes = num_classes or int(labels.max()) + 1
    if (given != given.astype("int64")).any() or (labels < 0).any() or (labels >= classes).any():
        raise ValueError(
            errors.explain(
                f"to_categorical needs integer labels from 0 to {classes - 1}, got {given.min()} to {given.max()}.",
                "Count the labels from 0, or give a larger num_classes.",
            )
        )
    rows = np.zeros((labels.size, classes))
    rows[np.arange(labels.size), labels.reshape(-1)] = 1
    return rows.reshape(*labels.shape, classes)


def normalize(x: ArrayLike, axis: int = -1, order: float = 2) -> np.ndarray:
    """Returns x divided by its norm along an axis; where the norm is zero, x stays.

    Args: order: the norm, e.g. 1 for sums of absolute values, 2 for lengths.
    """
    array = np.asarray(x)
    norm = np.linalg.norm(array, order, axis, keepdims=True)
    return array / np.where(norm == 0, np.ones_like(norm), norm)
