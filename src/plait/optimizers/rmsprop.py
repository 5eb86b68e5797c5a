"""RMSprop."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from plait.core import registry
from plait.core.fields import dataclass
from plait.optimizers.optimizer import Optimizer, Rate, Rule, averaged, squared, times, zeros


class Averages(NamedTuple):
    """The averages of the squared gradient and, if centered, of the gradient; with momentum the last move."""

    square: Any
    mean: Any
    move: Any


@registry.register
@dataclass(eq=False)
class RMSprop(Optimizer):
    """Divides the gradient by the root of the moving average of its square.

    Args:   rho: the part of that average that is kept, 0 to 1.
            momentum: the part of the last move that is made again, 0 to 1.
            epsilon: added to the average, under the root.
            centered: whether to subtract the squared mean from it, so that it becomes the variance.
            (and those of every Optimizer)
    Source: G. Hinton, Neural Networks for Machine Learning, lecture 6e, 2012.
    """

    learning_rate: Rate = 0.001
    rho: float = 0.9
    momentum: float = 0.0
    epsilon: float = 1e-7
    centered: bool = False

    def rule(self) -> Rule:
        """Returns the rule of one step."""

        def init(params: Any) -> Averages:
            mean = zeros(params) if self.centered else None
            return Averages(zeros(params), mean, zeros(params) if self.momentum else None)

        def update(grads: Any, state: Averages, params: Any = None, *, learning_rate: Any, **_: Any) -> Any:
            square = averaged(self.rho, state.square, squared(grads))
            mean = averaged(self.rho, state.mean, grads) if self.centered else None
            variance = jax.tree.map(lambda square, mean: square - mean**2, square, mean) if self.centered else square
            # Against the direction of the move, which is how Keras keeps it from step to step.
            moves = jax.tree.map(
                lambda grad, variance: times(learning_rate, grad * jax.lax.rsqrt(variance + self.epsilon)),
                grads, variance,
            )  # fmt: skip
            if self.momentum:
                moves = jax.tree.map(lambda move, last: move + self.momentum * last, moves, state.move)
            updates = jax.tree.map(jnp.negative, moves)
            return updates, Averages(square, mean, moves if self.momentum else None)

        return Rule(init, update)
