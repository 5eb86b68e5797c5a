"""From the scores of each step to labels: what a network that was trained with `ctc_loss` has read.

An alignment gives each step one class. It reads as the labels that are left when a class that goes on counts once and
the blank, the class that stands for no label, is dropped; so many alignments have one reading.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from plait.core import errors
from plait.functional import precision
from plait.graph.operators import lift

__all__ = ["ctc_decode"]

_STRATEGIES = ("greedy", "beam_search")
# Stands behind the last label.
_NO_LABEL = -1


@lift
def ctc_decode(
    inputs: Any,
    sequence_lengths: Any,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int | None = 0,
) -> Any:
    """Returns the likeliest labels for the scores of all classes at each step, and a score of the labels.

    Shapes: inputs (batch, steps, classes), sequence_lengths (batch,)
            -> labels (readings, batch, steps), with -1 after the last, and scores (batch, readings)
    Args:   inputs: logits.
            sequence_lengths: how many steps of each example count.
            strategy: "greedy" reads the likeliest class of each step, and gives this one reading and the negative sum
            of its logits. "beam_search" adds up the alignments of each reading, keeps the `beam_width` likeliest
            readings after each step, and gives the `top_paths` likeliest and the logarithms of their probabilities.
            merge_repeated: whether a class that goes on counts once; in a beam search it always does.
            mask_index: the blank; None for the last class.
    Errors: ValueError for an unknown strategy, arrays of other shapes, or a number out of its range.
    Source: A. Graves et al., Connectionist Temporal Classification, 2006, section 3.2; A. Hannun et al., First-Pass
            Large Vocabulary Continuous Speech Recognition using Bi-Directional Recurrent DNNs, 2014, algorithm 1.
    """
    inputs, lengths = jnp.asarray(inputs), jnp.asarray(sequence_lengths)
    _check_arrays(inputs, lengths)
    blank = _blank(mask_index, inputs.shape[-1])
    scores = precision.at_least_float32(inputs)
    is_real = _numbers(inputs.shape[1])[None] < lengths.astype("int32")[:, None]
    if strategy == "greedy":
        return _best_alignments(scores, is_real, blank, merge_repeated)
    if strategy != "beam_search":
        raise errors.unknown("strategy of ctc_decode", strategy, _STRATEGIES)
    _check_widths(beam_width, top_paths)
    search = jax.vmap(lambda log_probs, real: _best_readings(log_probs, real, blank, beam_width))
    labels, found = search(jax.nn.log_softmax(scores), is_real)
    return jnp.swapaxes(labels[:, :top_paths], 0, 1), found[:, :top_paths]


def _best_alignments(scores: Any, is_real: Any, blank: int, merge_repeated: bool) -> tuple[Any, Any]:
    """Returns what the likeliest class of each step reads as, and the negative sum of the scores."""
    classes = jnp.where(is_real, jnp.argmax(scores, axis=-1).astype("int32"), blank)
    is_label = classes != blank
    if merge_repeated:
        is_label &= jnp.pad(classes[:, 1:] != classes[:, :-1], ((0, 0), (1, 0)), constant_values=True)
    labels_first = jnp.argsort(~is_label, axis=1, stable=True)
    labels = jnp.take_along_axis(jnp.where(is_label, classes, _NO_LABEL), labels_first, axis=1)
    return labels[None], -jnp.sum(jnp.max(scores, axis=-1), axis=1, keepdims=True, where=is_real)


class _Beam(NamedTuple):
    """The likeliest readings of the steps so far, the best first; a slot without one has probability 0 and no labels.

    labels, lengths, last: (width, steps), (width,), (width,), the last label being -1 if there is none.
    by_blank, by_label:    (width,) each, the logarithms of how likely it is that the steps so far read so and that the
                           last of them is the blank, or is the last label.
    """

    labels: Any
    lengths: Any
    last: Any
    by_blank: Any
    by_label: Any


def _best_readings(log_probs: Any, is_real: Any, blank: int, width: int) -> tuple[Any, Any]:
    """Returns the likeliest readings of one example, the best first, and their log-probabilities."""
    never = jnp.full(width, -jnp.inf, log_probs.dtype)
    nothing = _Beam(
        labels=jnp.full((width, log_probs.shape[0]), _NO_LABEL, "int32"),
        lengths=jnp.zeros(width, "int32"),
        last=jnp.full(width, _NO_LABEL, "int32"),
        by_blank=never.at[0].set(0.0),
        by_label=never,
    )

    def step(beam: _Beam, now: Any) -> tuple[_Beam, None]:
        log_probs, is_real = now
        after = _advanced(beam, log_probs, blank)
        return jax.tree.map(lambda new, old: jnp.where(is_real, new, old), after, beam), None

    beam, _ = lax.scan(step, nothing, (log_probs, is_real))
    return beam.labels, jnp.logaddexp(beam.by_blank, beam.by_label)


def _advanced(beam: _Beam, log_probs: Any, blank: int) -> _Beam:
    """Returns the likeliest readings after one more step, given the log-probabilities of its classes."""
    width, classes = len(beam.last), len(log_probs)
    total = jnp.logaddexp(beam.by_blank, beam.by_label)

    # The last label counts once more only after a blank; without one it goes on.
    is_last = _numbers(classes)[None] == beam.last[:, None]
    longer = jnp.where(is_last, beam.by_blank[:, None], total[:, None]) + log_probs[None]
    longer = longer.at[:, blank].set(-jnp.inf)

    # One label more may make a reading that is in the beam already: it is counted there.
    makes = _makes(beam)
    arriving = jnp.max(jnp.where(makes, longer[:, beam.last], -jnp.inf), axis=0)
    longer = longer.at[jnp.arange(width)[:, None], beam.last[None]].min(jnp.where(makes, -jnp.inf, jnp.inf))

    by_blank = total + log_probs[blank]
    by_label = jnp.logaddexp(beam.by_label + log_probs[beam.last], arriving)
    likelihoods = jnp.concatenate([jnp.logaddexp(by_blank, by_label), longer.reshape(-1)])
    found, chosen = lax.top_k(likelihoods, width)

    is_longer, is_there = chosen >= width, found > -jnp.inf
    source = jnp.where(is_longer, (chosen - width) // classes, chosen)
    last = jnp.where(is_longer, (chosen - width) % classes, beam.last[source])
    lengths = beam.lengths[source]
    is_new = is_longer[:, None] & (_numbers(beam.labels.shape[1])[None] == lengths[:, None])
    labels = jnp.where(is_new, last[:, None], beam.labels[source])
    return _Beam(
        labels=jnp.where(is_there[:, None], labels, _NO_LABEL),
        lengths=jnp.where(is_there, lengths + is_longer.astype("int32"), 0),
        last=jnp.where(is_there, last, _NO_LABEL),
        by_blank=jnp.where(is_longer, -jnp.inf, by_blank[source]),
        by_label=jnp.where(is_longer, found, by_label[source]),
    )


def _makes(beam: _Beam) -> Any:
    """Returns whether a reading, with the last label of another after it, is that other one: (width, width)."""
    is_end = _numbers(beam.labels.shape[1])[None] == beam.lengths[:, None] - 1
    shortened = jnp.where(is_end, _NO_LABEL, beam.labels)
    return jnp.all(beam.labels[:, None] == shortened[None], axis=2) & (beam.lengths > 0)[None]


def _numbers(count: int) -> Any:
    return jnp.arange(count, dtype="int32")


def _check_arrays(inputs: Any, lengths: Any) -> None:
    if inputs.ndim != 3 or lengths.shape != inputs.shape[:1]:
        raise ValueError(
            errors.explain(
                "ctc_decode needs inputs of (batch, steps, classes) and one sequence length per example, got the "
                f"shapes {inputs.shape} and {lengths.shape}."
            )
        )


def _blank(mask_index: Any, classes: int) -> int:
    if mask_index is None:
        return classes - 1
    if not isinstance(mask_index, int | np.integer) or not 0 <= mask_index < classes:
        raise ValueError(
            errors.explain(
                f"ctc_decode needs one of the {classes} classes for mask_index, got {mask_index!r}.",
                f"Classes are counted from 0 to {classes - 1}; None is the last.",
            )
        )
    return int(mask_index)


def _check_widths(beam_width: Any, top_paths: Any) -> None:
    for name, value in (("beam_width", beam_width), ("top_paths", top_paths)):
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
            raise ValueError(errors.explain(f"ctc_decode needs a positive integer for {name}, got {value!r}."))
    if top_paths > beam_width:
        raise ValueError(
            errors.explain(
                f"ctc_decode needs a beam_width of at least top_paths, got {beam_width} and {top_paths}.",
                "A beam that keeps so few readings has no more to give.",
            )
        )
