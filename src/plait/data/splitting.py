"""One data set made two: to train on, and to hold out."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from plait.core import errors, nest, seeds
from plait.data import packages
from plait.data.arrays import check_lengths, gathered, opened, rows
from plait.data.batches import Batches


def split_dataset(
    dataset: Any,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Any, Any]:
    """Returns the first samples of a data set, and the last ones.

    Arrays give two data sets of single samples, which `left.batch(32)` makes batches of; batches give batches; another
    data set, such as one of PyTorch's or a PyDataset, gives two that have its items of some numbers.

    Args:   dataset: an array, a list or tuple of arrays, Batches, or what has `__len__` and `__getitem__`.
            left_size, right_size: a number of samples, or a fraction of all; the rest where one is not given.
            shuffle: whether the samples are put into another order first.
            seed: of this order; by default another one each time.
            preferred_backend: taken; there is one kind of data set for all.
    Errors: TypeError for what is no data set or no size; ValueError for a size of none or all, for two that are more
            than all together, and without sizes.
    """
    total, part = _parts(dataset)
    left, right = _sizes(left_size, right_size, total)
    numbers = list(range(total))
    if shuffle:
        # As Keras does it: the same seed, the same halves.
        random.Random(seeds.fresh() if seed is None else seed).shuffle(numbers)
    return part(numbers[:left]), part(numbers[total - right :])


class Part:
    """Has some of the items of a data set, by new numbers."""

    def __init__(self, dataset: Any, numbers: Sequence[int]) -> None:
        self.dataset = dataset
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, number: int) -> Any:
        return self.dataset[self.numbers[number]]


def _parts(dataset: Any) -> tuple[int, Callable[[list[int]], Any]]:
    """Returns how many samples a data set has, and what makes a data set of those of some numbers."""
    if isinstance(dataset, Batches):
        return _parts_of_batches(dataset)
    if isinstance(dataset, list | tuple) or hasattr(dataset, "__array__"):
        return _parts_of_arrays(dataset)
    if isinstance(dataset, Mapping | str) or not (hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")):
        raise TypeError(
            errors.explain(
                f"split_dataset needs samples that it can count and choose from, got {errors.described(dataset)}.",
                "Give an array, a list or tuple of arrays, batches of plait.data, or what has __len__ and __getitem__.",
            )
        )
    return len(dataset), lambda numbers: Part(dataset, numbers)


def _parts_of_arrays(dataset: Any) -> tuple[int, Callable[[list[int]], Batches]]:
    several = isinstance(dataset, list | tuple)
    given = {f"array {number}": array for number, array in enumerate(dataset if several else [dataset])}
    arrays = {name: opened(name, array) for name, array in given.items()}
    check_lengths("split_dataset", arrays)

    def part(numbers: list[int]) -> Batches:
        chosen = np.array(numbers)

        def gather(positions: np.ndarray) -> Any:
            found = tuple(rows(array, chosen[positions]) for array in arrays.values())
            return found if several else found[0]

        return gathered(gather, len(chosen), batch_size=None)

    return len(next(iter(arrays.values()))), part


def _parts_of_batches(dataset: Batches) -> tuple[int, Callable[[list[int]], Batches]]:
    len(dataset)  # refuses one without end
    examples = dataset.elements if dataset.examples is None else dataset.examples

    def part(numbers: list[int]) -> Batches:
        elements = packages.grain().MapDataset.source(Part(examples, numbers))
        some = replace(dataset, elements=elements, examples=None, file_paths=None)
        return some if dataset.examples is None else some.batch(len(nest.flatten(dataset.elements[0])[0]))

    return len(examples), part


def _sizes(left_size: float | None, right_size: float | None, total: int) -> tuple[int, int]:
    if left_size is None and right_size is None:
        raise ValueError(errors.explain("split_dataset needs left_size or right_size, or both, got neither."))
    left, right = _count("left_size", left_size, total), _count("right_size", right_size, total)
    left = total - (right or 0) if left is None else left
    right = total - left if right is None else right
    if left + right > total:
        raise ValueError(
            errors.explain(
                f"Together left_size and right_size are more than the {total} samples there are: {left} and {right}.",
                "Leave one of them out for the rest.",
            )
        )
    return left, right


def _count(name: str, size: float | None, total: int) -> int | None:
    """Returns a number of samples that was given as one, or as a fraction of all."""
    if size is None:
        return None
    if isinstance(size, bool) or not isinstance(size, int | float | np.number):
        raise TypeError(errors.explain(f"{name} is a number of samples or a fraction of them, got {size!r}."))
    is_fraction = isinstance(size, float | np.floating)
    count = round(size * total) if is_fraction else int(size)
    if not 0 < count < total or (is_fraction and not 0 < size < 1):
        raise ValueError(
            errors.explain(
                f"{name} is a number of samples from 1 to {total - 1}, or a fraction of the {total} there are that "
                f"leaves some on both sides, got {size!r}."
            )
        )
    return count
