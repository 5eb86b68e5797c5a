"""Steps that the user wrote, `train_step`, `test_step` or `compute_loss` of a subclass, as compiled programs.

While such a step is traced the weights stand for the arrays of this step, `optimizer.apply` finds the slots of this
step, and the metrics of the model count in its logs. So the step as a whole is a pure function of these, and runs in
the loops and dispatches that any other step runs in.
"""

from __future__ import annotations

import weakref
from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait import optimizers
from plait.core import errors, nest, seeds
from plait.core.context import Context, entered, step_key
from plait.core.updated import Updated
from plait.core.weight import Weight
from plait.graph import adapter, walks
from plait.graph.layer import Layer
from plait.optimizers import stateless as flat_optimizers
from plait.optimizers.application import applying
from plait.training import asked, stateless
from plait.training.feed import arrays
from plait.training.feed.arrays import Arrays
from plait.training.program import Data, compiled, gathered, in_order_of_use, looped
from plait.training.slots import KeptSlots

# An optimizer, and the weights that it is applied to.
Applied = tuple[optimizers.Optimizer, tuple[Weight, ...]]


@dataclass
class Packed(Arrays):
    """Arrays in the structures that a step is given them in; None for what was not given."""

    structures: tuple[Any, ...] = (None, None, None)


def read(model: Any, x: Any, y: Any, sample_weight: Any, class_weight: Any) -> Packed:
    """Returns the data for the steps of a model.

    Errors: TypeError or ValueError for what are no arrays, or of different numbers of samples; for class weights.
    """
    if x is None:
        raise ValueError(errors.explain("There are no inputs: x is None.", "Give arrays: x, and y for training."))
    if class_weight is not None:
        raise ValueError(
            errors.explain(
                f"class_weight is not known to the steps of {model}, which are its own.", "Give a sample_weight."
            )
        )
    if y is not None and model.knows_its_ports:
        y = _checked(model, y)
    named = {"input": x, "target": y, "sample weight": sample_weight}
    flat = [
        [] if given is None else [arrays.as_array(leaf, name) for leaf in nest.flatten(given)]
        for name, given in named.items()
    ]
    counts = {len(array) for leaves in flat for array in leaves}
    if len(counts) != 1 or counts == {0}:
        raise ValueError(errors.explain(f"The arrays need one number of samples, more than 0, got {sorted(counts)}."))
    structures = tuple(None if one is None else nest.walk(lambda _: True, one) for one in named.values())
    inputs, targets, weights = flat
    return Packed(inputs, targets, weights, counts.pop(), structures)


def _checked(model: Any, y: Any) -> Any:
    """Returns the targets in the structure of the outputs, if compile was given something to compare all of these."""
    objective = model.compiled.objective_of(model)
    if not all(output.needs_target for output in objective.outputs):
        return y
    found = arrays.targets_of(model, objective, y)
    objective.settle_once([one.shape[1:] for one in found])
    return nest.pack(model.output_structure, found)


class Steps:
    """Compiled steps of a model that has its own; has what the loop asks of a Program.

    Args: model: is not kept; its steps are looked up when they are traced.
          structures: those of inputs, targets and sample weights; None for what is not given.
          eager: runs steps uncompiled.
          remat: patterns of the layers that the backward pass computes again.
    """

    # Nothing is known of what a step does with the rows of a batch.
    mixes_in_training = mixes_in_testing = may_have_loss = True
    can_pad = False

    def __init__(self, model: Any, structures: tuple[Any, ...], eager: bool, remat: Sequence[str] = ()) -> None:
        self._pure = _Pure(weakref.ref(model), structures, remat)
        asked.mean_loss(model)  # there before a step is traced
        pure, static = self._pure, ("batch", "alone")
        options = in_order_of_use(bool(remat or walks.recomputed_layers(model)))
        self._train = compiled(pure.train, eager, donate_argnums=(0, 1, 2), static_argnames=static, **options)
        self._test = compiled(pure.test, eager, static_argnames=static)
        self._kept: dict[Applied, KeptSlots] = {}
        self._blank: dict[str, Any] = {}
        self.steps = 0

    @property
    def steps_alone(self) -> bool:
        """Whether each step is to be a dispatch of its own."""
        layers = walks.layers_in(self._pure.found())
        return jax.default_backend() == "cpu" and any(layer.slow_in_loops for layer in layers)

    @property
    def names(self) -> list[str]:
        """The names of what the steps log, as far as they are known."""
        return list(self._blank.get("train", self._blank.get("test", {})))

    def slots(self) -> Steps:
        """Returns what knows how many `steps` were made."""
        return self

    def start_logs(self) -> Any:
        """Returns the logs of an epoch that has not begun; of what, the first step says."""
        return None

    @property
    def optimizers(self) -> list[optimizers.Optimizer]:
        """The optimizers that the step applies, as far as they are known."""
        return list(dict.fromkeys(part for optimizer, _ in self._pure.applied for part in optimizer.parts))

    def prepared(self, data: Data, batch: int) -> Any:
        """Returns the logs of an epoch that has not begun; from here on `state` is whole."""
        return self._begun("train", data, batch, None)

    def state(self) -> Any:
        """Returns the arrays that training has beside the weights."""
        return {"steps": np.array(self.steps, np.int32), "slots": self._all_slots()}

    def start_from(self, state: Any) -> None:
        """Takes such arrays, as they were when training ended elsewhere."""
        self.steps = int(state["steps"])
        for applied, slots in zip(self._pure.applied, state["slots"], strict=True):
            self._kept[applied].start_from(slots, self._pure.by_path(applied[1]))

    def left(self) -> tuple[int, dict[Applied, KeptSlots]]:
        """Returns how many steps were made, and the slots that are kept; what `take_up` takes."""
        return self.steps, self._kept

    def take_up(self, steps: int, kept: dict[Applied, KeptSlots]) -> None:
        """Goes on where the same steps were left."""
        self.steps, self._kept = steps, kept
        self._pure.applied = list(kept)

    def _all_slots(self) -> list[Any]:
        for applied in self._pure.applied:
            self._kept.setdefault(applied, KeptSlots(applied[0]))
        return [self._kept[applied].of(self._pure.by_path(applied[1])) for applied in self._pure.applied]

    def train(
        self, logs: Any, data: Data, order: Any, start: int, stop: int, batch: int, examples: int, seed: int,
        padded: bool,
    ) -> tuple[Any, Any]:  # fmt: skip
        """Makes the steps from `start` to `stop`, and returns the logs and a ticket that is ready when these are."""
        logs = self._begun("train", data, batch, logs)
        pure = self._pure
        slots = self._all_slots()
        rates = [np.float32(0 if o.has_schedule else o.current_learning_rate(self.steps)) for o, _ in pure.applied]
        values = {path: weight.take() for path, weight in pure.handles.items()}
        values, slots, logs, ticket = self._train(
            values, slots, logs, data, order, start, stop, np.uint32(seed), self.steps, rates,
            batch=batch, alone=self.steps_alone,
        )  # fmt: skip
        for path, weight in pure.handles.items():
            weight.put(values[path])
        for applied, new in zip(pure.applied, slots, strict=True):
            self._kept[applied].put(new)
        self.steps += stop - start
        return logs, ticket

    def test(
        self, logs: Any, data: Data, order: Any, start: int, stop: int, batch: int, examples: int, padded: bool
    ) -> tuple[Any, Any]:
        """Measures the batches from `start` to `stop`, and returns as `train` does. No weight changes."""
        logs = self._begun("test", data, batch, logs)
        values = {path: weight.peek() for path, weight in self._pure.handles.items()}
        return self._test(values, logs, data, order, start, stop, np.uint32(seeds.fresh()),
                          batch=batch, alone=self.steps_alone)  # fmt: skip

    def finish(self) -> None:
        """Gives the weights the values that training ends with: their moving averages, if an optimizer keeps some."""
        for (optimizer, weights), kept in self._kept.items():
            if optimizer.use_ema:
                trained = self._pure.by_path(weights)
                final = optimizer.final({path: weight.peek() for path, weight in trained.items()}, kept.of(trained))
                for path, weight in trained.items():
                    weight.assign(final[path])

    def results(self, logs: Any) -> dict[str, float]:
        """Returns what the last step logged, as numbers; waits for it."""
        return {} if logs is None else self.numbers(logs["last"])

    def measured(self, logs: Any) -> Any:
        """Returns on the device what `numbers` makes numbers of; the logs may then be given up."""
        return jax.tree.map(jnp.copy, logs["last"])

    def numbers(self, measured: Any) -> dict[str, float]:
        """Returns the numbers, by name; waits for the step that made them."""
        last = jax.device_get(measured)
        # JAX has sorted the names.
        names = next(blank for blank in self._blank.values() if blank.keys() == last.keys())
        return {name: float(last[name]) for name in names}

    def _begun(self, what: str, data: Data, batch: int, logs: Any) -> Any:
        """Returns the logs; where there are none yet, blank ones, once it is known of what."""
        if what not in self._blank:
            self._blank[what] = self._pure.discovered(what, data, batch)
        if logs is not None:
            return logs
        last = {name: np.zeros(spec.shape, spec.dtype) for name, spec in self._blank[what].items()}
        counted = [metric.init() for metric in asked.metrics_of(self._pure.found())]
        return {"last": last, "counted": counted, "first_bad_step": np.int32(-1)}


class PredictStep:
    """A model's own `predict_step` as a pure function (values, flat inputs, ctx) -> Updated with flat outputs.

    Args: structure: the one that the inputs are given in.
    """

    def __init__(self, model: Any, structure: Any) -> None:
        # A program that held its model would keep it alive after its last user.
        self._model = weakref.ref(model)
        self.structure = structure
        # The structure of what it returns; known once it was traced.
        self.returned: Any = None

    def __call__(self, values: Any, inputs: list[Any], ctx: Context) -> Updated:
        """Returns what the step does."""
        model: Any = self._model()
        step = model.predict_step
        if asked.takes_state(type(model).predict_step):
            step = stateless.predict_step(model)
        else:
            _check_takes_data(model, "predict_step")
        data = nest.pack(self.structure, inputs)
        with entered(ctx):
            updated = adapter.apply_call(model, step, (), values, data, ctx, {})
        outputs = nest.flatten(updated.outputs)
        for output in outputs:
            if not np.ndim(output):
                raise TypeError(
                    errors.explain(
                        f"predict_step of {model} must return arrays with a row for each sample, "
                        f"got {errors.described(output)}."
                    )
                )
        self.returned = nest.walk(lambda _: True, updated.outputs)
        return Updated(list(map(jnp.asarray, outputs)), updated.values, updated.losses, [None] * len(outputs))


class _Pure:
    """The steps as pure functions of arrays; holds what they are made from, and no values."""

    def __init__(self, model: Any, structures: tuple[Any, ...], remat: Sequence[str]) -> None:
        self.model = model
        self.structures = structures
        self.remat = remat
        # Known once a step was traced.
        self.recomputed: dict[Layer, int] = {}
        self.handles: dict[str, Weight] = {}
        self.applied: list[Applied] = []

    def found(self) -> Any:
        """Returns the model."""
        model = self.model()
        assert model is not None
        return model

    def by_path(self, weights: Sequence[Weight]) -> dict[str, Weight]:
        """Returns these handles under their paths."""
        wanted = set(weights)
        return {path: weight for path, weight in self.handles.items() if weight in wanted}

    def discovered(self, what: str, data: Data, batch: int) -> dict[str, Any]:
        """Traces a step once, and returns what it logs. Layers are built on the way, and optimizers applied."""

        names: list[str] = []

        def step(data: Data) -> Any:
            tracing = _Step(self.found(), {}, {})
            ctx = Context(root_key=jax.random.key(0))
            logs, _, _ = self.stepped(what, tracing, adapter.Placeholders(), data, ctx)
            self.applied += [applied for applied in tracing.slots if applied not in self.applied]
            names[:] = logs
            return logs

        specs = jax.tree.map(lambda array: jax.ShapeDtypeStruct((batch, *array.shape[1:]), array.dtype), data)
        logs = jax.eval_shape(step, specs)
        self.handles = walks.weight_paths(self.found())
        self.recomputed = walks.recomputed_layers(self.found(), self.remat)
        return {name: logs[name] for name in names}

    def train(
        self, values: Any, slots: Any, logs: Any, data: Data, order: Any, start: Any, stop: Any, seed: Any, made: Any,
        rates: Any, *, batch: int, alone: bool,
    ) -> Any:  # fmt: skip
        """Makes the steps from start to stop; `made` of them were made before."""

        def step(position: Any, state: Any) -> Any:
            values, slots, logs = state
            number = made + position - start
            tracing = _Step(self.found(), self.keyed(slots), self.keyed(rates))
            ctx = Context(root_key=step_key(seed, number), recomputed=self.recomputed)
            last, changed, counted = self.stepped(
                "train", tracing, self.by_handle(values), gathered(data, order, position, batch), ctx, logs
            )
            values = {path: changed.get(self.handles[path], value) for path, value in values.items()}
            slots = [tracing.slots[applied] for applied in self.applied]
            return values, slots, _logged(logs, last, counted, number)

        state = (values, slots, logs)
        values, slots, logs = step(start, state) if alone else looped(start, stop, step, state)
        return values, slots, logs, logs["first_bad_step"] + 0

    def test(
        self, values: Any, logs: Any, data: Data, order: Any, start: Any, stop: Any, seed: Any, *, batch: int,
        alone: bool,
    ) -> Any:  # fmt: skip
        """Measures the batches from start to stop."""

        def step(position: Any, logs: Any) -> Any:
            ctx = Context(root_key=step_key(seed, position))
            some = gathered(data, order, position, batch)
            tracing = _Step(self.found(), {}, {})
            last, _, counted = self.stepped("test", tracing, self.by_handle(values), some, ctx, logs)
            return _logged(logs, last, counted, position)

        logs = step(start, logs) if alone else looped(start, stop, step, logs)
        return logs, logs["first_bad_step"] + 0

    def keyed(self, each: Sequence[Any]) -> dict[Applied, Any]:
        """Returns what there is for each optimizer and its weights."""
        return dict(zip(self.applied, each, strict=True))

    def by_handle(self, values: dict[str, Any]) -> dict[Weight, Any]:
        """Returns the arrays by handle, as layers look them up."""
        return {self.handles[path]: array for path, array in values.items()}

    def stepped(
        self, what: str, tracing: _Step, values: Any, data: Any, ctx: Context, logs: Any = None
    ) -> tuple[dict[str, Any], dict[Weight, Any], list[Any]]:
        """Calls the user's step, and returns what it logs, the weights it changed, and what its metrics counted."""
        model = tracing.model
        measured = asked.metrics_of(model)
        counted = [metric.init() for metric in measured] if logs is None else logs["counted"]
        name = f"{what}_step"
        step = getattr(model, name)
        if asked.takes_state(getattr(type(model), name)):
            step = stateless.train_step(model, tracing) if what == "train" else stateless.test_step(model)
        else:
            _check_takes_data(model, name)
        known: Any = ChainMap(dict(zip(measured, counted, strict=True)), values)
        with applying(tracing.apply), entered(ctx):
            updated = adapter.apply_call(model, step, (), known, self.packed(data), ctx, {})
        after = [updated.values.get(metric, state) for metric, state in zip(measured, counted, strict=True)]
        if not isinstance(updated.outputs, dict):
            raise TypeError(
                errors.explain(
                    f"{name} of {model} must return a dict of what it logs, got {errors.described(updated.outputs)}.",
                    'For example: return {"loss": loss}.',
                )
            )
        last = {name: jnp.asarray(value) for name, value in updated.outputs.items()}
        return last, dict(updated.values), after

    def packed(self, data: Any) -> Any:
        """Returns a batch as a step is given it: x, or (x, y), or (x, y, sample_weight)."""
        flat = (data.inputs, data.targets, data.weights)
        x, y, weight = (
            None if structure is None else nest.pack(structure, leaves)
            for structure, leaves in zip(self.structures, flat, strict=True)
        )
        if weight is not None:
            return x, y, weight
        return x if y is None else (x, y)


class _Step:
    """One step while it is traced: the slots of the optimizers that it applies."""

    def __init__(self, model: Any, slots: dict[Applied, Any], rates: dict[Applied, Any]) -> None:
        self.model = model
        self.slots = slots
        self.rates = rates

    def apply(self, optimizer: Any, gradients: Sequence[Any], weights: Sequence[Weight] | None) -> None:
        """Changes the weights by an update of the optimizer.

        Errors: ValueError for another number of gradients, or a weight that is none of the model.
        """
        weights = tuple(self.model.trainable_weights if weights is None else weights)
        if len(gradients) != len(weights):
            raise ValueError(
                errors.explain(
                    f"apply needs one gradient for each weight, got {len(gradients)} for "
                    f"{errors.counted(len(weights), 'weight')}."
                )
            )
        named = self.named(weights)
        variables = self.variables(optimizer, named)
        values = [weight.value for weight in weights]
        new, variables = flat_optimizers.applied(optimizer, named, variables, gradients, values)
        self.keep(optimizer, named, variables)
        for weight, value in zip(weights, new, strict=True):
            weight.assign(value)

    def named(self, weights: Sequence[Weight]) -> dict[str, Weight]:
        """Returns weights under their paths.

        Errors: ValueError for one that is none of the model.
        """
        paths = {weight: path for path, weight in walks.weight_paths(self.model).items()}
        for weight in weights:
            if weight not in paths:
                raise ValueError(
                    errors.explain(
                        f'The weight "{weight.path}" is of no layer of {self.model}.',
                        "Keep that layer in an attribute.",
                    )
                )
        return {paths[weight]: weight for weight in weights}

    def variables(self, optimizer: Any, weights: Mapping[str, Weight]) -> list[Any]:
        """Returns the slots of an optimizer for these weights and its learning rate, as it lists its variables."""
        applied = (optimizer, tuple(weights.values()))
        slots = self.slots.get(applied)
        if slots is None:
            slots = optimizer.init({path: weight.value for path, weight in weights.items()})
        return flat_optimizers.flattened(slots, self.rates.get(applied, jnp.zeros((), jnp.float32)))

    def keep(self, optimizer: Any, weights: Mapping[str, Weight], variables: Sequence[Any]) -> None:
        """Takes the variables of an optimizer after a step."""
        values = {path: weight.value for path, weight in weights.items()}
        slots, _ = flat_optimizers.unflattened(optimizer, values, variables)
        self.slots[optimizer, tuple(weights.values())] = slots


def _check_takes_data(model: Any, name: str) -> None:
    taken = adapter.parameters(getattr(type(model), name))
    if len(taken) != 2:
        raise TypeError(
            errors.explain(
                f"{name} of {model} must take the data, or state and data, got ({', '.join(taken)}).",
                f"Write {name}(self, data): in it self.trainable_weights and the like are those of the step.",
            )
        )


def _logged(logs: Any, last: dict[str, Any], counted: list[Any], number: Any) -> dict[str, Any]:
    """Returns the logs after a step, with the number of the first one that logged what is no number."""
    is_finite = jnp.stack([jnp.all(jnp.isfinite(value)) for value in last.values()]).all() if last else True
    is_first = (logs["first_bad_step"] < 0) & ~jnp.asarray(is_finite)
    first = jnp.where(is_first, jnp.asarray(number, jnp.int32), logs["first_bad_step"])
    return {"last": last, "counted": counted, "first_bad_step": first}
