"""Batches as dispatches of one step each, made as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from plait.training.clock import Clock
from plait.training.feed import workers
from plait.training.feed.arrays import Arrays, filled
from plait.training.feed.batches import Batches
from plait.training.feed.placed import Dispatch
from plait.training.program import Data


class Stream:
    """Has the face of `Placed` to a run. The device computes one step while the next batch is fetched and read."""

    # As many steps as there are batches: only their end says how many.
    steps: int | None = None

    def __init__(self, program: Any, batches: Batches, for_training: bool) -> None:
        self.program = program
        self.batches = batches
        mixes = program.mixes_in_training if for_training else program.mixes_in_testing
        # Of one size by rows that count for nothing, so that smaller ones need no compilation of their own.
        self.padded = program.can_pad and not mixes
        self.clock = Clock(overlaps=True)
        # The bits of a step may depend on how many rows it has: a run that goes on has to know how many that was.
        self._largest = batches.first.examples
        self._order: Any = None
        self._ticket: Any = ()

    @property
    def total(self) -> int | None:
        """How many batches there are, once that is known."""
        return self.batches.total

    @property
    def came(self) -> int:
        """How many batches were taken, of an iterator in all, else in the pass under way."""
        return self.batches.came

    @property
    def is_over(self) -> bool:
        """Whether the data ended before as many batches came as were asked for."""
        return self.batches.is_over

    def sample(self) -> tuple[Data, int]:
        """Returns data on the device that are like those of a step, and the size of a batch."""
        return self.batches.first.placed(), self.batches.first.examples

    def state(self) -> dict[str, Any]:
        """Returns how far the batches were taken, as plain data."""
        return {**self.batches.state(), "largest": self._largest}

    def check_state(self, state: dict[str, Any]) -> None:
        """Errors: ValueError for a state of other data."""
        self.batches.check_state(state)

    def put_back(self, state: dict[str, Any]) -> None:
        """Lets the next batch be the one that came next when the state was taken."""
        self.batches.put_back(state)
        self._largest = state["largest"]

    def is_spent(self, check: Callable[[], None]) -> bool:
        """Whether it is known that no batch is left, and none will come."""
        return self.batches.is_spent(check)

    def epoch(
        self, steps: int | None, shuffle: Any, seed: int, one_by_one: bool, check: Callable[[], None]
    ) -> Iterator[Dispatch]:
        """Yields a step for each of so many batches, or of all, from where the last ones stopped.

        Args: shuffle: as for `Arrays.order`, where the source has an order.
              one_by_one: is always so.
              check: raises if Ctrl-C was pressed.
        """

        def order() -> tuple[Any, int, int]:
            return shuffle, seed, int(self.program.slots().steps) if shuffle else 0

        return map(self._dispatch, self.batches.over(steps, check, order))

    def test(self, steps: int | None, one_by_one: bool) -> Iterator[Dispatch]:
        """Yields a step for each of the first so many batches, or of all; an iterator goes on where it is."""
        yield from self.epoch(steps, False, 0, one_by_one, workers.nothing)
        self.batches.restart()

    def bounded(self, steps: int | None) -> int | None:
        """Returns how many steps a test has that was asked for so many; None for all."""
        return steps

    def awaited(self, ticket: Any) -> Any:
        """Returns the ticket to wait for once a dispatch is under way: that of the one before.

        So the device has work while the next batch is read, and no more than one batch waits for it.
        """
        before, self._ticket = self._ticket, ticket
        return before

    def _dispatch(self, data: Arrays) -> Dispatch:
        rows = data.examples
        self._largest = max(rows, self._largest) if self.padded else rows
        if self._order is None or len(self._order) != self._largest:
            self._order = jax.device_put(np.arange(self._largest, dtype=np.int32))
        if rows != self._largest:
            arrays = [
                [None if array is None else filled(array, self._largest) for array in some]
                for some in (data.inputs, data.targets, data.weights)
            ]
            data = replace(data, inputs=arrays[0], targets=arrays[1], weights=arrays[2])
        return Dispatch(data.as_given(), self._order, 0, 1, self._largest, rows, self.padded)
