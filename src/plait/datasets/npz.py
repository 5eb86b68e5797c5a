"""Arrays in the `.npz` files of the data sets: of numbers, or of lists of numbers, which NumPy pickles."""

from __future__ import annotations

import io

import numpy as np

from plait.datasets import pickles
from plait.files.archive import Archive

_FORMAT = (1, 0)


def read(path: str, *names: str) -> list[np.ndarray]:
    """Returns the arrays of these names; one of lists has the dtype object.

    Errors: ValueError for a file without them, or one that is no such file.
    """
    with Archive(path) as archive:
        return [_array(archive, f"{name}.npy") for name in names]


def _array(archive: Archive, name: str) -> np.ndarray:
    with archive.reading(name) as member:
        content = io.BytesIO(member.read())
    if np.lib.format.read_magic(content) == _FORMAT and np.lib.format.read_array_header_1_0(content)[2].hasobject:
        return pickles.load(io.BufferedReader(content))
    content.seek(0)
    return np.lib.format.read_array(content, allow_pickle=False)
