"""Arrays that lie on the device as a whole, as the dispatches that go over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax

from plait.core import errors
from plait.training.clock import Clock
from plait.training.feed.arrays import Arrays
from plait.training.program import Data

# How long one dispatch is to take: short enough for Ctrl-C and the progress bar, long enough to cost nothing.
_DISPATCH_SECONDS = 0.1


class Dispatch(NamedTuple):
    """What one dispatch of a program is given; see `Program.train`."""

    data: Data
    order: Any
    start: int
    stop: int
    batch: int
    examples: int
    padded: bool

    @property
    def steps(self) -> int:
        """How many steps it has."""
        return self.stop - self.start

    @property
    def samples(self) -> int:
        """How many samples these have."""
        return min(self.stop * self.batch, self.examples) - self.start * self.batch


class Placed:
    """Arrays on the device, gone over many steps in a dispatch.

    Args: per_dispatch: how many steps; "auto" lets the time they take decide.
    """

    # It never ends: where a pass does, the next one begins.
    is_over = False

    def __init__(self, program: Any, data: Arrays, batch: int, per_dispatch: int | str, for_training: bool) -> None:
        self.program = program
        self.data = data
        self.batch = min(batch, data.examples)
        # The number of batches of a pass.
        self.steps: int | None = data.steps(self.batch)
        self.total: int = data.steps(self.batch)
        self.placed = data.placed()
        self.per_dispatch = per_dispatch
        mixes = program.mixes_in_training if for_training else program.mixes_in_testing
        partial = data.examples % self.batch
        # A smaller last batch is filled up with rows that count for nothing, so that it needs no compilation of its
        # own; where a layer mixes the examples of a batch that would change the numbers, and it runs at its true size.
        self.padded = bool(partial) and not mixes and program.can_pad
        self.whole_steps = self.total if self.padded or not partial else self.total - 1
        # Where the pass over the data under way has come to: an epoch of another length goes on there.
        self.order: Any = None
        self.at = self.total
        # What its order was drawn for.
        self._turn = 0
        self.clock = Clock()

    def sample(self) -> tuple[Data, int]:
        """Returns the data on the device, and the size of a batch."""
        return self.placed, self.batch

    def state(self) -> dict[str, Any]:
        """Returns how far a run over the data is, as plain data."""
        return {"examples": self.data.examples, "batch": self.batch, "at": self.at, "turn": self._turn}

    def check_state(self, state: dict[str, Any]) -> None:
        """Errors: ValueError for a state of other data, or of batches of another size."""
        for name, what in (("examples", "sample"), ("batch", "sample in a batch")):
            now, then = self.state()[name], state.get(name)
            if now != then:
                plural = what.replace("sample", "samples")
                raise ValueError(
                    errors.explain(
                        f"The checkpoint was made with other data: {now} {plural} now, {then or 'no arrays'} then.",
                        "Give the same data, or another folder.",
                    )
                )

    def put_back(self, state: dict[str, Any]) -> None:
        """Lets the run go on where it was when the state was taken."""
        self.at, self._turn, self.order = state["at"], state["turn"], None

    def is_spent(self, check: Callable[[], None]) -> bool:
        """Returns False: there is always another pass."""
        return False

    def epoch(
        self, steps: int, shuffle: Any, seed: int, one_by_one: bool, check: Callable[[], None]
    ) -> Iterator[Dispatch]:
        """Yields so many steps, from where the last ones stopped in the data.

        Args: shuffle: as for `Arrays.order`.
              one_by_one: whether each step is a dispatch of its own.
              check: not called, as there is nothing to wait for.
        """
        done = 0
        while done < steps:
            if self.at == self.total:
                self.at, self._turn, self.order = 0, int(self.program.slots().steps), None
            if self.order is None:
                self.order = jax.device_put(self.data.order(self.batch, shuffle, seed, self._turn))
            end = min(self.total, self.at + steps - done)
            for start, stop, batch in self._lengths(self.at, end, one_by_one):
                self.at, done = stop, done + stop - start
                yield self._dispatch(self.order, start, stop, batch)

    def test(self, steps: int | None, one_by_one: bool) -> Iterator[Dispatch]:
        """Yields the first steps of a pass, in the order of the data; all of them if there are fewer, or None."""
        order = jax.device_put(self.data.order(self.batch, False, 0, 0))
        for start, stop, batch in self._lengths(0, self.bounded(steps), one_by_one):
            yield self._dispatch(order, start, stop, batch)

    def bounded(self, steps: int | None) -> int:
        """Returns how many steps a test has that was asked for so many, or for all."""
        return self.total if steps is None else min(steps, self.total)

    def awaited(self, ticket: Any) -> Any:
        """Returns the ticket to wait for once a dispatch is under way: its own."""
        return ticket

    def _dispatch(self, order: Any, start: int, stop: int, batch: int) -> Dispatch:
        """Returns what a dispatch takes: for a last batch of its true size, just its own positions."""
        if batch != self.batch:
            own = order[start * self.batch : start * self.batch + batch]
            return Dispatch(self.placed, own, 0, 1, batch, batch, self.padded)
        return Dispatch(self.placed, order, start, stop, batch, self.data.examples, self.padded)

    def _lengths(self, start: int, end: int, one_by_one: bool) -> Iterator[tuple[int, int, int]]:
        """Yields first step, end and batch size of each dispatch."""
        whole = min(end, self.whole_steps)
        while start < whole:
            stop = start + (1 if one_by_one or self.program.steps_alone else min(self._length(), whole - start))
            yield start, stop, self.batch
            start = stop
        if end > whole:
            yield whole, whole + 1, self.data.examples - whole * self.batch

    def _length(self) -> int:
        """Returns how many steps the next dispatch is to have."""
        if isinstance(self.per_dispatch, int):
            return self.per_dispatch
        if self.clock.seconds_per_step is None:
            return 1
        return max(1, int(_DISPATCH_SECONDS / max(self.clock.seconds_per_step, 1e-7)))
