"""Gradient descent, with or without momentum."""

from __future__ import annotations

from dataclasses import dataclass

from plait.core import errors, registry
from plait.core.lazy import optax
from plait.optimizers.optimizer import Optimizer, Rate, descend


@registry.register
@dataclass(eq=False)
class SGD(Optimizer):
    """Follows the gradient: `v = momentum * v - learning_rate * g`, `w += v`.

    Args:   momentum: the part of the last move that is made again, 0 to 1.
            nesterov: whether to look ahead: `w += momentum * v - learning_rate * g`.
            (and those of every Optimizer)
    Errors: ValueError if momentum is not between 0 and 1.
    Source: I. Sutskever et al., On the importance of initialization and momentum in deep learning, 2013.
    """

    learning_rate: Rate = 0.01
    momentum: float = 0.0
    nesterov: bool = False

    def __post_init__(self, lr: Rate | None) -> None:
        super().__post_init__(lr)
        if not 0 <= self.momentum <= 1:
            raise ValueError(errors.explain(f"SGD needs a momentum from 0 to 1, got {self.momentum}."))

    def rule(self) -> optax.GradientTransformationExtraArgs:
        """Returns the rule of one step."""
        if self.momentum == 0:
            return descend()
        return optax.chain(descend(), optax.trace(self.momentum, self.nesterov))
