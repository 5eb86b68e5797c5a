"""The class that users derive theirs from when they have batches by number: Keras's `PyDataset`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from plait.core import errors


class PyDataset:
    """Gives batches by number, for fit, evaluate and predict: override `__getitem__` and `__len__`.

    An item is x, (x, y) or (x, y, sample_weight), each an array or a dict, list or tuple of them. Every epoch takes
    each item once, in another order if fit is to shuffle. Items are made while the device computes, up to
    `max_queue_size` ahead, and come in their order whatever the number of workers.

    Args: workers: 0 makes an item when it is wanted, 1 one ahead, more so many at a time.
          use_multiprocessing: makes them in processes instead of threads. Each gets a copy of the dataset, by pickle:
              at the start of every epoch if the dataset overrides on_epoch_begin or on_epoch_end, else once.
          max_queue_size: how many items are made ahead at most, by more than one worker.
    """

    # A subclass need not call super().__init__().
    workers = 1
    use_multiprocessing = False
    max_queue_size = 10
    # Seconds that a worker may take for an item; then the run ends with an error that names it. None waits for ever.
    timeout: float | None = 300.0

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    def __getitem__(self, index: int) -> Any:
        """Returns the batch of this number."""
        raise NotImplementedError(errors.explain(f"{type(self).__name__} has no __getitem__, which gives a batch."))

    @property
    def num_batches(self) -> int | None:
        """The number of batches of an epoch: `len` of the dataset; an override may say None, for no end."""
        if hasattr(self, "__len__"):
            return len(self)
        raise NotImplementedError(
            errors.explain(
                f"{type(self).__name__} does not say how many batches it has.",
                "Give it a __len__, or a property num_batches, which is None where there is no end.",
            )
        )

    def __iter__(self) -> Iterator[Any]:
        number = self.num_batches
        for index in count() if number is None else range(number):
            yield self[index]

    def on_epoch_begin(self) -> None:
        """Called before the items of an epoch are made."""

    def on_epoch_end(self) -> None:
        """Called after an epoch, to change what the next one gives."""
