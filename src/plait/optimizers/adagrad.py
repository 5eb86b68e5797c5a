"""Optimizers that adapt to the sum of past squared gradients: Adagrad, Ftrl, and Adadelta, which forgets."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.core.lazy import optax
from plait.optimizers.optimizer import Optimizer, Rate, Rule, descend, zeros


@registry.register
@dataclass(eq=False)
class Adagrad(Optimizer):
    """Divides the gradient by the root of the sum of its squares so far.

    Args:   initial_accumulator_value: what the sum starts from, 0 or more.
            epsilon: added to the sum, under the root.
            (and those of every Optimizer)
    Source: J. Duchi et al., Adaptive subgradient methods, 2011.
    """

    learning_rate: Rate = 0.001
    initial_accumulator_value: float = 0.1
    epsilon: float = 1e-7

    def rule(self) -> optax.GradientTransformationExtraArgs:
        """Returns the rule of one step."""
        return optax.chain(optax.scale_by_rss(self.initial_accumulator_value, self.epsilon), descend())


@registry.register
@dataclass(eq=False)
class Adadelta(Optimizer):
    """Scales the gradient by the mean size of past steps over the mean size of past gradients.

    Args:   rho: the part of both means that is kept, 0 to 1.
            epsilon: added to both, under the root.
            (and those of every Optimizer)
    Source: M. Zeiler, ADADELTA, 2012, algorithm 1.
    """

    learning_rate: Rate = 0.001
    rho: float = 0.95
    epsilon: float = 1e-7

    def rule(self) -> optax.GradientTransformationExtraArgs:
        """Returns the rule of one step."""
        return optax.chain(optax.scale_by_adadelta(self.rho, self.epsilon), descend())


class FtrlState(NamedTuple):
    """The sum of squared gradients, and the linear term z."""

    accumulator: Any
    linear: Any


@registry.register
@dataclass(eq=False)
class Ftrl(Optimizer):
    """Follows the regularized leader: weights of little use become exactly 0.

    Args:   learning_rate_power: how the step shrinks with the sum of squared gradients, 0 or less.
            initial_accumulator_value: what that sum starts from, 0 or more.
            l1_regularization_strength, l2_regularization_strength: 0 or more.
            l2_shrinkage_regularization_strength: an l2 penalty on the gradient alone, 0 or more.
            beta: added to the root of the sum, 0 or more.
            (and those of every Optimizer)
    Errors: ValueError for a value out of its range.
    Source: H. B. McMahan et al., Ad click prediction, 2013, algorithm 1.
    """

    learning_rate: Rate = 0.001
    learning_rate_power: float = -0.5
    initial_accumulator_value: float = 0.1
    l1_regularization_strength: float = 0.0
    l2_regularization_strength: float = 0.0
    l2_shrinkage_regularization_strength: float = 0.0
    beta: float = 0.0

    def _check(self) -> None:
        super()._check()
        strengths = ("l1_regularization_strength", "l2_regularization_strength", "l2_shrinkage_regularization_strength")
        for name in ("initial_accumulator_value", *strengths, "beta"):
            if not getattr(self, name) >= 0:
                raise ValueError(errors.explain(f"Ftrl needs {name} to be 0 or more, got {getattr(self, name)}."))
        if not self.learning_rate_power <= 0:
            problem = f"needs learning_rate_power to be 0 or less, got {self.learning_rate_power}"
            raise ValueError(errors.explain(f"Ftrl {problem}."))

    def rule(self) -> Rule:
        """Returns the rule of one step."""
        power, l1 = -self.learning_rate_power, self.l1_regularization_strength

        def init(params: Any) -> FtrlState:
            start = self.initial_accumulator_value
            return FtrlState(
                jax.tree.map(lambda weight: jnp.full_like(weight, start), params),
                zeros(params),
            )

        def update(grads: Any, state: FtrlState, params: Any, *, learning_rate: Any, **_: Any) -> Any:
            def next_linear(n: jax.Array, z: jax.Array, g: jax.Array, w: jax.Array) -> jax.Array:
                sigma = ((n + g**2) ** power - n**power) / learning_rate.astype(w.dtype)
                return z + g + 2 * self.l2_shrinkage_regularization_strength * w - sigma * w

            def move(n: jax.Array, z: jax.Array, w: jax.Array) -> jax.Array:
                rate = learning_rate.astype(w.dtype)
                curvature = (n**power + self.beta) / rate + 2 * self.l2_regularization_strength
                return (jnp.clip(z, -l1, l1) - z) / curvature - w

            linear = jax.tree.map(next_linear, state.accumulator, state.linear, grads, params)
            accumulator = jax.tree.map(lambda n, g: n + g**2, state.accumulator, grads)
            return jax.tree.map(move, accumulator, linear, params), FtrlState(accumulator, linear)

        return Rule(init, update)
