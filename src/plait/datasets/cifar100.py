"""CIFAR-100: small color images of a hundred kinds, in twenty groups."""

from __future__ import annotations

from plait.data import checks
from plait.datasets import cifar, splits


def load_data(label_mode: str = "fine") -> splits.Split:
    """Returns `(x_train, y_train), (x_test, y_test)`: 50,000 and 10,000 images, and what is on them.

    Shapes: x (images, 32, 32, 3), uint8; y (images, 1), int64
    Args:   label_mode: "fine" for the kind, 0 to 99; "coarse" for its group, 0 to 19.
    Errors: ValueError for another label_mode; OSError if the file is not there and cannot be fetched.
    Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009.
    """
    checks.one_of("label_mode", label_mode, ("fine", "coarse"))
    train, test = cifar.batches("cifar-100-python.tar.gz", "cifar-100-python/train", "cifar-100-python/test")
    labels = f"{label_mode}_labels".encode()
    return cifar.examples([train], labels, "int64"), cifar.examples([test], labels, "int64")
