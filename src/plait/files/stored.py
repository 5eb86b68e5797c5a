"""Arrays that are still in a file: matched by their shapes first, and read where they are needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.files.arrays import Arrays


class Stored:
    """Stands for an array of a file: it has a shape, and is read when NumPy asks for it."""

    def __init__(self, reader: Arrays, path: str) -> None:
        self.shape = reader.shape(path)
        self._reader, self._path = reader, path

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self._reader.read(self._path)
        return array if dtype is None else array.astype(dtype)
