"""The weights of a model by path: the names of the layers that lead to each, `encoder/dense_1/kernel`."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.files import arrays, weights
from plait.graph import walks

_WAY_OUT = (
    "Arrays are found by the names of layers here. Give yours names, or let those that are counted start anew by "
    "plait.backend.clear_session() before the model is made."
)


class Held:
    """The weights of a model, without what stateful layers remember from batch to batch.

    Errors: ValueError for a model whose weights are not known yet.
    """

    def __init__(self, model: Any) -> None:
        weights.check_built(model, "saved, or given weights")
        counted = set(model.weights)
        self.weights = {path: weight for path, weight in walks.weight_paths(model).items() if weight in counted}

    def paths(self) -> list[str]:
        """Returns the path of each weight."""
        return list(self.weights)

    def shape(self, path: str) -> tuple[int, ...]:
        """Returns the shape of a weight."""
        return self.weights[path].shape

    def dtype(self, path: str) -> str:
        """Returns the name of the dtype of a weight."""
        return self.weights[path].dtype

    def read(self, path: str) -> np.ndarray:
        """Returns the value of a weight, to be read from: on the CPU it is the weight's own memory."""
        return np.asarray(self.weights[path].peek())


def read(model: Any, reader: arrays.Arrays, skip_mismatch: bool) -> None:
    """Gives a model the arrays of an open file.

    Errors: ValueError with a table of what is missing, too much or of another shape; nothing is changed then.
    """
    wanted, held = Held(model).weights, reader.paths()
    rows = weights.unmatched(wanted, reader, held)
    fitting = {path: wanted[path] for path in held if path in wanted}
    weights.assign(model, reader, fitting, rows, skip_mismatch, None, _WAY_OUT)
