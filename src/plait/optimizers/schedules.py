"""Schedules: from the number of a step, 0 for the first, to a learning rate. All can be traced by JAX."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import arguments, errors, registry
from plait.core.fields import dataclass


@dataclass(eq=False)
class LearningRateSchedule(arguments.Checked, registry.Described):
    """Is what schedules derive from; your own defines `__call__(step)`, and `get_config` to be saved."""

    keras_module = "keras.optimizers.schedules"

    def __call__(self, step: Any) -> Any:
        """Returns the learning rate of this step."""
        raise NotImplementedError(f"{type(self).__name__} needs a method __call__(step) that returns a number.")


@registry.register
@dataclass(eq=False)
class ExponentialDecay(LearningRateSchedule):
    """Computes `initial_learning_rate * decay_rate ** (step / decay_steps)`.

    Args:   staircase: whether the exponent is rounded down.
    Errors: ValueError if decay_steps is not positive, or a learning rate below 0 or not finite.
    """

    initial_learning_rate: float
    decay_steps: float
    decay_rate: float
    staircase: bool = False
    name: str = "ExponentialDecay"

    def __post_init__(self) -> None:
        _check_positive(self, "decay_steps", self.decay_steps)
        _check_rates(self, "initial_learning_rate", self.initial_learning_rate)

    def __call__(self, step: Any) -> jax.Array:
        """Returns the learning rate of this step."""
        return self.initial_learning_rate * self.decay_rate ** _periods(step, self.decay_steps, self.staircase)


@registry.register
@dataclass(eq=False)
class InverseTimeDecay(LearningRateSchedule):
    """Computes `initial_learning_rate / (1 + decay_rate * step / decay_steps)`.

    Args:   staircase: whether `step / decay_steps` is rounded down.
    Errors: ValueError if decay_steps is not positive, or a learning rate below 0 or not finite.
    """

    initial_learning_rate: float
    decay_steps: float
    decay_rate: float
    staircase: bool = False
    name: str = "InverseTimeDecay"

    def __post_init__(self) -> None:
        _check_positive(self, "decay_steps", self.decay_steps)
        _check_rates(self, "initial_learning_rate", self.initial_learning_rate)

    def __call__(self, step: Any) -> jax.Array:
        """Returns the learning rate of this step."""
        periods = _periods(step, self.decay_steps, self.staircase)
        return self.initial_learning_rate / (1 + self.decay_rate * periods)


@registry.register
@dataclass(eq=False)
class PiecewiseConstantDecay(LearningRateSchedule):
    """Takes `values[0]` up to and including step `boundaries[0]`, then `values[1]`, and so on.

    Errors: ValueError if there is not one value more than boundaries, or one is below 0 or not finite.
    """

    boundaries: Sequence[float]
    values: Sequence[float]
    name: str = "PiecewiseConstant"

    def __post_init__(self) -> None:
        if len(self.values) != len(self.boundaries) + 1:
            raise ValueError(
                errors.explain(
                    "PiecewiseConstantDecay needs one value more than boundaries, "
                    f"got {len(self.values)} values and {len(self.boundaries)} boundaries."
                )
            )
        _check_rates(self, "values", *self.values)

    def __call__(self, step: Any) -> jax.Array:
        """Returns the learning rate of this step."""
        passed = jnp.asarray(self.boundaries, jnp.float32) < _float(step)
        return jnp.asarray(self.values, jnp.float32)[jnp.sum(passed)]


@registry.register
@dataclass(eq=False)
class PolynomialDecay(LearningRateSchedule):
    """Falls to `end_learning_rate` in `decay_steps`, as `(1 - step / decay_steps) ** power`, and stays there.

    Args:   cycle: whether to go on over twice, three times, … as many steps instead of staying.
    Errors: ValueError if decay_steps is not positive, or a learning rate below 0 or not finite.
    """

    initial_learning_rate: float
    decay_steps: float
    end_learning_rate: float = 0.0001
    power: float = 1.0
    cycle: bool = False
    name: str = "PolynomialDecay"

    def __post_init__(self) -> None:
        _check_positive(self, "decay_steps", self.decay_steps)
        _check_rates(self, "initial_learning_rate", self.initial_learning_rate)
        _check_rates(self, "end_learning_rate", self.end_learning_rate)

    def __call__(self, step: Any) -> jax.Array:
        """Returns the learning rate of this step."""
        periods = _float(step) / self.decay_steps
        if self.cycle:
            done = periods / jnp.maximum(jnp.ceil(periods), 1)
        else:
            done = jnp.minimum(periods, 1)
        return (self.initial_learning_rate - self.end_learning_rate) * (1 - done) ** self.power + self.end_learning_rate


@registry.register
@dataclass(eq=False)
class CosineDecay(LearningRateSchedule):
    """Falls along half a cosine to `alpha` times where it began, after an optional linear rise.

    Args:   alpha: the part of the learning rate that is left in the end.
            warmup_target: where a rise over `warmup_steps` ends and the fall begins; None for no rise.
    Errors: ValueError if decay_steps is not positive, or a learning rate below 0 or not finite.
    Source: I. Loshchilov and F. Hutter, SGDR, 2016, eq. 5.
    """

    initial_learning_rate: float
    decay_steps: float
    alpha: float = 0.0
    name: str = "CosineDecay"
    warmup_target: float | None = None
    warmup_steps: float = 0

    def __post_init__(self) -> None:
        _check_positive(self, "decay_steps", self.decay_steps)
        _check_rates(self, "initial_learning_rate", self.initial_learning_rate)
        if self.warmup_target is not None:
            _check_rates(self, "warmup_target", self.warmup_target)

    def __call__(self, step: Any) -> jax.Array:
        """Returns the learning rate of this step."""
        step = _float(step)
        if self.warmup_target is None:
            return self.initial_learning_rate * self._fall(step)
        falling = self.warmup_target * self._fall(step - self.warmup_steps)
        if not self.warmup_steps:
            return falling
        rise = self.warmup_target - self.initial_learning_rate
        rising = self.initial_learning_rate + rise * step / self.warmup_steps
        return jnp.where(step < self.warmup_steps, rising, falling)

    def _fall(self, step: jax.Array) -> jax.Array:
        cosine = (1 + jnp.cos(math.pi * jnp.minimum(step / self.decay_steps, 1))) / 2
        return (1 - self.alpha) * cosine + self.alpha


@registry.register
@dataclass(eq=False)
class CosineDecayRestarts(LearningRateSchedule):
    """Falls along half a cosine and starts again, each time over `t_mul` times as many steps.

    Args:   m_mul: what a restart begins at, as a part of where the one before began.
            alpha: the part of the learning rate that is left at the end of a fall.
    Errors: ValueError if first_decay_steps is not positive, or the learning rate below 0 or not finite.
    Source: I. Loshchilov and F. Hutter, SGDR, 2016, eq. 5.
    """

    initial_learning_rate: float
    first_decay_steps: float
    t_mul: float = 2.0
    m_mul: float = 1.0
    alpha: float = 0.0
    name: str = "SGDRDecay"

    def __post_init__(self) -> None:
        _check_positive(self, "first_decay_steps", self.first_decay_steps)
        _check_rates(self, "initial_learning_rate", self.initial_learning_rate)

    def __call__(self, step: Any) -> jax.Array:
        """Returns the learning rate of this step."""
        periods = _float(step) / self.first_decay_steps
        if self.t_mul == 1:
            restarts = jnp.floor(periods)
            done = periods - restarts
        else:
            # The first n falls take 1 + t + … + t**(n - 1) = (t**n - 1) / (t - 1) periods.
            restarts = jnp.floor(jnp.log(1 + periods * (self.t_mul - 1)) / math.log(self.t_mul))
            length = self.t_mul**restarts
            done = (periods - (length - 1) / (self.t_mul - 1)) / length
        cosine = (1 + jnp.cos(math.pi * done)) / 2 * self.m_mul**restarts
        return self.initial_learning_rate * ((1 - self.alpha) * cosine + self.alpha)


def _float(step: Any) -> jax.Array:
    return jnp.asarray(step).astype(jnp.float32)


def _periods(step: Any, length: float, staircase: bool) -> jax.Array:
    periods = _float(step) / length
    return jnp.floor(periods) if staircase else periods


def _check_positive(schedule: LearningRateSchedule, name: str, value: float) -> None:
    if not value > 0:
        raise ValueError(errors.explain(f"{type(schedule).__name__} needs a positive {name}, got {value!r}."))


def _check_rates(schedule: LearningRateSchedule, name: str, *rates: float) -> None:
    wrong = next((rate for rate in rates if not 0 <= rate < math.inf), None)
    if wrong is not None:
        raise ValueError(
            errors.explain(f"{type(schedule).__name__} needs learning rates of 0 or more for {name}, got {wrong!r}.")
        )


def serialize(learning_rate_schedule: Any) -> Any:
    """Returns the config of a schedule."""
    return registry.serialize(learning_rate_schedule)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """Returns the schedule of a config."""
    return registry.deserialize(config, custom_objects)
