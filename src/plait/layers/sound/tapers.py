"""What the layers for sound demand of a window that is given as numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.core import errors


def check_length(layer: Any, samples: int) -> None:
    """Makes sure that the field `window`, if it is neither a name nor None, has a number for each sample of a frame.

    Errors: ValueError that names the layer.
    """
    if layer.window is None or isinstance(layer.window, str):
        return
    shape = np.shape(layer.window)
    if shape != (samples,):
        raise ValueError(
            errors.explain(
                f"{layer} needs a window of one number per sample of a frame, shape ({samples},), got shape {shape}."
            )
        )
