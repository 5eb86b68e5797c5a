"""RMSprop."""

from __future__ import annotations

from dataclasses import dataclass

from plait.core import registry
from plait.core.lazy import optax
from plait.optimizers.optimizer import Optimizer, Rate, descend


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

    def rule(self) -> optax.GradientTransformationExtraArgs:
        """Returns the rule of one step."""
        scale = optax.scale_by_stddev if self.centered else optax.scale_by_rms
        rule = optax.chain(scale(self.rho, self.epsilon), descend())
        return optax.chain(rule, optax.trace(self.momentum)) if self.momentum else rule
