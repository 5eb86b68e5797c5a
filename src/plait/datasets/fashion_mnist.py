"""Fashion-MNIST: clothes, in the sizes and numbers of MNIST."""

from __future__ import annotations

import gzip
import struct
import zlib

import numpy as np

from plait.core import errors
from plait.datasets import sources, splits

_PARTS = ("train", "t10k")
# More than the largest file has when it is expanded; what is longer is cut off there, and refused.
_MOST_BYTES = 2**26


def load_data() -> splits.Split:
    """Returns `(x_train, y_train), (x_test, y_test)`: 60,000 and 10,000 images of clothes, and which they are.

    These are T-shirt or top, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag and ankle boot, from 0 on.

    Shapes: x (images, 28, 28), uint8, 0 is the background; y (images,), uint8, 0 to 9
    Errors: OSError if the files are not there and cannot be fetched; ValueError for a damaged one.
    Source: H. Xiao, K. Rasul and R. Vollgraf, Fashion-MNIST, 2017; MIT license.
    """
    train, test = ((_read(f"{part}-images-idx3-ubyte.gz"), _read(f"{part}-labels-idx1-ubyte.gz")) for part in _PARTS)
    return train, test


def _read(file: str) -> np.ndarray:
    path = sources.fetched(file)
    try:
        with gzip.open(path) as content:
            return _array(content.read(_MOST_BYTES))
    except (gzip.BadGzipFile, zlib.error, EOFError, struct.error, ValueError) as error:
        # Without a hash it was kept, whatever it is.
        raise ValueError(
            errors.explain(f"The file {path!r} is damaged: {error}.", "Remove it, and it is fetched again.")
        ) from error


def _array(content: bytes) -> np.ndarray:
    """Returns the array of an IDX file: 0, 0, a type (8 for bytes), the number of axes; their lengths; the elements."""
    zeros, of, axes = struct.unpack_from(">HBB", content)
    if (zeros, of) != (0, 8):
        raise ValueError("it has no bytes in the format IDX")
    shape = struct.unpack_from(f">{axes}I", content, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape).copy()
