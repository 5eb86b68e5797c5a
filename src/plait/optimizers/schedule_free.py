"""AdamW without a schedule."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.optimizers.adam import Moments
from plait.optimizers.optimizer import Optimizer, Rate, Rule, averaged, single, squared, times, zeros


@registry.register
@dataclass(eq=False)
class ScheduleFreeAdamW(Optimizer):
    """Makes Adam's steps aside from the weights, which stay between these and their average.

    The average does what a falling learning rate would do, without knowing when training ends.

    Args:   beta_1: how near the weights are to the average, above 0 to 1.
            beta_2: the part of the mean square that is kept, 0 to 1.
            epsilon: added to the root of the corrected mean square.
            warmup_steps: over how many steps the learning rate rises, 0 or more.
            (and those of every Optimizer)
    Errors: ValueError for a beta_1 or warmup_steps out of range.
    Source: A. Defazio et al., The road less scheduled, 2024, algorithm 1 (with equal weights in the average).
    """

    learning_rate: Rate = 0.0025
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    warmup_steps: int = 0

    def _check(self) -> None:
        super()._check()
        if not 0 < self.beta_1 <= 1:
            raise ValueError(errors.explain(f"ScheduleFreeAdamW needs a beta_1 above 0, to 1, got {self.beta_1}."))
        if not self.warmup_steps >= 0:
            problem = f"needs 0 or more warmup_steps, got {self.warmup_steps}"
            raise ValueError(errors.explain(f"ScheduleFreeAdamW {problem}."))

    def rule(self) -> Rule:
        """Returns the rule of one step."""

        def init(params: Any) -> Moments:
            return Moments(jax.tree.map(jnp.copy, params), zeros(params))

        def update(grads: Any, state: Moments, params: Any, *, learning_rate: Any, step: Any, **_: Any) -> Any:
            rate = learning_rate * jnp.minimum(step / self.warmup_steps, 1) if self.warmup_steps else learning_rate
            velocity = averaged(single(self.beta_2), state.velocity, squared(grads))
            correction = 1 - self.beta_2**step
            kept = single(self.beta_1)

            def stepped(z: jax.Array, g: jax.Array, v: jax.Array) -> jax.Array:
                return z - times(rate, g) / (jnp.sqrt(v / correction.astype(v.dtype)) + self.epsilon)

            def move(y: jax.Array, z: jax.Array, z_next: jax.Array) -> jax.Array:
                # The average is not kept: the weights are y = (1 - beta_1) * z + beta_1 * x.
                x = (y - (1 - kept) * z) / kept
                x = times(1 - 1 / step, x) + times(1 / step, z_next)
                return (1 - kept) * z_next + kept * x - y

            momentum = jax.tree.map(stepped, state.momentum, grads, velocity)
            return jax.tree.map(move, params, state.momentum, momentum), Moments(momentum, velocity)

        return Rule(init, update)
