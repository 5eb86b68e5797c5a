"""Some steps of training recorded by JAX's profiler."""

from __future__ import annotations

import warnings
from typing import Any

import jax

from plait.core import errors


class Profiler:
    """Records the steps from the first to the last that it is told to, counted from 1 over all epochs.

    Args:   batches: a number, 0 for none; a pair of numbers, the first step and the last; or either as text: "10,20".
    Errors: ValueError for anything else.
    """

    def __init__(self, batches: Any) -> None:
        self.first, self.last = _range(batches)
        self._is_running = False

    @property
    def is_wanted(self) -> bool:
        """Whether there is anything to record."""
        return self.first > 0

    def before(self, step: int, folder: str) -> None:
        """Starts before the first step, to write to this folder; only warns if somebody else is recording."""
        if self.is_wanted and step == self.first:
            try:
                jax.profiler.start_trace(folder)
                self._is_running = True
            except RuntimeError as error:
                warnings.warn(f"TensorBoard does not profile step {step}: {error}", UserWarning, stacklevel=2)

    def after(self, step: int) -> None:
        """Stops after the last step."""
        if step >= self.last:
            self.stop()

    def stop(self) -> None:
        """Writes what there is, if it has not stopped already."""
        if self._is_running:
            self._is_running = False
            jax.profiler.stop_trace()


def _range(batches: Any) -> tuple[int, int]:
    given = batches.split(",") if isinstance(batches, str) else batches
    numbers = list(given) if isinstance(given, list | tuple) else [given]
    try:
        first, last = [int(number) for number in (numbers * 2 if len(numbers) == 1 else numbers)]
    except (TypeError, ValueError):
        first, last = -1, -1
    if not 0 <= first <= last or (first == 0 and last > 0):
        raise ValueError(
            errors.explain(
                f"TensorBoard needs for profile_batch a step, or the first and the last, got {batches!r}.",
                "Steps count from 1; 0 profiles none.",
            )
        )
    return first, last
