"""Text made even, and cut into tokens."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence

import numpy as np

# ASCII only, as TensorFlow does: letters and spaces of other scripts stay as they are.
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_WORD = re.compile(r"[^ \t\n\r\v\f]+")

STANDARDIZE: dict[str, Callable[[str], str]] = {
    "lower_and_strip_punctuation": lambda text: text.translate(_LOWER).translate(_NO_PUNCTUATION),
    "lower": lambda text: text.translate(_LOWER),
    "strip_punctuation": lambda text: text.translate(_NO_PUNCTUATION),
}

SPLIT: dict[str, Callable[[str], list[str]]] = {
    "whitespace": _WORD.findall,
    "character": list,
}


def ngrams(tokens: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Returns the runs of tokens, joined by spaces: all of the first width, then all of the next."""
    return [" ".join(tokens[start : start + width]) for width in widths for start in range(len(tokens) - width + 1)]


def padded(places: np.ndarray, lengths: np.ndarray, length: int) -> np.ndarray:
    """Returns rows of any lengths as rows of one, cut at the end or padded with 0.

    Shapes: places, of all rows one after the other, (elements,), lengths (rows,) -> (rows, length)
    """
    steps = np.arange(length)
    is_there = steps[None, :] < lengths[:, None]
    starts = np.cumsum(lengths) - lengths
    rows = np.zeros((len(lengths), length), places.dtype)
    rows[is_there] = places[(starts[:, None] + steps[None, :])[is_there]]
    return rows
