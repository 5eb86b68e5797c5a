"""Which number of the logs a callback watches, and when it has become better."""

from __future__ import annotations

import functools
import math
import re
from typing import Any

from plait.callbacks.callback import Logs
from plait.core import errors, names

_LESS_IS_BETTER = """loss error entropy crossentropy divergence perplexity hinge huber poisson cosh logcosh deviance
    mse rmse mae mape msle bce ce kld nll
    false_positives false_negatives false_positive_rate false_negative_rate"""
_MORE_IS_BETTER = """accuracy acc auc precision recall sensitivity specificity similarity score f1 fbeta r2
    dice iou io_u correlation cosine proximity true_positives true_negatives true_positive_rate true_negative_rate"""


@functools.cache
def _words() -> re.Pattern[str]:
    # Made when it is first wanted: it takes a good part of the time in which Plait is imported.
    less, more = ("|".join(words.split()) for words in (_LESS_IS_BETTER, _MORE_IS_BETTER))
    return re.compile(rf"(?:^|_)(?:(?P<min>{less})|(?P<max>{more}))(?=_|$)")


class Monitor:
    """Reads one number from the logs of an epoch, and compares it.

    Args:   name: in the logs: "loss", "val_accuracy", …
            mode: "min" where less is better, "max" where more is; "auto" tells it from the name, whose last
                known word decides: "head_loss" and "mean_squared_error" fall, "val_head_accuracy" rises.
            min_delta: what a change must exceed to count; its sign does not matter.
            owner: the callback, for errors.
    Errors: ValueError for another mode, or if the name says nothing.
    """

    def __init__(self, name: str, mode: str, min_delta: float, owner: Any) -> None:
        self.name = name
        self.owner = type(owner).__name__
        self.min_delta = abs(min_delta)
        if mode not in ("auto", "min", "max"):
            raise errors.unknown("mode", mode, ("auto", "min", "max"))
        self.mode = self._told_by_name() if mode == "auto" else mode

    def _told_by_name(self) -> str:
        words = [match.lastgroup for match in _words().finditer(names.snake_case(self.name))]
        if not words:
            raise ValueError(
                errors.explain(
                    f'{self.owner} cannot tell from the name "{self.name}" whether less or more is better.',
                    'Say mode="min" or mode="max".',
                )
            )
        return str(words[-1])

    def check(self, params: dict[str, Any] | None) -> None:
        """Makes sure before training that the logs will have the name, if it is known what they will have.

        Errors: ValueError, as `read`.
        """
        logged = (params or {}).get("logged")
        if logged is not None:
            self.read(dict.fromkeys(logged, 0.0), params)

    def read(self, logs: Logs, params: dict[str, Any] | None) -> float | None:
        """Returns the number; None after an epoch without the validation that would have measured it.

        Errors: ValueError if the logs have no such name, and no later ones will.
        """
        if self.name in logs:
            return logs[self.name]
        is_validation = self.name.startswith("val_")
        validates = bool(params and params.get("do_validation"))
        if is_validation and validates and not any(name.startswith("val_") for name in logs):
            return None
        near = errors.nearest(self.name, logs)
        raise ValueError(
            errors.explain(
                f'{self.owner} monitors "{self.name}", which the logs do not have.{near}',
                f"They have: {', '.join(logs)}.",
                "Give fit validation_data or validation_split." if is_validation and not validates else None,
            )
        )

    def is_better(self, value: float, than: float | None) -> bool:
        """Returns whether the value improves on another one by more than min_delta; NaN never does."""
        if math.isnan(value):
            return False
        if than is None:
            return True
        return value + self.min_delta < than if self.mode == "min" else value - self.min_delta > than
