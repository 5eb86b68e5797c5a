"""The compiled steps of a model: training, testing, predicting.

Everything below `Program.train` is pure. The handles of the model are the truth between dispatches; a dispatch takes
their arrays, which it may destroy, and writes new ones back before anything else can look.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors, seeds, unnamed
from plait.core.context import Context, step_key
from plait.core.updated import Updated
from plait.core.weight import Weight
from plait.graph import walks
from plait.graph.layer import Layer
from plait.metrics import Metric
from plait.training import counting
from plait.training.donation import Donating
from plait.training.objective import Objective
from plait.training.slots import KeptSlots


class Data(NamedTuple):
    """Arrays on the device, all examples of them, in the order of the model's inputs and outputs."""

    inputs: list[Any]
    targets: list[Any]
    weights: list[Any]


class Batch(NamedTuple):
    """The examples of one step. rows: True for real ones, (batch,), or None if all are."""

    inputs: list[Any]
    targets: list[Any]
    weights: list[Any]
    rows: Any


class Program:
    """Compiled pure steps for a model, an objective, an optimizer and a set of frozen layers.

    Args: model: must be built; its handles and its graph are kept, the model itself is not.
          objective: settled for the targets to come; None for a program that only predicts.
          slots: the optimizer's, which may be used by other programs of the model too; None likewise.
          frozen: the layers whose weights and running state do not change.
          root_is_frozen: whether the model as a whole is frozen.
          eager: runs steps uncompiled.
          recomputed: the layers that the backward pass computes again; see `Context`.
    """

    def __init__(
        self,
        model: Any,
        objective: Objective | None,
        slots: KeptSlots | None,
        frozen: frozenset[Layer],
        root_is_frozen: bool = False,
        eager: bool = False,
        predict_step: Callable[..., Updated] | None = None,
        recomputed: Mapping[Layer, int] | None = None,
    ) -> None:
        self.handles = walks.weight_paths(model)
        trained = set() if root_is_frozen else walks.trained_weights(model, frozen)
        self.trained = {path: weight for path, weight in self.handles.items() if weight in trained}
        self.held = {path: weight for path, weight in self.handles.items() if weight not in trained}
        # What even a prediction changes, and what it only reads.
        changing = walks.remembered_weights(model) & set(self.held.values())
        self.remembered = [weight for weight in self.handles.values() if weight in changing]
        self.read = [weight for weight in self.handles.values() if weight not in changing]
        self.objective = objective
        self._slots: Any = slots
        self.optimizer: Any = slots.optimizer if slots else None
        layers = [layer for layer in walks.layers_in(model) if layer is not model or layer.has_keras_call]
        # XLA's CPU compiler falls into slow code for some gradients inside a loop of steps.
        self.steps_alone = jax.default_backend() == "cpu" and any(layer.slow_in_loops for layer in layers)
        self.mixes_in_training = any(layer.mixes_batch or layer.activity_regularizer for layer in layers)
        self.mixes_in_testing = predict_step is not None or any(
            layer.mixes_batch_always or layer.activity_regularizer for layer in layers
        )
        self.may_have_loss = objective is not None and (
            any(output.loss for output in objective.outputs)
            or any(weight.regularizer for weight in self.trained.values())
            or any(layer.activity_regularizer or _may_add_loss(layer) for layer in layers)
        )
        # The metrics of layers, by their names in the logs.
        self.counting: dict[str, Metric] = {} if objective is None else counting.named(model, objective.names)
        self.can_pad = (objective is None or objective.is_by_example) and not self.counting
        self._pure = _Pure(
            predict_step or model.forward(), self.handles, self.trained, self.read, self.remembered, objective,
            self.counting, self.optimizer, frozen, recomputed or {},
        )  # fmt: skip
        pure, static = self._pure, ("batch", "alone", "padded")
        # The steps close over `pure` and not over this program: a dropped program frees its executables at once.
        options = in_order_of_use(bool(recomputed))
        self._train = compiled(pure.train, eager, donate_argnums=(0, 1, 2, 3), static_argnames=static, **options)
        self._test = compiled(pure.test, eager, donate_argnums=(2,), static_argnames=static)
        self._predict = compiled(pure.predict, eager)
        self._predict_many = compiled(pure.predict_many, eager)
        # How many batches were predicted one by one.
        self.predicted_alone = 0
        self._results = jax.jit(pure.results) if objective else None

    @property
    def names(self) -> list[str]:
        """The names in the logs, in their order."""
        return [*self.objective.names, *self.counting] if self.objective else []

    def start_logs(self) -> dict[str, Any]:
        """Returns the logs of an epoch that has not begun."""
        assert self.objective is not None
        counted = {name: metric.init() for name, metric in self.counting.items()}
        return {**self.objective.start_logs(), **counted, "first_bad_step": np.int32(-1)}

    def slots(self) -> Any:
        """Returns the optimizer's slots, made now if there are none for these weights."""
        return self._slots.of(self.trained)

    @property
    def optimizers(self) -> list[Any]:
        """The optimizers at work."""
        return self.optimizer.parts

    def prepared(self, data: Data, batch: int) -> Any:
        """Returns the logs of an epoch that has not begun; from here on `state` is whole."""
        return self.start_logs()

    def state(self) -> Any:
        """Returns the arrays that training has beside the weights."""
        return self.slots()

    def start_from(self, state: Any) -> None:
        """Takes such arrays, as they were when training ended elsewhere."""
        self._slots.start_from(state, self.trained)

    def train(
        self,
        logs: Any,
        data: Data,
        order: Any,
        start: int,
        stop: int,
        batch: int,
        examples: int,
        seed: int,
        padded: bool,
    ) -> tuple[Any, Any]:
        """Makes the steps from `start` to `stop`, and returns the logs and a ticket that is ready when they are done.

        Args: order: (steps * batch,) positions in the data; those from `examples` on are padding.
              logs: given up; the returned ones take their place.
        """
        slots = self.slots()
        trained = {path: weight.take() for path, weight in self.trained.items()}
        held = {path: weight.take() for path, weight in self.held.items()}
        # A schedule is computed inside the step; any other rate is passed in, so that changing it compiles nothing.
        rate = np.float32(0.0 if self.optimizer.has_schedule else self.optimizer.current_learning_rate(start))
        trained, held, slots, logs, ticket = self._train(
            trained, held, slots, logs, data, order, start, stop, examples, np.uint32(seed), rate,
            batch=batch, alone=self.steps_alone, padded=padded,
        )  # fmt: skip
        for path, weight in self.trained.items():
            weight.put(trained[path])
        for path, weight in self.held.items():
            weight.put(held[path])
        self._slots.put(slots)
        return logs, ticket

    def step_once(self, values: Mapping[str, Any], slots: Any, batch: Batch, seed: int) -> None:
        """Makes one step from these values by path, line by line, for someone who watches; nothing is kept of it."""
        trained, held = ({path: values[path] for path in some} for some in (self.trained, self.held))
        rate = np.float32(0.0 if self.optimizer.has_schedule else self.optimizer.current_learning_rate(0))
        self._pure.train_step((trained, held, slots, self.start_logs()), batch, np.uint32(seed), rate)

    def test(
        self, logs: Any, data: Data, order: Any, start: int, stop: int, batch: int, examples: int, padded: bool
    ) -> tuple[Any, Any]:
        """Measures the batches from `start` to `stop`, and returns as `train` does. Only what is remembered changes."""
        arrays, remembered = self._arrays()
        logs, remembered, ticket = self._test(
            arrays, remembered, logs, data, order, start, stop, examples, np.uint32(seeds.fresh()),
            batch=batch, alone=self.steps_alone, padded=padded,
        )  # fmt: skip
        self._remember(remembered)
        return logs, ticket

    def predict(self, inputs: list[Any]) -> list[Any]:
        """Returns the outputs, flat. Only what is remembered changes."""
        return self.called(inputs)[0]

    def called(self, inputs: list[Any]) -> tuple[list[Any], tuple[Any, ...]]:
        """Returns the outputs, flat, and what layers added to the loss. Only what is remembered changes."""
        arrays, remembered = self._arrays()
        outputs, remembered, losses = self._predict(arrays, remembered, inputs, np.uint32(seeds.fresh()))
        self._remember(remembered)
        return outputs, losses

    def predict_many(self, inputs: list[Any], batches: int, count: int) -> list[Any]:
        """Returns the outputs of the first `count` batches, as `predict` gives them one after the other.

        Shapes: inputs (batches * batch, …) with any number of batches that are not asked for at the end; outputs
                likewise, and 0 there.
        """
        arrays, remembered = self._arrays()
        drawn = np.zeros(batches, np.uint32)
        drawn[:count] = [seeds.fresh() for _ in range(count)]
        outputs, remembered = self._predict_many(arrays, remembered, inputs, drawn, count)
        self._remember(remembered)
        return outputs

    def _arrays(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Returns the arrays of what is only read, and of what is remembered."""
        # Tuples: JAX takes them apart in less time than dicts, and a prediction may take no longer than that.
        return tuple([weight.peek() for weight in self.read]), tuple([weight.peek() for weight in self.remembered])

    def _remember(self, arrays: tuple[Any, ...]) -> None:
        for weight, array in zip(self.remembered, arrays, strict=True):
            weight.put(array)

    def finish(self) -> None:
        """Gives the weights the values that training ends with: their moving averages, if the optimizer keeps some."""
        if self.optimizer.use_ema:
            final = self.optimizer.final({path: weight.peek() for path, weight in self.trained.items()}, self.slots())
            for path, weight in self.trained.items():
                weight.assign(final[path])

    def results(self, logs: Any) -> dict[str, float]:
        """Returns the logs as numbers; waits for the steps that make them."""
        return self.numbers(self.measured(logs))

    def measured(self, logs: Any) -> Any:
        """Returns on the device what `numbers` makes numbers of; the logs may then be given up."""
        assert self._results is not None
        return self._results({name: logs[name] for name in self.names})

    def numbers(self, measured: Any) -> dict[str, float]:
        """Returns the numbers, by name; waits for the steps that make them."""
        numbers = jax.device_get(measured)
        return {name: float(numbers[name]) for name in self.names}


class _Pure:
    """The steps as pure functions of arrays; holds what they are made from, and no values."""

    def __init__(
        self,
        forward: Callable[..., Any],
        handles: dict[str, Weight],
        trained: dict[str, Weight],
        read: list[Weight],
        remembered: list[Weight],
        objective: Objective | None,
        counting: Mapping[str, Metric],
        optimizer: Any,
        frozen: frozenset[Layer],
        recomputed: Mapping[Layer, int],
    ) -> None:
        self.forward = forward
        self.handles = handles
        self.trained = trained
        self.read = read
        self.remembered = remembered
        self.objective: Any = objective
        self.counting = counting
        self.optimizer = optimizer
        self.frozen = frozen
        self.recomputed = recomputed

    def train(
        self, trained: Any, held: Any, slots: Any, logs: Any, data: Data, order: Any, start: Any, stop: Any,
        examples: Any, seed: Any, rate: Any, *, batch: int, alone: bool, padded: bool,
    ) -> Any:  # fmt: skip
        """Makes the steps from start to stop: in a loop of any length with one compilation, or one step alone."""

        def step(number: Any, state: Any) -> Any:
            return self.train_step(state, gathered(data, order, number, batch, examples, padded), seed, rate)

        state = (trained, held, slots, logs)
        state = step(start, state) if alone else looped(start, stop, step, state)
        return *state, self.optimizer.step_of(state[2]) + 0

    def train_step(self, state: Any, batch: Batch, seed: Any, rate: Any) -> Any:
        """Makes one step: the gradient of the objective, the optimizer's update, the constraints, the logs."""
        trained, held, slots, logs = state
        number = self.optimizer.step_of(slots)

        def minimised(trained: Any) -> Any:
            values = {**self.values({**held, **trained}), **self.counts_so_far(logs)}
            key = step_key(seed, number)
            ctx = Context(training=True, root_key=key, frozen=self.frozen, recomputed=self.recomputed)
            updated = self.forward(values, batch.inputs, ctx)
            total, each = self.objective.loss(updated.outputs, batch.targets, batch.weights, updated.mask, batch.rows)
            if not (each or updated.losses or any(weight.regularizer for weight in self.trained.values())):
                raise no_loss()
            penalties = self.penalties(values, updated)
            total = total + sum(penalties)
            measured = (total, each, penalties, updated.outputs, updated.mask)
            by_layers = self.counted_by_layers(updated)
            return self.optimizer.scale_loss(total, slots), (measured, self.by_path(updated.values), by_layers)

        grads, (measured, changed, by_layers) = jax.grad(minimised, has_aux=True)(trained)
        if self.optimizer.has_schedule:
            rate = self.optimizer.current_learning_rate(number)
        trained, slots = self.optimizer.update(grads, slots, trained, rate, self.constrained, measured[0])
        held = {path: changed.get(path, array).astype(array.dtype) for path, array in held.items()}
        trained = {path: changed.get(path, array).astype(array.dtype) for path, array in trained.items()}
        logs = self.counted(logs, measured, batch, number) | by_layers
        return trained, held, slots, logs

    def test(
        self, arrays: Any, remembered: Any, logs: Any, data: Data, order: Any, start: Any, stop: Any, examples: Any,
        seed: Any, *, batch: int, alone: bool, padded: bool,
    ) -> Any:  # fmt: skip
        """Measures the batches from start to stop."""

        def step(number: Any, state: Any) -> Any:
            logs, remembered = state
            some = gathered(data, order, number, batch, examples, padded)
            values = {**self.all_values(arrays, remembered), **self.counts_so_far(logs)}
            ctx = Context(root_key=step_key(seed, number), frozen=self.frozen)
            updated = self.forward(values, some.inputs, ctx)
            total, each = self.objective.loss(updated.outputs, some.targets, some.weights, updated.mask, some.rows)
            penalties = self.penalties(values, updated)
            measured = (total + sum(penalties), each, penalties, updated.outputs, updated.mask)
            logs = self.counted(logs, measured, some, number) | self.counted_by_layers(updated)
            return logs, self.after(remembered, updated)

        state = (logs, remembered)
        logs, remembered = step(start, state) if alone else looped(start, stop, step, state)
        return logs, remembered, logs["loss"]["count"] + 0

    def predict(self, arrays: Any, remembered: Any, inputs: list[Any], seed: Any) -> tuple[list[Any], Any, Any]:
        """Returns the outputs, flat, what is remembered, and what layers added to the loss."""
        # A layer that samples draws anew in each batch; for any other the key costs nothing.
        ctx = Context(root_key=step_key(seed, 0), frozen=self.frozen)
        updated = self.forward(self.all_values(arrays, remembered), inputs, ctx)
        return updated.outputs, self.after(remembered, updated), updated.losses

    def predict_many(
        self, arrays: Any, remembered: Any, inputs: list[Any], drawn: Any, count: Any
    ) -> tuple[list[Any], Any]:
        """Returns the outputs of `count` batches, flat, and what is remembered after them."""
        batches = len(drawn)
        inputs = [array.reshape(batches, len(array) // batches, *array.shape[1:]) for array in inputs]

        def batch(number: Any, remembered: Any) -> tuple[list[Any], Any]:
            rows = [_at(array, number) for array in inputs]
            return self.predict(arrays, remembered, rows, _at(drawn, number))[:2]

        def step(number: Any, state: Any) -> Any:
            outputs, remembered = batch(number, state[1])
            pairs = zip(state[0], outputs, strict=True)
            return [jax.lax.dynamic_update_index_in_dim(kept, one, number, 0) for kept, one in pairs], remembered

        shapes, _ = jax.eval_shape(batch, 0, remembered)
        outputs = [jnp.zeros((batches, *one.shape), one.dtype) for one in shapes]
        outputs, remembered = looped(0, count, step, (outputs, remembered))
        return [one.reshape(batches * one.shape[1], *one.shape[2:]) for one in outputs], remembered

    def after(self, remembered: tuple[Any, ...], updated: Updated) -> tuple[Any, ...]:
        """Returns what is remembered, with the new values of what a call updated."""
        pairs = zip(self.remembered, remembered, strict=True)
        return tuple(updated.values.get(weight, array).astype(array.dtype) for weight, array in pairs)

    def all_values(self, arrays: tuple[Any, ...], remembered: tuple[Any, ...]) -> dict[Weight, Any]:
        """Returns the arrays of what is only read and of what is remembered by handle, as layers look them up."""
        return dict(zip((*self.read, *self.remembered), (*arrays, *remembered), strict=True))

    def values(self, arrays: Mapping[str, Any]) -> dict[Weight, Any]:
        """Returns the arrays by handle, as layers look them up."""
        return {self.handles[path]: array for path, array in arrays.items()}

    def by_path(self, values: Mapping[Weight, Any]) -> dict[str, Any]:
        """Returns the values by path, as they pass the border of a compiled step."""
        return {path: values[weight] for path, weight in self.handles.items() if weight in values}

    def counts_so_far(self, logs: Mapping[str, Any]) -> dict[Any, Any]:
        """Returns the states of the metrics of layers, as layers look them up."""
        return {metric: logs[name] for name, metric in self.counting.items()}

    def counted_by_layers(self, updated: Updated) -> dict[str, Any]:
        """Returns the states of those that counted in a call, by their names in the logs."""
        changed = updated.values
        return {name: changed[metric] for name, metric in self.counting.items() if metric in changed}

    def results(self, logs: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the number that each of the logs stands for."""
        return {**self.objective.results(logs), **counting.results(self.counting, logs)}

    def penalties(self, values: Mapping[Any, Any], updated: Updated) -> tuple[Any, Any]:
        """Returns what is added to the losses: by the regularizers of the trained weights, and by layers."""
        terms = [weight.regularizer(values[weight]) for weight in self.trained.values() if weight.regularizer]
        return _sum(terms), _sum(updated.losses)

    def constrained(self, trained: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the weights with their constraints applied."""
        return {
            path: constraint(array) if (constraint := self.trained[path].constraint) else array
            for path, array in trained.items()
        }

    def counted(self, logs: Any, measured: Any, batch: Batch, number: Any) -> Any:
        """Returns the logs with this batch in them, and the number of the first step whose loss is no number.

        Args: measured: the loss, the losses of the outputs, what is added to them, the outputs, their masks.
        """
        total, each, penalties, outputs, masks = measured
        numbered = logs["first_bad_step"]
        logs = self.objective.update_logs(
            logs, total, each, penalties, outputs, batch.targets, batch.weights, masks, batch.rows
        )
        is_first = (numbered < 0) & ~jnp.isfinite(total)
        logs["first_bad_step"] = jnp.where(is_first, jnp.asarray(number, jnp.int32), numbered)
        return logs


def compiled(function: Callable[..., Any], eager: bool, **options: Any) -> Callable[..., Any]:
    """Returns the function compiled by JAX, or run line by line if it is to be eager.

    Args: options: as for `jax.jit`; arrays to donate are given up only where no code on the host may fail half way.
    """
    if "donate_argnums" in options and not eager:
        return Donating(function, **options)
    # What is static goes with named arrays. Predictions have none, and no time to take their names away.
    compiled = unnamed.Jitted(function, **options) if options else jax.jit(function)

    @functools.wraps(function)
    def line_by_line(*args: Any, **kwargs: Any) -> Any:
        with jax.disable_jit():
            return compiled(*args, **kwargs)

    return line_by_line if eager else compiled


def in_order_of_use(is_recomputed: bool) -> dict[str, Any]:
    """Returns how to compile a step so that what it computes again is computed late, where it computes some."""
    # XLA orders operations on CPUs so that many can run at a time: what is computed again too would be there from early
    # on, and no memory saved. Elsewhere it orders them by the memory that they take.
    if not is_recomputed or jax.default_backend() != "cpu":
        return {}
    return {"compiler_options": {"xla_cpu_scheduler_type": "CPU_SCHEDULER_TYPE_MEMORY_OPTIMIZED"}}


def _sum(terms: Iterable[Any]) -> Any:
    return sum((jnp.asarray(term, jnp.float32) for term in terms), jnp.zeros((), jnp.float32))


def no_loss() -> ValueError:
    """Returns the error for a model of which nothing can be minimised."""
    return ValueError(
        errors.explain(
            "There is no loss to train on: compile was given none, and no layer adds one.",
            "Call model.compile(optimizer=…, loss=…).",
        )
    )


def _may_add_loss(layer: Layer) -> bool:
    """Whether a layer is one of the user's own, whose losses are known only when it runs."""
    return layer.has_keras_call or not type(layer).__module__.startswith("plait.")


def _at(array: Any, number: Any) -> Any:
    return jax.lax.dynamic_index_in_dim(array, number, keepdims=False)


def looped(start: Any, stop: Any, step: Callable[[Any, Any], Any], state: Any) -> Any:
    """As `jax.lax.fori_loop`, with a condition that goes with the program: JAX would remember its own for each."""
    return jax.lax.while_loop(lambda at: at[0] < stop, lambda at: (at[0] + 1, step(*at)), (start, state))[1]


def gathered(data: Data, order: Any, number: Any, batch: int, examples: Any = None, padded: bool = False) -> Batch:
    """Returns the examples of step `number`; there are rows of padding only in a padded step."""
    begin = number * batch
    positions = jax.lax.dynamic_slice(order, (begin,), (batch,))

    def rows_of(array: Any) -> Any:
        return None if array is None else jnp.take(array, positions, axis=0, mode="clip")

    rows = begin + jnp.arange(batch) < examples if padded else None
    inputs, targets, weights = ([rows_of(array) for array in arrays] for arrays in data)
    return Batch(inputs, targets, weights, rows)
