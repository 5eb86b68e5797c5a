"""What optimizers made of several others share: each trains the weights that are sent to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors, names
from plait.core.weight import Weight
from plait.optimizers.loss_scale import LossScaleOptimizer
from plait.optimizers.optimizer import Constrain, Optimizer, Params, unconstrained


class SeveralSlots(NamedTuple):
    """The arrays that are kept from step to step.

    steps: how many were taken, an int32 scalar.
    parts: the slots of each optimizer, for its weights.
    """

    steps: jax.Array
    parts: tuple[Any, ...]


class Several(Optimizer):
    """Holds optimizers, each with a learning rate and settings of its own; one that derives from it has `chosen`.

    A bound on the norm of all gradients together means, in each of them, those of its weights.

    Args:   optimizers: the optimizers, each once.
            loss_scale_factor: what the loss is multiplied by, and the gradients divided by, for all of them.
    Errors: TypeError or ValueError for what is no optimizer, or one that cannot be a part: one that scales the loss,
            or is made of several itself.
    """

    def __init__(self, optimizers: Iterable[Any], loss_scale_factor: float | None, name: str | None) -> None:
        self.optimizers: list[Optimizer] = []
        self.loss_scale_factor = loss_scale_factor
        self.name = name or names.snake_case(type(self).__name__)
        for one in optimizers:
            self._add(one)
        self._check()

    def _add(self, optimizer: Optimizer) -> None:
        if isinstance(optimizer, LossScaleOptimizer | Several):
            around = isinstance(optimizer, LossScaleOptimizer)
            way_out = "Put the LossScaleOptimizer around it." if around else "Write all of them in one."
            problem = f"cannot have a {type(optimizer).__name__} as a part"
            raise ValueError(errors.explain(f"{type(self).__name__} {problem}.", way_out))
        if optimizer not in self.optimizers:
            self.optimizers.append(optimizer)

    def __repr__(self) -> str:
        """Returns the optimizers that it is made of."""
        return f"{type(self).__name__}({', '.join(map(repr, self.optimizers))})"

    @property
    def parts(self) -> list[Optimizer]:
        """The optimizers that have learning rates of their own."""
        return self.optimizers

    def chosen(self, params: Mapping[str, Any]) -> Mapping[str, Optimizer | None]:
        """Returns the optimizer of each weight, None for one that is frozen."""
        raise NotImplementedError(f"{type(self).__name__} needs a method chosen(params).")

    def parted(self, params: Mapping[str, Any]) -> list[tuple[Optimizer, list[str]]]:
        """Returns each optimizer with the paths of its weights, in the order of these."""
        chosen = self.chosen(params)
        return [(one, [path for path in params if chosen[path] is one]) for one in self.optimizers]

    def init(self, params: Params) -> Any:
        """Returns the slots before the first step."""
        parts = tuple(one.init(_of(params, paths)) for one, paths in self.parted(params))
        return SeveralSlots(jnp.zeros((), jnp.int32), parts)

    def update(
        self,
        grads: Params,
        slots: Any,
        params: Params,
        learning_rate: Any,
        constrain: Constrain = unconstrained,
        value: Any = None,
    ) -> tuple[Params, Any]:
        """Returns the weights and the slots after one step.

        Args: learning_rate: one for each optimizer, see `current_learning_rate`.
              The others as for any optimizer; weights that are frozen are not constrained.
        """
        rates = jnp.broadcast_to(jnp.asarray(learning_rate, jnp.float32), (len(self.optimizers),))
        if self.loss_scale_factor is not None:
            grads = jax.tree.map(lambda grad: grad / self.loss_scale_factor, grads)
        new, parts = dict(params), list(slots.parts)
        for number, (one, paths) in enumerate(self.parted(params)):
            if paths:
                rate = one.current_learning_rate(one.step_of(parts[number])) if one.has_schedule else rates[number]
                own, parts[number] = one.update(
                    _of(grads, paths), parts[number], _of(params, paths), rate, constrain, value
                )
                new |= own
        return new, SeveralSlots(slots.steps + 1, tuple(parts))

    @property
    def use_ema(self) -> bool:  # type: ignore[override]
        """Whether one of them keeps averages of its weights."""
        return any(one.use_ema for one in self.optimizers)

    def final(self, params: Params, slots: Any) -> Params:
        """Returns the weights that training ends with."""
        final = dict(params)
        for (one, paths), part in zip(self.parted(params), slots.parts, strict=True):
            final |= one.final(_of(params, paths), part)
        return final

    @property
    def has_schedule(self) -> bool:
        """False: each optimizer's schedule is asked by `update`."""
        return False

    def current_learning_rate(self, step: Any) -> Any:
        """Returns the learning rate of each optimizer, 0 for those that have a schedule."""
        rates = [0.0 if one.has_schedule else one.current_learning_rate(step) for one in self.optimizers]
        return np.array(rates, np.float32)

    def serves(self, weights: Mapping[str, Weight], find_slots: Callable[[], Any] | None) -> None:
        """Takes note of the weights that it trains now, as each of the optimizers does."""
        vars(self)["slots_in_use"] = find_slots

        def finder(number: int) -> Callable[[], Any]:
            return lambda: slots.parts[number] if find_slots and (slots := find_slots()) else None

        for number, one in enumerate(self.optimizers):
            one.serves(weights, finder(number))

    def exclude_from_weight_decay(self, var_list: Any = None, var_names: Any = None) -> None:
        """Exempts weights from the decay of each of the optimizers."""
        for one in self.optimizers:
            one.exclude_from_weight_decay(var_list, var_names)


def _of(tree: Mapping[str, Any], paths: list[str]) -> dict[str, Any]:
    return {path: tree[path] for path in paths}


def _no_rate(self: Several, *_: Any) -> Any:
    raise AttributeError(
        errors.explain(
            f"{type(self).__name__} has no learning rate of its own.",
            "Each of its optimizers has one: optimizer.optimizers[0].learning_rate.",
        )
    )


Several.learning_rate = property(_no_rate, _no_rate)  # type: ignore[assignment]
