"""California housing: prices of houses in 1990."""

from __future__ import annotations

import os

import numpy as np

from plait.data import checks
from plait.datasets import npz, sources, splits

# How many districts a version has.
_VERSIONS = {"small": 600, "large": None}


def load_data(
    version: str = "large",
    path: str | os.PathLike[str] = "california_housing.npz",
    test_split: float = 0.2,
    seed: int = 113,
) -> splits.Split:
    """Returns `(x_train, y_train), (x_test, y_test)`: what is known of districts, and the prices of their houses.

    Of a district are known its place, the age of the houses, their rooms and bedrooms, people, households and income.

    Shapes: x (districts, 8), floats; y (districts,), floats, medians in dollars
    Args:   version: "large" for 20,640 districts, "small" for the first 600.
            path: what the file is called in the cache.
            test_split: the part to test with, at least 0 and less than 1.
            seed: for the order.
    Errors: ValueError for another version or test_split, or a path with folders in it; OSError if the file is not there
            and cannot be fetched.
    Source: R. Pace and R. Barry, Sparse Spatial Autoregressions, 1997.
    """
    checks.one_of("version", version, _VERSIONS)
    splits.check(test_split)
    x, y = npz.read(sources.fetched("california_housing.npz", path), "x", "y")
    districts = _VERSIONS[version]
    return splits.split(
        *splits.shuffled(np.random.RandomState(seed), x[:districts], y[:districts]),
        test_split,
    )
