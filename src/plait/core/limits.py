"""The most epochs and steps that a run has, whatever it is asked for: to try a script out without changing it."""

from __future__ import annotations

import os

from plait.core import errors


def _checked(name: str, limit: object) -> int | None:
    if limit is None or (isinstance(limit, int) and not isinstance(limit, bool) and limit > 0):
        return limit
    raise ValueError(errors.explain(f"{name} is a positive integer, or None for no limit, got {limit!r}."))


def _from_environment(name: str) -> int | None:
    text = os.environ.get(name)
    return _checked(name, int(text) if text.isdecimal() else text) if text else None


# Keras's names: a script that was tried out with these is tried out likewise.
_epochs = _from_environment("KERAS_MAX_EPOCHS")
_steps = _from_environment("KERAS_MAX_STEPS_PER_EPOCH")


def max_epochs() -> int | None:
    """Returns the most epochs that a fit has; None if there is no limit."""
    return _epochs


def set_max_epochs(max_epochs: int | None) -> None:
    """Limits the epochs of every fit from now on, as the environment variable KERAS_MAX_EPOCHS does.

    Errors: ValueError for what is no positive integer, and not None.
    """
    global _epochs
    _epochs = _checked("max_epochs", max_epochs)


def max_steps_per_epoch() -> int | None:
    """Returns the most steps that an epoch, an evaluation or a prediction has; None if there is no limit."""
    return _steps


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Limits the steps of every epoch, evaluation and prediction, as KERAS_MAX_STEPS_PER_EPOCH does.

    Errors: ValueError for what is no positive integer, and not None.
    """
    global _steps
    _steps = _checked("max_steps_per_epoch", max_steps_per_epoch)


def epochs(asked: int) -> int:
    """Returns the epoch that a fit ends with that was asked to end with this one."""
    return asked if _epochs is None else min(asked, _epochs)


def steps(asked: int | None, there: int | None = None) -> int | None:
    """Returns how many steps are made where so many are asked for; None stands for as many as there are batches.

    Args: there: how many batches there are, if that is known.
    """
    wanted = there if asked is None else asked
    return asked if _steps is None or (wanted is not None and wanted <= _steps) else _steps
