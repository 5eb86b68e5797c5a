"""Cross-entropies element by element, and the loss of sequences that are not aligned with their labels."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from plait import losses
from plait.core.lazy import optax
from plait.graph.operators import lift
from plait.losses import arrays

__all__ = ["binary_crossentropy", "categorical_crossentropy", "ctc_loss", "psnr", "sparse_categorical_crossentropy"]


@lift
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """Returns the cross-entropy of each yes-or-no answer.

    Shapes: target, output (...) -> (...)
    Args:   output: probabilities, or any numbers with from_logits.
    Errors: ValueError for shapes that differ.
    """
    if jnp.shape(target) != jnp.shape(output):
        raise ValueError(f"target and output need one shape, got {jnp.shape(target)} and {jnp.shape(output)}.")
    # One answer per row, so that the mean over a row is that answer's.
    targets, outputs = (jnp.expand_dims(jnp.asarray(one), -1) for one in (target, output))
    return losses.binary_crossentropy(targets, outputs, from_logits)


@lift
def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """Returns the cross-entropy of one choice among classes, for one-hot targets or probabilities.

    Shapes: target, output (..., classes) -> (...)
    Args:   output: probabilities, divided by their sum here; any numbers with from_logits.
    """
    return losses.categorical_crossentropy(target, output, from_logits, 0.0, axis)


@lift
def sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """Returns the cross-entropy of one choice among classes, for class ids.

    Shapes: target (...) or (..., 1), output (..., classes) -> (...)
    Args:   output: probabilities, divided by their sum here; any numbers with from_logits.
    """
    return losses.sparse_categorical_crossentropy(target, output, from_logits, None, axis)


@lift
def psnr(x1: Any, x2: Any, max_val: float) -> Any:
    """Returns how far the noise in a picture is below its largest possible value, in decibels.

    Errors: ValueError for shapes that differ.
    """
    if jnp.shape(x1) != jnp.shape(x2):
        raise ValueError(f"psnr compares arrays of one shape, got {jnp.shape(x1)} and {jnp.shape(x2)}.")
    x1, x2 = arrays.floating(x1), arrays.floating(x2)
    return 20 * jnp.log10(jnp.asarray(max_val, x2.dtype)) - 10 * jnp.log10(jnp.mean(jnp.square(x1 - x2)))


@lift
def ctc_loss(target: Any, output: Any, target_length: Any, output_length: Any, mask_index: int = 0) -> Any:
    """Returns how surprising a sequence of labels is, wherever in the outputs each of them stands.

    Shapes: target (batch, labels), output (batch, steps, classes), target_length and output_length (batch,)
            -> (batch,)
    Args:   output: logits. mask_index: the class that stands for no label.
    Source: A. Graves et al., Connectionist Temporal Classification, 2006.
    """
    output, target = arrays.floating(output), jnp.asarray(target).astype("int32")
    return optax.ctc_loss(
        output,
        _is_beyond(output_length, output.shape[1], output.dtype),
        target,
        _is_beyond(target_length, target.shape[1], output.dtype),
        blank_id=mask_index,
    )


def _is_beyond(lengths: Any, size: int, dtype: Any) -> jax.Array:
    """Returns 1 for the steps beyond a sequence's length, 0 for its own."""
    return (jnp.arange(size)[None] >= jnp.asarray(lengths)[:, None]).astype(dtype)
