"""The archives of CIFAR-10 and CIFAR-100: pickled batches, read where they lie."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.datasets import pickles, sources, splits


def batches(file: str, *names: str) -> list[dict[bytes, Any]]:
    """Returns batches of an archive of `sources.SOURCES`, in this order.

    Nothing is unpacked to a folder, where files would be kept that nothing could be compared with.

    Errors: OSError if the archive is not there and cannot be fetched.
    """
    import tarfile  # here, as few programs need it

    with tarfile.open(sources.fetched(file)) as archive:
        found = {
            member.name: pickles.load(batch)
            for member in archive
            if member.name in names and (batch := archive.extractfile(member))
        }
    return [found[name] for name in names]


def examples(parts: list[dict[bytes, Any]], labels: bytes, dtype: str) -> splits.Examples:
    """Returns the images of these batches, and their labels.

    Shapes: (images, 32, 32, 3), uint8, and (images, 1)
    Args:   labels: under which key they are. dtype: that of the labels.
    """
    x = np.concatenate([part[b"data"] for part in parts]).reshape(-1, 3, 32, 32)
    y = np.concatenate([part[labels] for part in parts])
    return x.transpose(0, 2, 3, 1), y.astype(dtype).reshape(-1, 1)
