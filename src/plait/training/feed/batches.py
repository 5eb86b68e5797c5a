"""Data that come batch by batch: looked at before anything is changed, read, and each held to the first one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from plait.core import errors
from plait.training.feed.arrays import Arrays

# What stands for no further batch.
END = object()
# Of an array of a batch: its dtype, its number of axes, and its shape, for the error.
Kind = tuple[str, int, tuple[int, ...]]


class Source(Protocol):
    """What batches come from.

    batches:    how many a pass has; None if that is not known.
    is_endless: whether it is known that there is no end.
    continues:  whether it cannot be gone over anew: the next epoch goes on where the last one stopped.
    """

    batches: int | None
    is_endless: bool
    continues: bool

    def first(self) -> Any:
        """Returns the first batch, for a look at it; END if there is none."""

    def start(self, shuffle: Any, seed: int, turn: int) -> None:
        """Begins a pass, in an order as that of `Arrays.order`."""

    def place(self, is_under_way: bool) -> Any:
        """Returns where the pass under way began, or else where the next one will, as plain data for `resume`.

        None for what begins each pass in the same place.
        """

    def resume(self, place: Any, came: int, shuffle: Any, seed: int, turn: int) -> None:
        """Begins the pass at a place, after so many of its batches, as it was in an earlier run.

        Errors: ValueError if there are no more than so many.
        """

    def take(self, is_last: bool, check: Callable[[], None]) -> Any:
        """Returns the next batch, or END; lets the one after it be made, unless this is the last one for now."""

    def is_spent(self, check: Callable[[], None]) -> bool:
        """Whether it is known that no batch is left, and none will come."""

    def epoch_begins(self) -> None:
        """Tells the source."""

    def epoch_ends(self) -> None:
        """Tells the source."""


class Batches:
    """Batches of a source, read as arrays are.

    first: the first one.
    total: how many there are in a pass, once that is known.
    came:  how many were taken in the pass under way.

    Args:   source: is gone over once, or again and again.
            read: makes arrays of a batch, checked; by `kinds` it says what may not change from batch to batch.
            element: the first batch, as the source gives it.
            what: e.g. "the training data", for errors.
    Errors: those of reading the first batch.
    """

    def __init__(
        self,
        source: Source,
        read: Callable[[Any], Arrays],
        kinds: Callable[[Arrays], dict[str, Kind]],
        element: Any,
        what: str,
    ) -> None:
        self.source = source
        self.what = what
        self.total = source.batches
        self.came = 0
        # Whether the source ended before as many came as were asked for.
        self.is_over = False
        self._read = read
        self._kinds_of = kinds
        self._is_under_way = False
        # The last of the arguments that the pass under way was begun with.
        self._turn = 0
        # Where an earlier run was, until the next batch is asked for.
        self._left: dict[str, Any] | None = None
        with in_batch(1, what):
            self.first = read(element)
        self._kinds = kinds(self.first)

    def over(
        self, limit: int | None, check: Callable[[], None], order: Callable[[], tuple[Any, int, int]]
    ) -> Iterator[Arrays]:
        """Yields so many batches, from where the last ones stopped; None for all that are left in a pass.

        What can be gone over anew goes on with another pass where one ends, unless there is no limit.

        Args:   check: raises if Ctrl-C was pressed; called while a batch is waited for.
                order: returns what `Source.start` takes; called where a pass begins.
        Errors: what the source raises, and those of reading a batch; both say which batch it was.
        """
        source, taken = self.source, 0
        source.epoch_begins()
        while limit is None or taken < limit:
            with in_batch(self.came + 1 if self._is_under_way else 1, self.what):
                if not self._is_under_way:
                    self._begin(*order())
                element = source.take(taken + 1 == limit, check)
                if element is not END:
                    data = self._checked(self._read(element))
            if element is END:
                self._end()
                if limit is None or source.continues:
                    break
                continue
            taken, self.came = taken + 1, self.came + 1
            yield data
        self.is_over = limit is not None and taken < limit
        source.epoch_ends()

    def _begin(self, shuffle: Any, seed: int, turn: int) -> None:
        left, self._left = self._left, None
        if left is None:
            self.source.start(shuffle, seed, turn)
            self.came = 0
        else:
            turn = left["turn"] if left["is_under_way"] else turn
            self.came = left["came"] * left["is_under_way"]
            self.source.resume(left["place"], self.came, shuffle, seed, turn)
        self._turn, self._is_under_way = turn, True

    def state(self) -> dict[str, Any]:
        """Returns how far the batches were taken, as plain data."""
        is_under_way = self._is_under_way
        return {"batches": self.source.batches, "came": self.came, "turn": self._turn, "is_under_way": is_under_way,
                "place": self.source.place(is_under_way)}  # fmt: skip

    def check_state(self, state: dict[str, Any]) -> None:
        """Errors: ValueError for what is no such state, or is one of other data."""
        now, then = self.source.batches, state.get("batches")
        if "place" not in state or (now is not None and then is not None and now != then):
            raise ValueError(
                errors.explain(
                    f"The checkpoint was made with other data: {_counted(now)} now, {_counted(then)} then.",
                    "Give the same data, or another folder.",
                )
            )

    def put_back(self, state: dict[str, Any]) -> None:
        """Lets the next batch be the one that came next when the state was taken."""
        self._left = state

    def restart(self) -> None:
        """Lets the next batches be the first ones again, if they can be."""
        self._is_under_way = self._is_under_way and self.source.continues

    def is_spent(self, check: Callable[[], None]) -> bool:
        """Whether it is known that no batch is left, and none will come."""
        return self.source.is_spent(check)

    def _end(self) -> None:
        """Notes that a pass has ended."""
        if self.source.continues:
            return
        self._is_under_way, self.total = False, self.came
        if not self.came:
            raise ValueError(
                errors.explain(
                    f"When gone over again, {self.what} gave no batches.",
                    "Each call of __iter__ must begin anew: return a new generator, not one that was made before.",
                )
            )

    def _checked(self, data: Arrays) -> Arrays:
        """Returns the arrays of a batch, if they are of the kinds that those of the first one are."""
        kinds = self._kinds_of(data)
        for name in {**self._kinds, **kinds}:
            was, came = self._kinds.get(name), kinds.get(name)
            if was is None or came is None or was[:2] != came[:2]:
                raise ValueError(
                    errors.explain(
                        f"The batch is not like the first one: {name} {_described(came)}, and {_described(was)} there.",
                        "Number of axes, dtype, and which targets and weights are given must not change.",
                    )
                )
        return data


def in_batch(number: int, what: str) -> contextlib.AbstractContextManager[None]:
    """Lets an exception pass unchanged, with a note that says which batch it came from."""
    return noted(f"  In batch {number} of {what}.")


def other_batches(came: int) -> ValueError:
    """Returns the error for data that have fewer batches than a checkpoint was made after."""
    return ValueError(
        errors.explain(
            f"The checkpoint was made with other data: it was made after {came} batches, and now there are fewer.",
            "Give the same data, or another folder.",
        )
    )


@contextlib.contextmanager
def noted(note: str) -> Iterator[None]:
    """Lets an exception pass unchanged, with a note."""
    try:
        yield
    except Exception as error:
        error.add_note(note)
        raise


def _counted(batches: int | None) -> str:
    return "batches by arrays" if batches is None else f"{batches} batches"


def _described(kind: Kind | None) -> str:
    return "is missing" if kind is None else f"is {kind[0]} of shape {kind[2]}"
