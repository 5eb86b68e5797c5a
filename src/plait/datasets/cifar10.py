"""CIFAR-10: small color images of ten kinds."""

from __future__ import annotations

from plait.datasets import cifar, splits

_NAMES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]


def load_data() -> splits.Split:
    """Returns `(x_train, y_train), (x_test, y_test)`: 50,000 and 10,000 images, and what is on them.

    That is airplane, automobile, bird, cat, deer, dog, frog, horse, ship or truck, from 0 on.

    Shapes: x (images, 32, 32, 3), uint8; y (images, 1), uint8, 0 to 9
    Errors: OSError if the file is not there and cannot be fetched.
    Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009.
    """
    *train, test = cifar.batches("cifar-10-python.tar.gz", *(f"cifar-10-batches-py/{name}" for name in _NAMES))
    return cifar.examples(train, b"labels", "uint8"), cifar.examples([test], b"labels", "uint8")
