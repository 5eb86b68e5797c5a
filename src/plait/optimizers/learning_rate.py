"""The learning rate as an attribute: it reads as a number, and can be assigned as Keras's variable can."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from plait.core import errors

if TYPE_CHECKING:
    from plait.optimizers.optimizer import Optimizer

Rate: TypeAlias = float | Callable[..., Any]


class LearningRate(float):
    """Is the number an optimizer has for its learning rate, and knows which optimizer that is."""

    _optimizer: Optimizer

    def assign(self, value: Any) -> None:
        """Sets the learning rate of the optimizer; this number, having been read, stays what it is."""
        self._optimizer.learning_rate = value

    @property
    def value(self) -> float:
        """The plain number."""
        return float(self)

    def numpy(self) -> np.float64:
        """Returns the number as a NumPy scalar."""
        return np.float64(self)

    def __reduce__(self) -> Any:
        return float, (float(self),)


class Assignable:
    """Is the attribute `learning_rate` of a class of optimizers: a number is read as a `LearningRate`.

    Errors: TypeError for what is no number and no function, ValueError for a number below 0, when it is set.
    """

    def __init__(self, default: float) -> None:
        self.default = default

    def __get__(self, optimizer: Optimizer | None, cls: type) -> Any:
        if optimizer is None:
            return self.default
        rate = vars(optimizer)["learning_rate"]
        if callable(rate):
            return rate
        number = LearningRate(rate)
        number._optimizer = optimizer
        return number

    def __set__(self, optimizer: Optimizer, rate: Any) -> None:
        who = type(optimizer).__name__
        if not callable(rate):
            if isinstance(rate, str) or not hasattr(rate, "__float__"):
                raise TypeError(errors.explain(f"{who} needs a number or a schedule for learning_rate, got {rate!r}."))
            rate = float(rate)
            if not rate >= 0:
                raise ValueError(errors.explain(f"{who} needs a learning_rate of 0 or more, got {rate}."))
        vars(optimizer)["learning_rate"] = rate
