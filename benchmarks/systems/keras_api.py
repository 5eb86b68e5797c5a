"""Plait, and Keras on the backend that KERAS_BACKEND names: the same lines for both."""

from __future__ import annotations

import math
from typing import Any

from benchmarks.work import Work


class Subject:
    """A model compiled and ready, trained by `fit`.

    Args: name: "plait" or "keras".
    """

    def __init__(self, name: str, work: Work) -> None:
        if name == "plait":
            import plait as K
        else:
            import keras as K
        self.work = work
        if work.half:
            K.mixed_precision.set_global_policy("mixed_bfloat16")
        self.model: Any = work.build(K)

    def compile(self) -> None:
        """Sets loss and optimizer."""
        several = len(self.work.losses) > 1
        loss = self.work.losses if several else self.work.losses[0]
        self.model.compile(optimizer="rmsprop", loss=loss, loss_weights=self.work.loss_weights)

    def train(self, x: list[Any], y: list[Any], epochs: int = 1) -> None:
        """Trains on all of the data."""
        y = y if len(y) > 1 else y[0]
        self.model.fit(self._inputs(x), y, batch_size=self.work.batch, epochs=epochs, verbose=0)

    def predict(self, x: list[Any]) -> Any:
        """Predicts all of the data, to NumPy."""
        return self.model.predict(self._inputs(x), batch_size=self.work.batch, verbose=0)

    def call(self, x: list[Any]) -> Any:
        """Calls the model on arrays, to NumPy."""
        outputs = self.model(self._inputs(x))
        return [self._numpy(output) for output in (outputs if isinstance(outputs, list) else [outputs])]

    def summary(self) -> None:
        """Prints the model to nowhere."""
        self.model.summary(print_fn=lambda line, **_: None)

    def count(self) -> int:
        """Returns the number of scalars in the weights that are trained."""
        return sum(math.prod(weight.shape) for weight in self.model.trainable_weights)

    def _inputs(self, x: list[Any]) -> Any:
        return x if len(x) > 1 else x[0]

    @staticmethod
    def _numpy(output: Any) -> Any:
        import numpy as np

        return np.asarray(output.detach() if hasattr(output, "detach") else output)
