"""Boston housing: prices of houses around 1970."""

from __future__ import annotations

import os

import numpy as np

from plait.datasets import npz, sources, splits


def load_data(
    path: str | os.PathLike[str] = "boston_housing.npz", test_split: float = 0.2, seed: int = 113
) -> splits.Split:
    """Returns `(x_train, y_train), (x_test, y_test)`: what is known of 506 districts, and the prices of their houses.

    The twelfth column was made on the assumption that segregation by color moves prices. Take `california_housing`
    where that is not what you study.

    Shapes: x (districts, 13), floats; y (districts,), floats, medians in thousands of dollars
    Args:   path: what the file is called in the cache.
            test_split: the part to test with, at least 0 and less than 1.
            seed: for the order.
    Errors: ValueError for another test_split, or a path with folders in it; OSError if the file is not there and cannot
            be fetched.
    Source: D. Harrison and D. Rubinfeld, Hedonic Housing Prices and the Demand for Clean Air, 1978.
    """
    splits.check(test_split)
    x, y = npz.read(sources.fetched("boston_housing.npz", path), "x", "y")
    return splits.split(*splits.shuffled(np.random.RandomState(seed), x, y), test_split)
