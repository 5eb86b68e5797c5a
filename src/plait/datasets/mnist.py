"""MNIST: handwritten digits."""

from __future__ import annotations

import os

from plait.datasets import npz, sources, splits


def load_data(path: str | os.PathLike[str] = "mnist.npz") -> splits.Split:
    """Returns `(x_train, y_train), (x_test, y_test)`: 60,000 and 10,000 images of digits, and which digits they are.

    Shapes: x (images, 28, 28), uint8, 0 is the background; y (images,), uint8, 0 to 9
    Args:   path: what the file is called in the cache.
    Errors: OSError if it is not there and cannot be fetched; ValueError for a path with folders in it.
    Source: Y. LeCun, C. Cortes and C. Burges, The MNIST database of handwritten digits, 1998; CC BY-SA 3.0.
    """
    x_train, y_train, x_test, y_test = npz.read(
        sources.fetched("mnist.npz", path), "x_train", "y_train", "x_test", "y_test"
    )
    return (x_train, y_train), (x_test, y_test)
