"""One batch of several examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from plait.core import nest


def stack(examples: Sequence[Any]) -> Any:
    """Returns examples as one batch: a structure like theirs, whose arrays have an axis more.

    Errors: ValueError if shapes differ.
    """
    return nest.walk(stacked, *examples)


def stacked(*leaves: Any) -> np.ndarray:
    """Returns arrays of one shape as one array, texts as an array of strings.

    Errors: ValueError if shapes differ.
    """
    if isinstance(leaves[0], str):
        # Objects, as NumPy's own strings take as much memory as the longest of them.
        return np.array(leaves, dtype=object)
    shapes = {np.shape(leaf) for leaf in leaves}
    if len(shapes) > 1:
        raise ValueError(f"The examples of a batch need one shape, got {', '.join(map(str, sorted(shapes)))}.")
    return np.stack(leaves)
