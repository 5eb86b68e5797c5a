"""What is checked before a run over data: counts, what was compiled, fractions."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.core import errors
from plait.training.compiled import Compiled
from plait.training.feed import sources

_BATCH = 32


def counts(at_least: int = 1, **given: Any) -> None:
    """Makes sure that these are integers of at least so much, or None.

    Errors: ValueError that names the first that is not.
    """
    for name, count in given.items():
        is_integer = isinstance(count, int | np.integer) and not isinstance(count, bool)
        if count is not None and not (is_integer and count >= at_least):
            wanted = "a positive integer" if at_least == 1 else f"an integer of {at_least} or more"
            raise ValueError(errors.explain(f"{name} must be {wanted}, got {count!r}."))


def batch_size(given: int | None, examples: int = 0, steps: int | None = None) -> int:
    """Returns how many examples a batch has: as many as given, or so that the examples make so many steps."""
    counts(batch_size=given)
    if given is None:
        return _BATCH if steps is None else -(-examples // steps)
    return int(given)


def is_compiled(model: Any, wanted: str) -> Compiled:
    """Returns what compile decided.

    Errors: ValueError if it was not called.
    """
    if model.compiled is None:
        raise ValueError(
            errors.explain(
                f"{model} cannot {wanted} before it is compiled.", "Call model.compile(optimizer=…, loss=…) first."
            )
        )
    return model.compiled


def shuffling(shuffle: Any) -> None:
    """Makes sure that this says how to shuffle.

    Errors: ValueError.
    """
    if not isinstance(shuffle, bool | np.bool_) and shuffle != "batch":
        raise ValueError(errors.explain(f'shuffle must be True, False or "batch", got {shuffle!r}.'))


def compiling(jit_compile: Any) -> None:
    """Makes sure that this says whether steps are compiled.

    Errors: ValueError.
    """
    if jit_compile not in (True, False, None, "auto"):
        raise ValueError(errors.explain(f'jit_compile must be True, False or "auto", got {jit_compile!r}.'))


def is_whole(x: Any, wanted: str) -> None:
    """Makes sure that data are there as a whole.

    Errors: TypeError for what gives them batch by batch.
    """
    if sources.gives_batches(x):
        raise TypeError(
            errors.explain(
                f"{wanted} takes one batch, as arrays, and x gives several: {errors.described(x)}.",
                "Give it to fit, evaluate or predict, or go over it yourself: for x, y in batches: "
                f"model.{wanted}(x, y).",
            )
        )


def split_position(examples: int, fraction: float) -> int:
    """Returns where the last fraction of so many examples begins.

    Errors: ValueError for what is no fraction, or leaves nothing on one side.
    """
    if not (isinstance(fraction, float | int | np.number) and 0 < fraction < 1):
        is_percent = isinstance(fraction, float | int) and 1 < fraction < 100
        raise ValueError(
            errors.explain(
                f"validation_split is a fraction between 0 and 1, got {fraction!r}.",
                f"For {fraction} percent: validation_split={fraction / 100}." if is_percent else None,
            )
        )
    at = int(np.floor(examples * (1.0 - fraction)))
    if at == 0 or at == examples:
        left = "to train on" if at == 0 else "to validate on"
        raise ValueError(
            errors.explain(
                f"validation_split={fraction} of {errors.counted(examples, 'sample')} leaves nothing {left}."
            )
        )
    return at


def is_due(frequency: int | list[int], epoch: int) -> bool:
    """Whether a validation follows an epoch, counted from 0."""
    number = epoch + 1
    return number % frequency == 0 if isinstance(frequency, int) else number in frequency
