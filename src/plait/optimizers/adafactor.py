"""Adafactor."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.optimizers.optimizer import Optimizer, Rate, Rule, squared, times, zeros


class Factors(NamedTuple):
    """The mean squared gradient along the last axis, along the one before it, and what these say of each element.

    Where a weight has fewer than two axes the first two are a single 0, as in Keras's files.
    """

    row: Any
    column: Any
    estimate: Any


@registry.register
@dataclass(eq=False)
class Adafactor(Optimizer):
    """Divides the gradient by the root of its mean square, known from means over rows and over columns.

    A step is as long as the weight is large, times the learning rate, which falls with the step if it does not itself.

    Args:   beta_2_decay: how fast the kept part `1 - step ** beta_2_decay` of the means grows, below 0.
            epsilon_1: added to the squared gradient.
            epsilon_2: the least root mean square that a weight is taken to have.
            clip_threshold: the largest root mean square of a step before its scaling, > 0.
            relative_step: taken, and without effect, as in Keras: the rate is `1 / sqrt(step)` at most either way.
            (and those of every Optimizer)
    Errors: ValueError if clip_threshold is not positive.
    Source: N. Shazeer and M. Stern, Adafactor, 2018, algorithms 4 and 5.
    """

    learning_rate: Rate = 0.001
    beta_2_decay: float = -0.8
    epsilon_1: float = 1e-30
    epsilon_2: float = 1e-3
    clip_threshold: float = 1.0
    relative_step: bool = True

    def _check(self) -> None:
        super()._check()
        if not self.clip_threshold > 0:
            raise ValueError(errors.explain(f"Adafactor needs a positive clip_threshold, got {self.clip_threshold}."))

    def rule(self) -> Rule:
        """Returns the rule of one step."""

        def init(params: Any) -> Factors:
            row = jax.tree.map(lambda weight: _zeros_without(weight, -1), params)
            return Factors(row, jax.tree.map(lambda weight: _zeros_without(weight, -2), params), zeros(params))

        def update(grads: Any, state: Factors, params: Any, *, learning_rate: Any, step: Any, **_: Any) -> Any:
            kept = 1 - step**self.beta_2_decay
            rate = jnp.minimum(learning_rate, 1 / jnp.sqrt(step))

            def toward(mean: jax.Array, value: jax.Array) -> jax.Array:
                return times(kept, mean) + times(1 - kept, value)

            def along(axis: int) -> Any:
                return lambda mean, square: toward(mean, jnp.mean(square, axis)) if square.ndim > 1 else mean

            def estimated(old: jax.Array, square: jax.Array, row: jax.Array, column: jax.Array) -> jax.Array:
                if square.ndim < 2:
                    return toward(old, square)
                return (row / jnp.mean(row, -1, keepdims=True))[..., None] * column[..., None, :]

            def move(grad: jax.Array, estimate: jax.Array, weight: jax.Array) -> jax.Array:
                moved = grad / jnp.sqrt(estimate)
                moved = moved / jnp.maximum(1, _rms(moved) / self.clip_threshold)
                return times(-rate, jnp.maximum(self.epsilon_2, _rms(weight)) * moved)

            squares = jax.tree.map(lambda square: square + self.epsilon_1, squared(grads))
            row = jax.tree.map(along(-1), state.row, squares)
            column = jax.tree.map(along(-2), state.column, squares)
            estimate = jax.tree.map(estimated, state.estimate, squares, row, column)
            return jax.tree.map(move, grads, estimate, params), Factors(row, column, estimate)

        return Rule(init, update)


def _zeros_without(weight: Any, axis: int) -> jax.Array:
    """Returns zeros in the shape of a weight without the last axis or the one before; a single one if it has fewer."""
    return jnp.zeros(weight.shape[:axis] + weight.shape[axis:][1:], weight.dtype)


def _rms(array: jax.Array) -> jax.Array:
    return jnp.sqrt(jnp.mean(jnp.square(array)))
