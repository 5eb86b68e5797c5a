"""A loss scaled so that gradients in float16 do not vanish."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from plait.core import errors, names, registry
from plait.core.weight import Weight
from plait.optimizers.optimizer import Constrain, Optimizer, Params, Slots, unconstrained


class ScaledSlots(NamedTuple):
    """The arrays that are kept from step to step.

    inner:      those of the optimizer inside.
    scale:      what the loss is multiplied by, a float32 scalar.
    good_steps: how many steps in a row had finite gradients since the scale changed, an int32 scalar.
    """

    inner: Slots
    scale: jax.Array
    good_steps: jax.Array

    @property
    def steps(self) -> jax.Array:
        """How many steps were taken; those that were left out do not count."""
        return self.inner.steps


@registry.register
class LossScaleOptimizer(Optimizer):
    """Multiplies the loss by a large number and divides the gradients by it, as small ones are 0 in float16.

    A step whose gradients are not finite is left out, and the number halved; after many good steps it is doubled.
    Under the policy "mixed_float16" `compile` puts one around the optimizer.

    Args:   inner_optimizer: the optimizer that makes the steps; all settings are its own.
            initial_scale: the number to start from, > 0.
            dynamic_growth_steps: after how many good steps it is doubled.
    Errors: TypeError if inner_optimizer is no optimizer; ValueError for a wrong number, or if it scales losses itself.
    """

    def __init__(
        self,
        inner_optimizer: Any,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
    ) -> None:
        inner_optimizer = registry.deserialize(inner_optimizer)
        if not isinstance(inner_optimizer, Optimizer):
            raise TypeError(errors.explain(f"LossScaleOptimizer needs an optimizer inside, got {inner_optimizer!r}."))
        if isinstance(inner_optimizer, LossScaleOptimizer) or inner_optimizer.loss_scale_factor is not None:
            raise ValueError(
                errors.explain(
                    "LossScaleOptimizer needs an optimizer inside that does not scale the loss itself.",
                    "Leave out its loss_scale_factor.",
                )
            )
        if not initial_scale > 0:
            raise ValueError(errors.explain(f"LossScaleOptimizer needs an initial_scale above 0, got {initial_scale}."))
        if not isinstance(dynamic_growth_steps, int) or dynamic_growth_steps < 1:
            problem = f"needs an integer of 1 or more for dynamic_growth_steps, got {dynamic_growth_steps!r}"
            raise ValueError(errors.explain(f"LossScaleOptimizer {problem}."))
        self.inner_optimizer = inner_optimizer
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps
        self.name = name or names.snake_case(type(self).__name__)
        self.use_ema = inner_optimizer.use_ema
        self.gradient_accumulation_steps = inner_optimizer.gradient_accumulation_steps

    def __repr__(self) -> str:
        """Returns the optimizer inside, and the numbers."""
        return (
            f"LossScaleOptimizer({self.inner_optimizer!r}, initial_scale={self.initial_scale!r}, "
            f"dynamic_growth_steps={self.dynamic_growth_steps!r})"
        )

    def init(self, params: Params) -> Any:
        """Returns the slots before the first step."""
        scale = jnp.asarray(self.initial_scale, jnp.float32)
        return ScaledSlots(self.inner_optimizer.init(params), scale, jnp.zeros((), jnp.int32))

    def update(
        self,
        grads: Params,
        slots: Any,
        params: Params,
        learning_rate: Any,
        constrain: Constrain = unconstrained,
        value: Any = None,
    ) -> tuple[Params, Any]:
        """Returns the weights and the slots after one step, which changes no weight if a gradient is not finite."""

        def step() -> tuple[Params, ScaledSlots]:
            unscaled = {path: grad / slots.scale.astype(grad.dtype) for path, grad in grads.items()}
            new, inner = self.inner_optimizer.update(unscaled, slots.inner, params, learning_rate, constrain, value)
            good_steps = slots.good_steps + 1
            is_due = good_steps == self.dynamic_growth_steps
            scale = jnp.where(is_due, slots.scale * 2, slots.scale)
            return new, ScaledSlots(inner, scale, jnp.where(is_due, 0, good_steps))

        def skip() -> tuple[Params, ScaledSlots]:
            return params, ScaledSlots(slots.inner, slots.scale / 2, jnp.zeros_like(slots.good_steps))

        is_finite = jnp.all(jnp.stack([jnp.all(jnp.isfinite(grad)) for grad in grads.values()]))
        return jax.lax.cond(is_finite, step, skip)

    @staticmethod
    def step_of(slots: Any) -> jax.Array:
        """Returns how many steps were taken, an int32 scalar."""
        return slots.steps

    @property
    def has_schedule(self) -> bool:
        """Whether the learning rate is a function of the step."""
        return self.inner_optimizer.has_schedule

    def current_learning_rate(self, step: Any) -> Any:
        """Returns the learning rate of a step, as the optimizer inside does."""
        return self.inner_optimizer.current_learning_rate(step)

    def scale_loss(self, loss: Any, slots: Any) -> Any:
        """Returns the loss to differentiate."""
        return loss * slots.scale

    def final(self, params: Params, slots: Any) -> Params:
        """Returns the weights that training ends with."""
        return self.inner_optimizer.final(params, slots.inner)

    @property
    def parts(self) -> Sequence[Optimizer]:
        """The optimizers that have learning rates of their own."""
        return self.inner_optimizer.parts

    def serves(self, weights: Mapping[str, Weight], find_slots: Callable[[], Any] | None) -> None:
        """Takes note of the weights that it trains now, as the optimizer inside does."""
        vars(self)["slots_in_use"] = find_slots
        self.inner_optimizer.serves(weights, lambda: slots.inner if find_slots and (slots := find_slots()) else None)

    def exclude_from_weight_decay(self, var_list: Any = None, var_names: Any = None) -> None:
        """Exempts weights from the decay of the optimizer inside."""
        self.inner_optimizer.exclude_from_weight_decay(var_list, var_names)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that make this optimizer again, as plain data."""
        return {
            "name": self.name,
            "inner_optimizer": registry.serialize(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }


# The learning rate is that of the optimizer inside, to read and to set.
LossScaleOptimizer.learning_rate = property(  # type: ignore[assignment]
    lambda self: self.inner_optimizer.learning_rate,
    lambda self, value: setattr(self.inner_optimizer, "learning_rate", value),
)
