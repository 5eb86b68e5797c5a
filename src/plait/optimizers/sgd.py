"""Gradient descent, with or without momentum."""

from __future__ import annotations

from typing import Any

import jax

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.optimizers.optimizer import Optimizer, Rate, Rule, times, zeros


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

    def rule(self) -> Rule:
        """Returns the rule of one step."""

        def init(params: Any) -> Any:
            return zeros(params) if self.momentum else None

        def update(grads: Any, state: Any, params: Any = None, *, learning_rate: Any, **_: Any) -> Any:
            moves = jax.tree.map(lambda grad: times(-learning_rate, grad), grads)
            if not self.momentum:
                return moves, None
            velocity = jax.tree.map(self._onwards, moves, state)
            return (jax.tree.map(self._onwards, moves, velocity) if self.nesterov else velocity), velocity

        return Rule(init, update)

    def _onwards(self, move: jax.Array, velocity: jax.Array) -> jax.Array:
        return move + self.momentum * velocity
