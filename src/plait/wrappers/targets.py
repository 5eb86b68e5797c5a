"""Targets as scikit-learn has them, and as models are trained on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Numbers:
    """Leaves numbers as they are, in columns.

    is_single: whether there is one column, which outside of the model has no axis.
    """

    is_single: bool

    def encoded(self, y: np.ndarray) -> np.ndarray:
        """Returns what a model is trained on.

        Shapes: (samples,) if is_single, else (samples, outputs) -> (samples, outputs)
        """
        return y[:, None] if self.is_single else y

    def decoded(self, outputs: np.ndarray) -> np.ndarray:
        """Returns what the outputs of a model stand for.

        Shapes: (samples, outputs) -> (samples,) if is_single, else (samples, outputs)
        """
        return outputs.squeeze(axis=1) if self.is_single else outputs


@dataclass(frozen=True, eq=False)
class Classes:
    """Makes a column of each class.

    labels: sorted, in the order of the columns.
    """

    labels: np.ndarray

    def encoded(self, y: np.ndarray) -> np.ndarray:
        """Returns what a model is trained on: 1 in the column of the class, 0 elsewhere.

        Shapes: (samples,) -> (samples, classes)
        """
        return (y[:, None] == self.labels).astype("float32")

    def decoded(self, outputs: np.ndarray) -> np.ndarray:
        """Returns the labels of the largest outputs.

        Shapes: (samples, classes) -> (samples,)
        """
        return self.labels[outputs.argmax(axis=1)]
