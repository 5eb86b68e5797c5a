"""The learning rate as an attribute: it reads as a number, and can be assigned as Keras's variable can."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import jax.numpy as jnp
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

    Errors: TypeError for what is no number and no function, and for a schedule that comes or goes after training has
            begun; ValueError for a number that is below 0 or not finite, when it is set.
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
            rate = _number(rate, who)
        before = vars(optimizer).get("learning_rate")
        if rate is not before and optimizer.is_in_use and (is_schedule(before) or is_schedule(rate)):
            raise TypeError(
                errors.explain(
                    f"{who} cannot take or lose a schedule after training has begun, got {rate!r} for learning_rate.",
                    "A schedule is compiled into the steps. Make a new optimizer, and compile the model with it.",
                )
            )
        vars(optimizer)["learning_rate"] = rate


def is_schedule(rate: Any) -> bool:
    """Returns whether a learning rate is a function of the step."""
    return callable(rate) and bool(inspect.signature(rate).parameters)


def asked(rate: Callable[..., Any], *step: Any, who: str) -> Any:
    """Returns what a function gives for a learning rate; the step may be traced.

    Errors: TypeError if that is not a single number.
    """
    given = rate(*step)
    is_number = isinstance(given, int | float) or jnp.issubdtype(getattr(given, "dtype", np.object_), np.number)
    if not is_number or np.ndim(given):
        raise TypeError(
            errors.explain(
                f"The learning rate of {who} is a function, and must return a single number, "
                f"got {errors.described(given)}."
            )
        )
    return given


def _number(rate: Any, who: str) -> float:
    if isinstance(rate, str) or not hasattr(rate, "__float__") or np.ndim(rate):
        raise TypeError(errors.explain(f"{who} needs a number or a schedule for learning_rate, got {rate!r}."))
    rate = float(rate)
    if not 0 <= rate < math.inf:
        wanted = "finite learning_rate" if rate == math.inf else "learning_rate of 0 or more"
        raise ValueError(errors.explain(f"{who} needs a {wanted}, got {rate}."))
    return rate
