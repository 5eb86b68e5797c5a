"""Any optax transformation as an optimizer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import optax

from plait.core import errors
from plait.optimizers.optimizer import Optimizer, Rate


@dataclass(eq=False)
class Optax(Optimizer):
    """Uses an optax transformation as it is; the learning rate is inside it, and here always 1.

    Args:   transformation: its updates are added to the weights, e.g. `optax.adam(1e-3)`.
            (and those of every Optimizer, except learning_rate)
    Errors: TypeError when a learning rate is set; ValueError when it is to be written to a config.
    """

    learning_rate: Rate = field(default=1.0, init=False)
    transformation: optax.GradientTransformation

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "learning_rate" and value != 1:
            raise TypeError(
                errors.explain(
                    "The learning rate of an optax transformation is inside it and cannot be set.",
                    "Give optax a schedule, or use one of plait.optimizers.",
                )
            )
        super().__setattr__(name, value)

    def rule(self) -> optax.GradientTransformationExtraArgs:
        """Returns the transformation, which is told nothing but gradients and weights."""

        def update(grads: Any, state: Any, params: Any = None, **_: Any) -> Any:
            return self.transformation.update(grads, state, params)

        return optax.GradientTransformationExtraArgs(self.transformation.init, update)

    def get_config(self) -> dict[str, Any]:
        """Raises: a transformation is made of functions, and a config holds no code."""
        raise ValueError(
            errors.explain(
                "An optimizer made from an optax transformation cannot be written to a config.",
                "Save the model without its optimizer, or use one of plait.optimizers.",
            )
        )
