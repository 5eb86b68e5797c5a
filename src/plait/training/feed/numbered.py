"""Batches by number: the items of a dataset, or slices of arrays."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import Any

import numpy as np

from plait.core import nest
from plait.training.feed import arrays, workers
from plait.training.feed.batches import END, other_batches
from plait.training.feed.dataset import PyDataset

# How many batches are made at a time where one is used, and the next one is under way.
_ONE_AHEAD = 2


class Items:
    """Takes batches by their numbers, from a PyDataset or what is like one; see there."""

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset
        self.batches: int | None = dataset.num_batches if hasattr(type(dataset), "num_batches") else len(dataset)
        self.is_endless = self.continues = self.batches is None
        self._count = getattr(dataset, "workers", 1)
        self._in_processes = self._count > 0 and getattr(dataset, "use_multiprocessing", False)
        self._ahead = max(_ONE_AHEAD, getattr(dataset, "max_queue_size", 10)) if self._count > 1 else _ONE_AHEAD
        self._timeout: float | None = getattr(dataset, "timeout", PyDataset.timeout)
        self._workers: Any = None
        self._numbers: Iterator[int] = itertools.count()
        # The items that are being made, with their numbers.
        self._made: deque[tuple[int, Future[Any]]] = deque()

    def first(self) -> Any:
        """Returns the item of number 0, which is made again when its turn comes."""
        return END if self.batches == 0 else workers.as_tuple(workers.kept(self.dataset[0]))

    def start(self, shuffle: Any, seed: int, turn: int) -> None:
        """Begins a pass, the items in another order if so wanted; where there is no end, there is but one pass."""
        self._made.clear()
        if self.batches is not None:
            self._numbers = iter(self.order(self.batches, shuffle, seed, turn))
        if self._in_processes and (self._workers is None or self._changes):
            self._workers = workers.Processes(self.dataset, self._count)
        elif self._count and self._workers is None:
            self._workers = workers.Threads(self._count)

    def place(self, is_under_way: bool) -> None:
        """Returns None: an order is told by seed and turn."""

    def resume(self, place: Any, came: int, shuffle: Any, seed: int, turn: int) -> None:
        """Begins a pass after some of its items, which are not made."""
        self.start(shuffle, seed, turn)
        if len(list(itertools.islice(self._numbers, came))) < came:
            raise other_batches(came)

    def order(self, batches: int, shuffle: Any, seed: int, turn: int) -> Iterable[int]:
        """Returns the numbers of the items in the order of a pass."""
        return arrays.order(batches, 1, shuffle, seed, turn).tolist()

    def take(self, is_last: bool, check: Callable[[], None]) -> Any:
        """Returns the next item, or END.

        Errors: what making it raised; TimeoutError after `timeout` seconds.
        """
        if not self._count:
            number = next(self._numbers, None)
            return END if number is None else workers.as_tuple(workers.kept(self.dataset[number]))
        wanted = (1 if is_last else self._ahead) - len(self._made)
        for number in itertools.islice(self._numbers, max(0, wanted)):
            self._made.append((number, self._submit(number)))
        if not self._made:
            return END
        number, future = self._made.popleft()
        name = f"Item {number} of {type(self.dataset).__name__}"
        try:
            return workers.as_tuple(workers.waited(future, check, self._timeout, name))
        except TimeoutError:
            if not future.done():
                self._workers.kill()
            raise

    def is_spent(self, check: Callable[[], None]) -> bool:
        """Returns False: the items can be made again, or have no end."""
        return False

    def _submit(self, number: int) -> Future[Any]:
        if self._in_processes:
            return self._workers.submit(number)
        return self._workers.submit(_item, self.dataset, number)

    @property
    def _changes(self) -> bool:
        """Whether the dataset may be another one from epoch to epoch, so that copies of it grow old."""
        hooks = ("on_epoch_begin", "on_epoch_end")
        return any(getattr(type(self.dataset), hook, None) is not getattr(PyDataset, hook) for hook in hooks)

    def epoch_begins(self) -> None:
        """Calls the hook of the dataset, if it has it."""
        getattr(self.dataset, "on_epoch_begin", workers.nothing)()

    def epoch_ends(self) -> None:
        """Calls the hook of the dataset, if it has it."""
        getattr(self.dataset, "on_epoch_end", workers.nothing)()


class Slices(Items):
    """Takes batches from arrays that are not placed on the device as a whole.

    Args: whole: (x, y, sample_weight), of one number of samples; None for what is not given.
          batch: the number of samples of a batch.
    """

    def __init__(self, whole: Any, batch: int) -> None:
        self.rows = _Rows(whole, batch)
        super().__init__(self.rows)

    def order(self, batches: int, shuffle: Any, seed: int, turn: int) -> Iterable[int]:
        """Puts the samples into their order; the batches are numbered in it."""
        rows = self.rows
        order = arrays.order(rows.examples, rows.batch, shuffle, seed, turn)
        rows.positions = order[: rows.examples] if shuffle else None
        return range(batches)

    def part(self, start: int, stop: int) -> Slices:
        """Returns the samples from start to stop."""
        return Slices(_cut(self.rows.whole, slice(start, stop)), self.rows.batch)


class _Rows:
    """The rows of arrays, in batches by number."""

    def __init__(self, whole: Any, batch: int) -> None:
        self.whole = whole
        self.examples = len(nest.flatten(whole)[0])
        self.batch = min(batch, self.examples)
        self.positions: np.ndarray | None = None

    def __len__(self) -> int:
        return -(-self.examples // self.batch)

    def __getitem__(self, number: int) -> Any:
        rows = slice(number * self.batch, (number + 1) * self.batch)
        return _cut(self.whole, rows if self.positions is None else self.positions[rows])


def _item(dataset: Any, number: int) -> Any:
    return workers.kept(dataset[number])


def _cut(whole: Any, rows: Any) -> Any:
    return nest.walk(lambda leaf: None if leaf is None else leaf[rows], whole)
