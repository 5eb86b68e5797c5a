"""Lion."""

from __future__ import annotations

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.core.lazy import optax
from plait.optimizers.optimizer import Optimizer, Rate, descend


@registry.register
@dataclass(eq=False)
class Lion(Optimizer):
    """Steps by the learning rate in the direction of the sign of an averaged gradient.

    Args:   beta_1, beta_2: the parts of the average that are kept for the sign and for the next step, 0 to 1.
            (and those of every Optimizer)
    Errors: ValueError if beta_1 is 0, which would leave the sign of each gradient, or out of range.
    Source: X. Chen et al., Symbolic discovery of optimization algorithms, 2023, algorithm 2.
    """

    learning_rate: Rate = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.99

    def _check(self) -> None:
        super()._check()
        if not 0 < self.beta_1 <= 1:
            raise ValueError(errors.explain(f"Lion needs a beta_1 above 0, to 1, got {self.beta_1}."))

    def rule(self) -> optax.GradientTransformationExtraArgs:
        """Returns the rule of one step."""
        return optax.chain(optax.scale_by_lion(self.beta_1, self.beta_2), descend())
