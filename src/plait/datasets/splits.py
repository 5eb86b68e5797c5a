"""Examples in another order, and divided into those to train on and those to test with."""

from __future__ import annotations

import numpy as np

from plait.core import errors

Examples = tuple[np.ndarray, np.ndarray]
Split = tuple[Examples, Examples]


def check(test_split: float) -> None:
    """Makes sure that a part is one: at least 0, and less than 1.

    Errors: ValueError for another number.
    """
    if not 0 <= test_split < 1:
        raise ValueError(
            errors.explain(f"test_split is the part to test with, at least 0 and less than 1, got {test_split!r}.")
        )


def shuffled(rng: np.random.RandomState, x: np.ndarray, y: np.ndarray) -> Examples:
    """Returns the examples in the order that is drawn next."""
    order = rng.permutation(len(x))
    return x[order], y[order]


def split(x: np.ndarray, y: np.ndarray, test_split: float) -> Split:
    """Returns the first examples, to train on, and the rest, to test with."""
    first = int(len(x) * (1 - test_split))
    return (x[:first], y[:first]), (x[first:], y[first:])
