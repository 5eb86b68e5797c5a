"""Epochs, batches and callbacks: ordinary Python around the compiled program.

Data may be there as a whole, or come batch by batch: `given.py` tells the two apart, and a `Run` goes over either in
dispatches.
"""

from __future__ import annotations

import functools
import warnings
from typing import Any

import numpy as np

from plait.core import determinism, limits, nest, seeds
from plait.training import checks, counting, nans, prediction
from plait.training.checkpoints.checkpoint import Keeper, keeping
from plait.training.checkpoints.state import Position
from plait.training.compiled import Compiled
from plait.training.feed import sources
from plait.training.feed.arrays import Arrays
from plait.training.feed.batches import Batches
from plait.training.given import Given, Reader, check_lasts, given, given_validation, learner, program_for, reader
from plait.training.interrupts import Interrupts
from plait.training.prediction import predicted_structure, predicting
from plait.training.prediction import predictor as predictor
from plait.training.reading import Nothing
from plait.training.run import Run, Validation


def fit(
    model: Any,
    x: Any,
    y: Any,
    batch_size: int | None,
    epochs: int,
    callbacks: Any,
    validation_split: float,
    validation_data: Any,
    shuffle: Any,
    class_weight: Any,
    sample_weight: Any,
    initial_epoch: int,
    steps_per_epoch: int | None,
    validation_steps: int | None,
    validation_batch_size: int | None,
    validation_freq: int | list[int],
    checkpoint: Any,
    debug_nans: bool,
    deterministic: bool,
) -> Any:
    """Trains a model; arguments as for `Model.fit`, except for the callbacks, which come as one CallbackList."""
    checks.counts(at_least=0, epochs=epochs, initial_epoch=initial_epoch)
    checks.counts(steps_per_epoch=steps_per_epoch, validation_steps=validation_steps,
                  validation_batch_size=validation_batch_size,
                  validation_freq=None if isinstance(validation_freq, list | tuple) else validation_freq)  # fmt: skip
    epochs = limits.epochs(epochs)
    if deterministic:
        determinism.check()
    compiled = checks.is_compiled(model, "fit")
    batch_of = functools.partial(checks.batch_size, batch_size, steps=steps_per_epoch)
    most_steps, most_validation_steps = limits.steps(steps_per_epoch), limits.steps(validation_steps)
    trained_on = given(x, y, sample_weight, batch_of, "the training data", most_steps, "steps_per_epoch")
    held_out: Given | None = None
    if validation_data is not None:
        due = range(initial_epoch, epochs)
        validation_data = sources.apart(validation_data, x)
        held_out = given_validation(validation_data, validation_batch_size or batch_size, most_validation_steps)
        check_lasts(held_out, most_validation_steps, sum(checks.is_due(validation_freq, epoch) for epoch in due))
    elif validation_split and trained_on.source is not None:
        trained_on, held_out = trained_on.split(validation_split)
    trained_on.build(model)
    if held_out is not None:
        held_out.build(model)
    data = trained_on.read(model, reader(compiled, model, "train_step", class_weight))
    held: Arrays | Batches | None = None
    if held_out is not None:
        held = held_out.read(model, reader(compiled, model, "test_step"))
    elif validation_split:
        # The same examples without their class weights: these are for training.
        is_same = class_weight is None and len({"train_step", "test_step"} & model.own_steps) != 1
        whole = data if is_same else trained_on.read(model, reader(compiled, model, "test_step"))
        data, held = _split(data, whole, validation_split)
    checks.shuffling(shuffle)
    examples = data.examples if isinstance(data, Arrays) else None
    batch = checks.batch_size(batch_size) if examples is None else batch_of(examples)
    program: Any = learner(compiled, model, data)
    if compiled.is_stale(model):
        warnings.warn(
            f"Layers of {model} were frozen or thawed since compile(), which has no effect until it is compiled again.",
            UserWarning,
            stacklevel=4,
        )
    if debug_nans:
        program = nans.watched(program, model)
    run = Run(program, data, batch, compiled.steps_per_execution, for_training=True)
    steps = run.feed.steps if steps_per_epoch is None else steps_per_epoch
    steps = limits.steps(steps, run.feed.total)
    validate: Validation | None = None
    if held is not None:
        held_run = _measuring(compiled, model, held, validation_batch_size or batch)
        validation_steps = limits.steps(validation_steps, held_run.feed.total)
        validate = Validation(held_run, validation_steps, callbacks)
    wanted = callbacks.checkpoint() if checkpoint is None else checkpoint
    keeper = None if wanted is None else Keeper(wanted, model, run, callbacks, validate and validate.run.feed)
    found = keeper.found if keeper else {}
    callbacks.set_params({"epochs": epochs, "steps": steps or run.feed.total, "verbose": callbacks.verbose,
                          "samples": examples, "data": trained_on.whereabouts, "metrics": list(program.names),
                          "do_validation": held is not None, "resumed_epoch": found.get("epoch")})  # fmt: skip
    model.stop_training = False
    seed = found.get("seed", seeds.current())
    with Interrupts() as interrupts, keeping(keeper, run):
        callbacks.on_train_begin()
        begun = keeper.resumed(initial_epoch, seed) if keeper else Position(initial_epoch, 0, None)
        epoch_logs: dict[str, float] = {}
        for epoch in range(begun.epoch, epochs):
            if model.stop_training:
                break
            if run.feed.is_spent(interrupts.check):
                where = f", before epoch {epoch + 1} of {epochs}: training stops"
                warnings.warn(_ended(trained_on.what, run.feed, where), UserWarning, stacklevel=4)
                break
            callbacks.on_epoch_begin(epoch)
            if keeper:
                keeper.after_epoch_begins()
            position = begun if epoch == begun.epoch else Position(epoch, 0, None)
            epoch_logs = run.train(steps, seed, shuffle, callbacks, interrupts, position, keeper)
            if run.feed.is_over:
                where = f", in epoch {epoch + 1} of {epochs}, which asks for {steps}: training stops"
                warnings.warn(_ended(trained_on.what, run.feed, where), UserWarning, stacklevel=4)
                model.stop_training = True
            if validate and checks.is_due(validation_freq, epoch):
                epoch_logs |= {f"val_{name}": value for name, value in validate().items()}
                if validate.run.feed.is_over:
                    where = f", and validation_steps is {validation_steps}"
                    warnings.warn(_ended("validation_data", validate.run.feed, where), UserWarning, stacklevel=4)
            callbacks.on_epoch_end(epoch, epoch_logs)
            if keeper:
                keeper.after_epoch(epoch, epoch_logs)
        if keeper:
            keeper.finished(Position(max(begun.epoch, epochs), 0, None))
        if int(program.slots().steps):  # there are no averages of no steps
            program.finish()
        callbacks.on_train_end(epoch_logs)
    return model.history


def evaluate(
    model: Any,
    x: Any,
    y: Any,
    batch_size: int | None,
    sample_weight: Any,
    steps: int | None,
    callbacks: Any,
    return_dict: bool,
) -> Any:
    """Measures a model; arguments as for `Model.evaluate`."""
    checks.counts(steps=steps)
    compiled = checks.is_compiled(model, "evaluate")
    batch_of = functools.partial(checks.batch_size, batch_size)
    measured_on = given(x, y, sample_weight, batch_of, "the data", limits.steps(steps), "steps")
    measured_on.build(model)
    data = measured_on.read(model, reader(compiled, model, "test_step"))
    run = _measuring(compiled, model, data, batch_of())
    steps = limits.steps(steps, run.feed.total)
    measured = Validation(run, steps, callbacks)()
    if run.feed.is_over:
        warnings.warn(_ended(measured_on.what, run.feed, f", and steps is {steps}"), UserWarning, stacklevel=4)
    return _returned(measured, return_dict)


def predict(model: Any, x: Any, batch_size: int | None, steps: int | None, callbacks: Any) -> Any:
    """Computes the outputs of a model; arguments as for `Model.predict`."""
    checks.counts(steps=steps)
    batch_of = functools.partial(checks.batch_size, batch_size)
    if steps is None and not callbacks.callbacks:
        predicted = prediction.at_once(model, x, batch_of())
        if predicted is not None:
            return nest.pack(model.output_structure, predicted)
    predicted_on = given(x, None, None, batch_of, "the data", limits.steps(steps), "steps")
    program, data = predicting(model, predicted_on)
    steps = limits.steps(steps, data.total if isinstance(data, Batches) else None)
    run = prediction.of(program, data, batch_of(), steps)
    callbacks.set_params({"steps": run.total, "verbose": callbacks.verbose})
    callbacks.on_predict_begin()
    pieces: list[list[np.ndarray]] = []
    ahead: Any = None
    for numbers in run.parts(callbacks.wants_predict_batches):
        for number in numbers if callbacks.wants_predict_batches else ():
            callbacks.on_predict_batch_begin(number)
        with run.clock.timed(len(numbers), callbacks):
            outputs = run.dispatch(numbers)
            # The next batch is under way while this one's outputs come to the host.
            if ahead is not None:
                pieces.append(prediction.fetched(*ahead))
        ahead = outputs
        for number in numbers if callbacks.wants_predict_batches else ():
            callbacks.on_predict_batch_end(number, {})
        callbacks.on_progress(numbers.stop, run.total, run.samples(numbers), Nothing())
    pieces.append(prediction.fetched(*ahead))
    callbacks.on_predict_end({})
    if isinstance(data, Batches) and data.is_over:
        warnings.warn(_ended(predicted_on.what, data, f", and steps is {steps}"), UserWarning, stacklevel=4)
    joined = [piece[0] if len(piece) == 1 else np.concatenate(piece) for piece in zip(*pieces, strict=True)]
    return nest.pack(predicted_structure(model, program), joined)


def train_on_batch(model: Any, x: Any, y: Any, sample_weight: Any, class_weight: Any, return_dict: bool) -> Any:
    """Makes one step; arguments as for `Model.train_on_batch`."""
    compiled = checks.is_compiled(model, "train_on_batch")
    data = _batch(model, "train_on_batch", reader(compiled, model, "train_step", class_weight), x, y, sample_weight)
    program = learner(compiled, model, data)
    logs = program.start_logs()
    order = np.arange(data.examples, dtype=np.int32)
    logs, _ = program.train(
        logs, data.as_given(), order, 0, 1, data.examples, data.examples, seeds.current(), padded=False
    )
    return _returned(program.results(logs), return_dict)


def test_on_batch(model: Any, x: Any, y: Any, sample_weight: Any, return_dict: bool) -> Any:
    """Measures one batch; arguments as for `Model.test_on_batch`."""
    compiled = checks.is_compiled(model, "test_on_batch")
    data = _batch(model, "test_on_batch", reader(compiled, model, "test_step"), x, y, sample_weight)
    program = program_for(compiled, model, data)
    logs, order = program.start_logs(), np.arange(data.examples, dtype=np.int32)
    logs, _ = program.test(logs, data.as_given(), order, 0, 1, data.examples, data.examples, padded=False)
    return _returned(program.results(logs), return_dict)


def predict_on_batch(model: Any, x: Any) -> Any:
    """Computes the outputs of one batch; arguments as for `Model.predict_on_batch`."""
    checks.is_whole(x, "predict_on_batch")
    program, data = predicting(model, Given(None, (x, None, None), "the data"))
    assert isinstance(data, Arrays)
    outputs = program.predict(data.inputs)
    return nest.pack(predicted_structure(model, program), [np.array(output) for output in outputs])


def metrics_names(model: Any) -> list[str]:
    """Returns the names of what evaluate returns."""
    names = checks.is_compiled(model, "metrics_names").objective_of(model).names
    return [*names, *counting.named(model, names)]


def _split(data: Any, whole: Any, fraction: float) -> tuple[Arrays, Arrays]:
    at = checks.split_position(data.examples, fraction)
    return data.part(0, at), whole.part(at, data.examples)


def _batch(model: Any, method: str, read: Reader, x: Any, y: Any, sample_weight: Any) -> Arrays:
    """Returns the data of one batch."""
    checks.is_whole(x, method)
    if x is not None:
        model.build_for(x)
    return read(x, y, sample_weight)


def _measuring(compiled: Compiled, model: Any, data: Arrays | Batches, batch: int) -> Run:
    program = program_for(compiled, model, data)
    return Run(program, data, batch, compiled.steps_per_execution, for_training=False)


def _ended(what: str, feed: Any, where: str) -> str:
    """Returns the warning for an iterator that gave less than was asked for."""
    return (
        f"{what[0].upper()}{what[1:]} ended after {feed.came} {'batch' if feed.came == 1 else 'batches'}"
        f"{where}. An iterator gives each batch once: let it give more, or give what can be gone over again."
    )


def _returned(numbers: dict[str, float], as_dict: bool) -> Any:
    if as_dict:
        return numbers
    values = list(numbers.values())
    return values[0] if len(values) == 1 else values
