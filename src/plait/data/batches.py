"""A data set of batches: the random access of grain, under the names of tf.data."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from plait.core import errors, nest, seeds
from plait.core.fields import dataclass
from plait.data import kept, packages, stacking

# As in tf.data: what leaves a number to the library, and the number of batches without end.
AUTOTUNE = ENDLESS = -1
# Without end is so many batches, and whatever has more than so many.
_FOREVER, _MANY = 1 << 60, 1 << 40


@dataclass(eq=False, repr=False)
class Batches:
    """Gives batches, each pass over it one epoch: in an order of its own where it is shuffled.

    What its methods return is a new data set, at the start of the first epoch. Those that tf.data has take the same.

    Args: elements: a `grain.MapDataset`; element `epoch * len(elements) + i` is batch i of that epoch.
          ahead: how many are made before they are asked for, by threads.
          examples: what the elements are batches of, as long as nothing was done to them since.
          class_names: of the labels, for data from a folder.
          file_paths: of the examples, in the order that shuffling starts from, as long as they are all there.
    """

    elements: Any
    ahead: int = 0
    examples: Any = None
    class_names: list[str] | None = None
    file_paths: list[str] | None = None

    def __post_init__(self) -> None:
        self._next_pass = self._position = (0, 0)

    def __repr__(self) -> str:
        return f"<Batches: {'endless' if self._is_endless else len(self.elements)}>"

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        if self._is_endless:
            raise TypeError(
                errors.explain(
                    "These batches are repeated without end, and so they have no length.",
                    "Say how many make an epoch, fit(…, steps_per_epoch=100), or how often to repeat them, repeat(3).",
                )
            )
        return len(self.elements)

    def __iter__(self) -> Iterator[Any]:
        epoch, start = self._next_pass
        self._next_pass = (epoch + 1, 0)
        length = len(self.elements)
        reader = self._reader(epoch * length + start, (epoch + 1) * length)
        try:
            for done, element in enumerate(reader, start + 1):
                self._position = (epoch + 1, 0) if done == length else (epoch, done)
                yield element
        finally:
            reader.close()

    def state(self) -> dict[str, int]:
        """Returns how far the last pass has got, for `restore`: its epoch, and how many batches it has given."""
        epoch, batch = self._position
        return {"epoch": epoch, "batch": batch}

    @property
    def next_pass(self) -> dict[str, int]:
        """Where the next pass begins, for `restore`: after one that was broken off, at the next epoch."""
        epoch, batch = self._next_pass
        return {"epoch": epoch, "batch": batch}

    def restore(self, state: dict[str, int]) -> None:
        """Lets the next pass go on where a state was taken, of this data set or one made alike, with the same seed.

        Errors: ValueError for what is no state, or is that of a longer data set.
        """
        position = [state.get(name) for name in ("epoch", "batch")] if isinstance(state, dict) else []
        if not position or not all(isinstance(number, int) and number >= 0 for number in position):
            raise ValueError(
                errors.explain(f"restore needs what state() returns, a dict of epoch and batch, got {state!r}.")
            )
        epoch, batch = state["epoch"], state["batch"]
        if batch and batch >= len(self.elements):
            raise ValueError(
                errors.explain(
                    f"The state is that of a data set with more than {batch} batches, this one has "
                    f"{len(self.elements)}.",
                    "Make it of the same data, with the same batch_size.",
                )
            )
        self._next_pass = self._position = (epoch, batch)

    def anew(self) -> Batches:
        """Returns the same batches once more, with passes of its own."""
        return replace(self)

    def map(
        self, function: Callable[..., Any], num_parallel_calls: int | None = None, deterministic: bool | None = None
    ) -> Batches:
        """Returns what a function makes of each batch; the parts of a tuple are its arguments.

        Args: num_parallel_calls, deterministic: taken; `prefetch` says how much is done at once, and the order stays.
        """

        def made(element: Any) -> Any:
            return function(*element) if isinstance(element, tuple) else function(element)

        return self._of(self.elements.map(made))

    def cache(self) -> Batches:
        """Returns the batches of the first epoch, kept in memory from when they are first made."""
        return self._of(packages.grain().MapDataset.source(kept.Kept(self.elements)))

    def shuffle(
        self, buffer_size: int | None = None, seed: int | None = None, reshuffle_each_iteration: bool | None = None
    ) -> Batches:
        """Returns the batches in another order; the examples in them are shuffled where batches are made of them.

        Args: buffer_size: taken; all are shuffled, however many, unless there is no end to them.
              seed: by default another one each time.
              reshuffle_each_iteration: False for the same order in each epoch.
        """
        grain = packages.grain()
        seed = seeds.fresh() if seed is None else seed
        if self._is_endless:
            window = grain.experimental.WindowShuffleMapDataset
            return self._of(window(self.elements, window_size=buffer_size or 1024, seed=seed))
        shuffled = self.elements.shuffle(seed)
        # To a source, all epochs are one.
        return self._of(grain.MapDataset.source(shuffled) if reshuffle_each_iteration is False else shuffled)

    def take(self, count: int) -> Batches:
        """Returns the first batches of each epoch, all for -1."""
        return self._of(self.elements.slice(slice(None if count < 0 else count)))

    def skip(self, count: int) -> Batches:
        """Returns all but the first batches of each epoch, none for -1."""
        return self._of(self.elements.slice(slice(len(self.elements) if count < 0 else count, None)))

    def repeat(self, count: int | None = None) -> Batches:
        """Returns so many epochs as one, for None and -1 without end."""
        if count == 0:
            return self.take(0)
        forever = max(_FOREVER // max(len(self.elements), 1), 1)
        return self._of(self.elements.repeat(forever if count is None or count < 0 else count))

    def batch(
        self, batch_size: int, drop_remainder: bool = False, stack: Callable[[Sequence[Any]], Any] = stacking.stack
    ) -> Batches:
        """Returns batches of what this gives.

        Args: stack: makes one of a list.
        """
        # Made in two steps: to an error of `batch_fn`, grain adds a note on something else.
        lists = self.elements.batch(batch_size, drop_remainder=drop_remainder, batch_fn=list)
        return self._of(lists.map(stack), examples=self.elements, file_paths=self.file_paths)

    def unbatch(self) -> Batches:
        """Returns the examples.

        Errors: ValueError if something was done to the batches since they were made.
        """
        if self.examples is None:
            raise ValueError(
                errors.explain(
                    "Batches can be taken apart only as long as nothing was done to them.",
                    "Call unbatch first, and then the rest: data.unbatch().map(…).shuffle(1000).batch(32).",
                )
            )
        return self._of(self.examples, file_paths=self.file_paths)

    def prefetch(self, buffer_size: int = AUTOTUNE) -> Batches:
        """Returns the same batches, some of which threads make before they are asked for.

        Args: buffer_size: how many; for -1 a few, for 0 none.
        """
        return replace(self, ahead=a_few() if buffer_size < 0 else buffer_size)

    def cardinality(self) -> int:
        """Returns how many batches there are in an epoch, -1 without end."""
        return ENDLESS if self._is_endless else len(self.elements)

    def as_numpy_iterator(self) -> Iterator[Any]:
        """Yields the batches as arrays of NumPy's."""
        for element in self:
            yield nest.walk(np.asarray, element)

    @property
    def _is_endless(self) -> bool:
        return len(self.elements) > _MANY

    def _of(self, elements: Any, examples: Any = None, file_paths: list[str] | None = None) -> Batches:
        return replace(self, elements=elements, examples=examples, file_paths=file_paths)

    def _reader(self, first: int, last: int) -> Any:
        """Returns grain's iterator over these elements."""
        grain = packages.grain()
        options = grain.ReadOptions(num_threads=min(self.ahead, os.cpu_count() or 1), prefetch_buffer_size=self.ahead)
        return iter(grain.MapDataset.range(first, last).map(self.elements.__getitem__).to_iter_dataset(options))


def a_few() -> int:
    """Returns how many batches are made ahead where nobody says: one for each processor, and one that is ready."""
    return min(os.cpu_count() or 1, 16) + 1
