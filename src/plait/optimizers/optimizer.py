"""What all optimizers share: the learning rate, and the order of a step around the rule."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, InitVar
from typing import Any, ClassVar, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import arguments, errors, names, registry
from plait.core.fields import dataclass
from plait.core.lazy import optax
from plait.core.weight import Weight
from plait.optimizers import application, brought, stateless
from plait.optimizers.exempt import Exempt
from plait.optimizers.learning_rate import Assignable, Rate, asked, is_schedule

Params: TypeAlias = dict[str, jax.Array]
Constrain: TypeAlias = Callable[[Params], Params]


class Slots(NamedTuple):
    """The arrays an optimizer keeps from step to step.

    steps:       how many were taken, an int32 scalar; with accumulation every batch counts.
    rule:        the state of the rule, in optax's protocol.
    average:     the moving average of each weight, None without use_ema.
    accumulated: the sum of gradients not yet applied, None without gradient_accumulation_steps.
    """

    steps: jax.Array
    rule: Any
    average: Params | None
    accumulated: Params | None


class Rule(NamedTuple):
    """A rule in optax's protocol, for an optimizer that is not made of optax's parts and so need not import it.

    init:   gives the state before the first step, from the weights.
    update: gives what is added to the weights, and the next state; see `Optimizer.rule`.
    """

    init: Callable[[Params], Any]
    update: Callable[..., tuple[Params, Any]]


def unconstrained(params: Params) -> Params:
    """Returns the weights as they are."""
    return params


@dataclass(eq=False)
class Optimizer(arguments.Checked, registry.Described):
    """Holds hyperparameters; all methods that compute are pure, but `apply`, and the arrays are the caller's.

    Args:   learning_rate: a number, which may be set or assigned at any time without compiling anew; a schedule or
                other function of the step; or a function without arguments that is asked between steps.
            weight_decay: the part of a weight, times the learning rate, that each step takes off it.
            clipnorm, clipvalue, global_clipnorm: the bound of each gradient's norm, of each element, of the
                norm of all gradients together; one of the three at most.
            use_ema: whether to keep a moving average of the weights, ema_momentum of it from before.
            ema_overwrite_frequency: after how many steps the average becomes the weights; None for only when
                training ends.
            loss_scale_factor: what the loss is multiplied by, and the gradients divided by.
            gradient_accumulation_steps: over how many batches gradients are averaged for one update.
            decay: as in Keras 2: a step takes `learning_rate / (1 + decay * step)`, the first step being 0.
            lr: as in Keras 2, the learning rate; from there, too, an epsilon of None is the default one.
    Errors: ValueError for a value out of its range, or two kinds of clipping at once.
    """

    keras_module = "keras.optimizers"

    learning_rate: Rate = 0.001
    _: KW_ONLY
    weight_decay: float | None = None
    clipnorm: float | None = None
    clipvalue: float | None = None
    global_clipnorm: float | None = None
    use_ema: bool = False
    ema_momentum: float = 0.99
    ema_overwrite_frequency: int | None = None
    loss_scale_factor: float | None = None
    gradient_accumulation_steps: int | None = None
    name: str | None = None
    decay: float = 0.0
    lr: InitVar[Rate | None] = None

    # Gives the slots of the model that was trained last, while there is one.
    slots_in_use: ClassVar[Any] = None
    # The weights that `stateless_apply` and `apply` are for, by path; what `apply` keeps for these.
    _built_for: ClassVar[Any] = None
    _standing: ClassVar[Any] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        default = vars(cls).get("learning_rate")
        if isinstance(default, int | float):
            cls.learning_rate = Assignable(default)  # type: ignore[assignment]

    def __post_init__(self, lr: Rate | None) -> None:
        if lr is not None:
            self.learning_rate = lr
        self.name = self.name or names.snake_case(type(self).__name__)
        if vars(self).get("epsilon", 0) is None:
            vars(self)["epsilon"] = type(self).epsilon  # type: ignore[attr-defined]
        self._exempt = Exempt()
        self._check()

    def __getstate__(self) -> dict[str, Any]:
        """Returns the settings, and the slots of the weights that it trained last; not the weights, nor a program."""
        slots = self.slots_in_use() if self.slots_in_use is not None else None
        state = {name: value for name, value in vars(self).items() if name not in ("_built_for", "_standing")}
        return {**state, "slots_in_use": None if slots is None else brought.Brought(slots)}

    def __copy__(self) -> Optimizer:
        # The next step of this one gives its slots up.
        return copy.deepcopy(self)

    def anew(self) -> Optimizer:
        """Returns an optimizer of the same settings that has made no step."""
        made = copy.deepcopy(self)
        made.serves({}, None)
        return made

    def _check(self) -> None:
        steps, every = self.gradient_accumulation_steps, self.ema_overwrite_frequency
        clips = {name: getattr(self, name) for name in ("clipnorm", "clipvalue", "global_clipnorm")}
        given = [name for name, bound in clips.items() if bound is not None]
        if len(given) > 1:
            problem = f"takes one kind of clipping at most, got {' and '.join(given)}"
        elif given and not clips[given[0]] >= 0:
            problem = f"needs a {given[0]} of 0 or more, got {clips[given[0]]}"
        elif steps is not None and (not isinstance(steps, int) or steps < 2):
            problem = f"needs an integer of 2 or more for gradient_accumulation_steps, got {steps!r}"
        elif not 0 <= self.ema_momentum <= 1:
            problem = f"needs an ema_momentum from 0 to 1, got {self.ema_momentum}"
        elif every is not None and (not isinstance(every, int) or every < 1):
            problem = f"needs an integer of 1 or more for ema_overwrite_frequency, got {every!r}"
        elif self.loss_scale_factor is not None and not self.loss_scale_factor > 0:
            problem = f"needs a loss_scale_factor above 0, got {self.loss_scale_factor}"
        elif not self.decay >= 0:
            problem = f"needs a decay of 0 or more, got {self.decay}"
        else:
            return
        raise ValueError(errors.explain(f"{type(self).__name__} {problem}."))

    def rule(self) -> Rule | optax.GradientTransformationExtraArgs:
        """Returns the rule: an optax transformation, or the like, from gradients to what is added to the weights.

        Its update is told the `learning_rate` and the number of this `step` from 1, both float32 scalars, and the
        loss as `value`.
        """
        raise NotImplementedError(f"{type(self).__name__} needs a method rule() that returns an optax transformation.")

    def init(self, params: Params) -> Slots:
        """Returns the slots before the first step."""
        return Slots(
            steps=jnp.zeros((), jnp.int32),
            rule=self.rule().init(params),
            average=jax.tree.map(jnp.zeros_like, params) if self.use_ema else None,
            accumulated=jax.tree.map(jnp.zeros_like, params) if self.gradient_accumulation_steps else None,
        )

    def update(
        self,
        grads: Params,
        slots: Slots,
        params: Params,
        learning_rate: Any,
        constrain: Constrain = unconstrained,
        value: Any = None,
    ) -> tuple[Params, Slots]:
        """Returns the weights and the slots after one step.

        The order is Keras's: unscale, accumulate, clip, decay weights, apply the rule, average, constrain.

        Args: learning_rate: the number for this step before `decay`, see `current_learning_rate`.
              constrain: what the weights are put through at the end.
              value: the loss, for a rule that goes by it.
        """
        learning_rate = jnp.asarray(learning_rate, jnp.float32)
        updates_before = slots.steps // (self.gradient_accumulation_steps or 1)
        step = (updates_before + 1).astype(jnp.float32)
        if self.decay:
            # Here, not in a schedule: the rate may be set between any two steps, which must not compile anew.
            learning_rate = learning_rate / (1 + self.decay * updates_before.astype(jnp.float32))
        if self.loss_scale_factor is not None:
            grads = jax.tree.map(lambda grad: grad / self.loss_scale_factor, grads)

        def apply(grads: Params) -> tuple[Params, Any]:
            return self._apply(grads, slots.rule, params, learning_rate=learning_rate, step=step, value=value)

        if self.gradient_accumulation_steps is None:
            (new_params, rule), accumulated = apply(grads), None
        else:
            (new_params, rule), accumulated = self._accumulate(grads, slots, params, apply)
        average = None
        if self.use_ema:
            new_params, average = self._average(new_params, slots.average, updates_before)
        return constrain(new_params), Slots(slots.steps + 1, rule, average, accumulated)

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """Changes weights by their gradients: in a model's own `train_step` as a part of it, elsewhere at once.

        Args:   trainable_variables: weights, one for each gradient. If not given: in a `train_step` all that the model
                    trains, elsewhere those that the optimizer was built for. The first call elsewhere builds it.
        Errors: ValueError for another number of gradients, or elsewhere for weights that it was not built for;
                RuntimeError while JAX traces anything else.
        """
        application.apply(self, grads, trainable_variables)

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]]) -> None:
        """Changes weights by their gradients, given in pairs; as `apply`."""
        grads, weights = zip(*grads_and_vars, strict=True)
        self.apply(grads, weights)

    def build(self, variables: Sequence[Any]) -> None:
        """Says which weights `variables`, `stateless_apply` and `apply` are for."""
        paths = names.deduplicated([weight.path for weight in variables])
        self.build_for(dict(zip(paths, variables, strict=True)))

    def build_for(self, weights: Mapping[str, Weight]) -> None:
        """Says the same, under the paths that the weights have in their model."""
        vars(self).update(_built_for=dict(weights), _standing=None)
        self.serves(weights, self.slots_in_use)

    @property
    def parts(self) -> Sequence[Optimizer]:
        """The optimizers that have learning rates of their own: those this one is made of, or itself."""
        return [self]

    def serves(self, weights: Mapping[str, Weight], find_slots: Callable[[], Any] | None) -> None:
        """Takes note of the weights that it trains now, by path, and of what finds their slots."""
        vars(self)["slots_in_use"] = find_slots
        self._exempt.meet(weights)

    def standing(self) -> application.Standing:
        """Returns what keeps the slots from one `apply` to the next, made now if there is none.

        Errors: ValueError if it was not built.
        """
        if self._standing is None:
            vars(self)["_standing"] = application.Standing(self, self._weights("apply"))
        return self._standing

    @property
    def built(self) -> bool:
        """Whether `build` was called."""
        return self._built_for is not None

    @property
    def variables(self) -> list[Any]:
        """What `stateless_apply` starts from: the number of steps, the learning rate, and the slots, all as arrays.

        They are those of now where `apply` has changed weights.

        Errors: ValueError if it was not built.
        """
        if self._standing is None:
            params = {path: weight.value for path, weight in self._weights("variables").items()}
            slots = brought.started(self, params)
        else:
            slots = self._standing.slots
        rate = self.current_learning_rate(self.step_of(slots))
        return stateless.flattened(slots, jnp.asarray(rate, jnp.float32))

    def stateless_apply(
        self, optimizer_variables: Sequence[Any], grads: Sequence[Any], trainable_variables: Sequence[Any]
    ) -> tuple[list[Any], list[Any]]:
        """Returns the values of the weights and the variables of the optimizer after one step, as Keras does on JAX.

        Pure: it may be compiled. `update` does the same for dicts of arrays.

        Errors: ValueError if it was not built, or was built for another number of weights.
        """
        weights = self._weights("stateless_apply")
        return stateless.applied(self, weights, optimizer_variables, grads, trainable_variables)

    def _weights(self, wanted: str) -> Mapping[str, Weight]:
        if self._built_for is None:
            raise ValueError(
                errors.explain(
                    f"{type(self).__name__}.{wanted} needs to know the weights first.",
                    "Call optimizer.build(model.trainable_variables).",
                )
            )
        return self._built_for

    def _apply(
        self, grads: Params, state: Any, params: Params, *, learning_rate: jax.Array, step: jax.Array, value: Any
    ) -> tuple[Params, Any]:
        grads = self._clipped(grads)
        params = {path: self._decayed(path, weight, learning_rate) for path, weight in params.items()}
        updates, state = self.rule().update(grads, state, params, learning_rate=learning_rate, step=step, value=value)
        return jax.tree.map(lambda weight, move: (weight + move).astype(weight.dtype), params, updates), state

    def _accumulate(
        self, grads: Params, slots: Slots, params: Params, apply: Callable[[Params], tuple[Params, Any]]
    ) -> tuple[tuple[Params, Any], Params]:
        batches: Any = self.gradient_accumulation_steps
        total = jax.tree.map(jnp.add, slots.accumulated, grads)
        return jax.lax.cond(
            (slots.steps + 1) % batches == 0,
            lambda: (apply(jax.tree.map(lambda g: g / batches, total)), jax.tree.map(jnp.zeros_like, total)),
            lambda: ((params, slots.rule), total),
        )

    def _average(self, params: Params, average: Any, updates_before: jax.Array) -> tuple[Params, Params]:
        # The first average is the weights themselves, not their mean with 0.
        kept = jnp.where(updates_before == 0, 0.0, self.ema_momentum)
        average = jax.tree.map(lambda old, new: times(kept, old) + times(1 - kept, new), average, params)
        if self.ema_overwrite_frequency is None:
            return params, average
        is_due = (updates_before + 1) % self.ema_overwrite_frequency == 0
        return jax.tree.map(lambda weight, mean: jnp.where(is_due, mean, weight), params, average), average

    def _clipped(self, grads: Params) -> Params:
        if norm := self.clipnorm:
            return jax.tree.map(lambda grad: optax.projections.projection_l2_ball(grad, norm), grads)
        if norm := self.global_clipnorm:
            return optax.projections.projection_l2_ball(grads, norm)
        if bound := self.clipvalue:
            return jax.tree.map(lambda grad: jnp.clip(grad, -bound, bound), grads)
        return grads

    def _decayed(self, path: str, weight: jax.Array, learning_rate: jax.Array) -> jax.Array:
        decay = self.decay_of(path, weight)
        return weight if decay is None or path in self._exempt else weight - times(decay * learning_rate, weight)

    def decay_of(self, path: str, weight: jax.Array) -> float | None:
        """Returns the weight decay of a weight that is not exempt."""
        return self.weight_decay

    def exclude_from_weight_decay(
        self, var_list: Sequence[Weight] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Exempts weights from decay, before training: these, and those whose path matches.

        Args:   var_names: regular expressions that are looked for in paths, such as `"dense/bias"`.
        Errors: TypeError for a var_list of anything but weights.
        """
        strange = next((one for one in var_list or () if not isinstance(one, Weight)), None)
        if strange is not None:
            raise TypeError(
                errors.explain(
                    f"exclude_from_weight_decay takes weights as var_list, got {errors.described(strange)} in it.",
                    "Patterns of their paths are var_names.",
                )
            )
        self._exempt = Exempt(var_names or (), var_list or ())
        self._exempt.meet(self._built_for or {})

    @staticmethod
    def step_of(slots: Slots) -> jax.Array:
        """Returns how many steps were taken, an int32 scalar."""
        return slots.steps

    @property
    def iterations(self) -> int:
        """How many updates were made: steps, or with accumulation groups of `gradient_accumulation_steps`."""
        slots = self.slots_in_use() if self.slots_in_use is not None else None
        return 0 if slots is None else int(self.step_of(slots)) // (self.gradient_accumulation_steps or 1)

    @property
    def is_in_use(self) -> bool:
        """Whether there are slots: training has begun."""
        return self.slots_in_use is not None and self.slots_in_use() is not None

    @property
    def has_schedule(self) -> bool:
        """Whether the learning rate is a function of the step, to be computed inside the compiled one."""
        return is_schedule(self.learning_rate)

    def current_learning_rate(self, step: Any) -> Any:
        """Returns the learning rate of a step, 0 for the first.

        Where `has_schedule` is true it is computed from the step, which may be traced: call this inside the
        compiled step, with `step_of(slots)`. Elsewhere it is a number of the moment: call this between
        compiled steps and pass the number in, or it would become a constant of the program.

        Errors: TypeError for a function that does not return a single number.
        """
        if not callable(self.learning_rate):
            return float(self.learning_rate)
        return asked(self.learning_rate, *([step] if self.has_schedule else []), who=type(self).__name__)

    def scale_loss(self, loss: Any, slots: Any) -> Any:
        """Returns the loss to differentiate: times `loss_scale_factor`, if there is one."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def final(self, params: Params, slots: Slots) -> Params:
        """Returns the weights that training ends with: their averages if `use_ema`, else as they are."""
        return params if slots.average is None else slots.average

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that make this optimizer again, as plain data."""
        config = {field.name: registry.serialize(vars(self)[field.name]) for field in dataclasses.fields(self)}
        if not self.decay:
            del config["decay"]  # which Keras 3 has no more
        return config


# They are put here because inside the class both names are arguments. The attribute `lr` is Keras 2's.
Optimizer.learning_rate = Assignable(Optimizer.learning_rate)  # type: ignore[assignment, arg-type]
Optimizer.lr = property(  # type: ignore[attr-defined]
    lambda self: self.learning_rate, lambda self, value: setattr(self, "learning_rate", value)
)


def times(factor: jax.Array, array: jax.Array) -> jax.Array:
    """Returns the product in the dtype of the array, so that bfloat16 weights stay so; the factor is a float32."""
    return factor.astype(array.dtype) * array


def zeros(params: Params) -> Params:
    """Returns zeros in the shapes of the weights."""
    return jax.tree.map(jnp.zeros_like, params)


def averaged(kept: float, average: Params, values: Params) -> Params:
    """Returns the moving averages with one more value each.

    Args: kept: the part of the average that stays, 0 to 1.
    """
    return jax.tree.map(lambda mean, value: (1 - kept) * value + kept * mean, average, values)


def single(number: float) -> float:
    """Returns a number as float32 has it: there `1 - beta` is then `1 - beta ** 1`, by which averages are corrected."""
    return float(np.float32(number))


def squared(values: Params) -> Params:
    """Returns the squares, element by element."""
    return jax.tree.map(jnp.square, values)


def descend() -> optax.GradientTransformationExtraArgs:
    """Returns the transformation that multiplies by minus the learning rate."""

    def update(updates: Any, state: Any, params: Any = None, *, learning_rate: Any, **_: Any) -> tuple[Any, Any]:
        return jax.tree.map(lambda update: times(-learning_rate, update), updates), state

    return optax.GradientTransformationExtraArgs(optax.init_empty_state, update)
