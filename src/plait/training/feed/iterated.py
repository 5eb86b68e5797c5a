"""Batches from what can be iterated over: generators, loaders, datasets of other libraries."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

from plait.training.feed import workers
from plait.training.feed.batches import END, other_batches


class Iterated:
    """Takes batches from an iterable, each on a thread while the device computes with the one before.

    Args: iterate: returns an iterator over the iterable.
          batches: how many that gives, if it is known.
    """

    def __init__(
        self, iterable: Any, iterate: Callable[[Any], Iterator[Any]] = iter, batches: int | None = None
    ) -> None:
        self.iterable = iterable
        self.is_endless = batches is not None and batches >= sys.maxsize
        self.batches = None if self.is_endless else batches
        self.continues = hasattr(iterable, "__next__")
        self._iterate = iterate
        self._iterator: Any = None
        # A loader of PyTorch's makes lists of the tuples that its dataset gives.
        self._has_lists = any(cls.__module__.partition(".")[0] == "torch" for cls in type(iterable).__mro__)
        self._threads = workers.Threads(1)
        self._fetching: Future[Any] | None = None
        # A batch that was looked at before it is taken.
        self._held: list[Any] = []
        # Where the pass began that the iterator goes over.
        self._began: Any = None

    def first(self) -> Any:
        """Returns the first batch, which `take` will return again."""
        self.start(False, 0, 0)
        return END if self._is_over(workers.nothing) else self._held[0]

    def start(self, shuffle: Any, seed: int, turn: int) -> None:
        """Begins to iterate; the order is the iterable's."""
        if not self._held:
            self._began = self._next_place()
            self._iterator, self._fetching = self._iterate(self.iterable), None

    def place(self, is_under_way: bool) -> Any:
        """Returns where the pass under way began, or the next one will, of what can be restored; else None."""
        return self._began if is_under_way or self._held else self._next_place()

    def resume(self, place: Any, came: int, shuffle: Any, seed: int, turn: int) -> None:
        """Begins a pass after some of its batches: at once where the iterable can, else by taking these again."""
        if place is not None:
            self._restore(place, came)
            return
        self.start(shuffle, seed, turn)
        for _ in range(came):
            if self.take(is_last=False, check=workers.nothing) is END:
                raise other_batches(came)

    def take(self, is_last: bool, check: Callable[[], None]) -> Any:
        """Returns the next batch, or END."""
        element = self._held.pop() if self._held else workers.waited(self._fetching or self._fetch(), check)
        self._fetching = None if is_last or element is END else self._fetch()
        return element

    def is_spent(self, check: Callable[[], None]) -> bool:
        """Whether an iterator has come to its end."""
        return self.continues and self._is_over(check)

    def _is_over(self, check: Callable[[], None]) -> bool:
        if not self._held:
            element = self.take(is_last=True, check=check)
            self._held += [] if element is END else [element]
        return not self._held

    def _fetch(self) -> Future[Any]:
        return self._threads.submit(_fetched, self._iterator, self._has_lists)

    def _next_place(self) -> Any:
        return getattr(self.iterable, "next_pass", None)

    def _restore(self, place: Any, came: int) -> None:
        epoch, batch = place["epoch"], place["batch"] + came
        is_over = batch == self.batches
        self.iterable.restore({"epoch": epoch + is_over, "batch": 0 if is_over else batch})
        self._held.clear()
        self._iterator, self._fetching = iter(()) if is_over else self._iterate(self.iterable), None
        self._began = place

    def epoch_begins(self) -> None:
        """Does nothing."""

    def epoch_ends(self) -> None:
        """Does nothing."""


def _fetched(iterator: Iterator[Any], has_lists: bool) -> Any:
    element = next(iterator, END)
    if element is END:
        return END
    element = workers.kept(element)
    return workers.as_tuple(element) if has_lists else element
