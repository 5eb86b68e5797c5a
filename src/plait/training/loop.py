"""Epochs, batches and callbacks: ordinary Python around the compiled program."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
import warnings
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from plait.core import errors, memory, nest, seeds
from plait.training import asked
from plait.training import steps as own_steps
from plait.training.compiled import Compiled
from plait.training.feed import arrays
from plait.training.feed.arrays import Arrays
from plait.training.program import Program, no_loss
from plait.training.steps import Packed, Steps

_BATCH = 32
# How long one dispatch is to take: short enough for Ctrl-C and the progress bar, long enough to cost nothing.
_DISPATCH_SECONDS = 0.1
# A dispatch shorter than this does not use so much memory that it matters.
_LONG_SECONDS = 0.03
# Batches whose prediction takes no longer than this, most of it for their dispatch, are predicted many at a time: in
# loops of so many batches, and so many bytes of inputs and outputs, at most. The compilation of a loop takes about as
# long as the dispatches of so many batches alone, and has to wait for these.
_QUICK_SECONDS = 0.25e-3
_LOOP_BATCHES = 128
_LOOP_BYTES = 8 << 20
_ALONE_BEFORE_LOOPS = 800


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
) -> Any:
    """Trains a model; arguments as for `Model.fit`, except for the callbacks, which come as one CallbackList."""
    _check_counts(at_least=0, epochs=epochs, initial_epoch=initial_epoch)
    _check_counts(steps_per_epoch=steps_per_epoch, validation_steps=validation_steps,
                  validation_batch_size=validation_batch_size,
                  validation_freq=None if isinstance(validation_freq, list | tuple) else validation_freq)  # fmt: skip
    compiled = _compiled(model, "fit", x)
    if validation_data is not None:
        _build_for_validation(model, validation_data)
    data = _read(compiled, model, "train_step", x, y, sample_weight, class_weight)
    held_out = None
    if validation_data is not None:
        held_out = _validation(compiled, model, validation_data)
    elif validation_split:
        # The same examples without their class weights: these are for training.
        is_same = class_weight is None and len({"train_step", "test_step"} & model.own_steps) != 1
        whole = data if is_same else _read(compiled, model, "test_step", x, y, sample_weight)
        data, held_out = _split(data, whole, validation_split)
    if not isinstance(shuffle, bool | np.bool_) and shuffle != "batch":
        raise ValueError(errors.explain(f'shuffle must be True, False or "batch", got {shuffle!r}.'))
    batch = _checked_batch(batch_size, data.examples, steps_per_epoch)
    program = _learner(compiled, model, data)
    if compiled.is_stale(model):
        warnings.warn(
            f"Layers of {model} were frozen or thawed since compile(), which has no effect until it is compiled again.",
            UserWarning,
            stacklevel=4,
        )
    run = _Run(program, data, batch, compiled.steps_per_execution, for_training=True)
    steps = run.steps if steps_per_epoch is None else steps_per_epoch
    validate = (
        _Validation(compiled, model, held_out, validation_batch_size or batch, validation_steps, callbacks)
        if held_out
        else None
    )
    callbacks.set_params({"epochs": epochs, "steps": steps, "verbose": callbacks.verbose, "samples": data.examples,
                          "metrics": list(program.names), "do_validation": held_out is not None})  # fmt: skip
    model.stop_training = False
    seed = seeds.current()
    with _Interrupts() as interrupts:
        callbacks.on_train_begin()
        epoch_logs: dict[str, float] = {}
        for epoch in range(initial_epoch, epochs):
            callbacks.on_epoch_begin(epoch)
            epoch_logs = run.train(steps, seed, shuffle, callbacks, interrupts, epoch)
            if validate and _is_due(validation_freq, epoch, epochs):
                epoch_logs |= {f"val_{name}": value for name, value in validate().items()}
            callbacks.on_epoch_end(epoch, epoch_logs)
            if model.stop_training:
                break
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
    _check_counts(steps=steps)
    compiled = _compiled(model, "evaluate", x)
    data = _read(compiled, model, "test_step", x, y, sample_weight)
    measured = _Validation(compiled, model, data, _checked_batch(batch_size, data.examples, None), steps, callbacks)()
    return _returned(measured, return_dict)


def predict(model: Any, x: Any, batch_size: int | None, steps: int | None, callbacks: Any) -> Any:
    """Computes the outputs of a model; arguments as for `Model.predict`."""
    _check_counts(steps=steps)
    program, data = _predicting(model, x)
    batch = _checked_batch(batch_size, data.examples, None)
    count = data.steps(batch) if steps is None else min(steps, data.steps(batch))
    callbacks.set_params({"steps": count, "verbose": callbacks.verbose})
    callbacks.on_predict_begin()
    run = _Prediction(program, data, batch)
    pieces: list[list[np.ndarray]] = []
    ahead: Any = None
    done = 0
    while done < count:
        stop = done + (1 if callbacks.wants_predict_batches else run.length(done, count))
        for number in range(done, stop) if callbacks.wants_predict_batches else ():
            callbacks.on_predict_batch_begin(number)
        with run.clock.timed(stop - done):
            outputs = run.dispatch(done, stop)
            # The next batch is under way while this one's outputs come to the host.
            if ahead is not None:
                pieces.append(_fetched(*ahead))
        ahead = outputs
        for number in range(done, stop) if callbacks.wants_predict_batches else ():
            callbacks.on_predict_batch_end(number, {})
        done = stop
        callbacks.on_progress(done, count, dict)
    pieces.append(_fetched(*ahead))
    callbacks.on_predict_end({})
    joined = [piece[0] if len(piece) == 1 else np.concatenate(piece) for piece in zip(*pieces, strict=True)]
    return nest.pack(_predicted_structure(model), joined)


def train_on_batch(model: Any, x: Any, y: Any, sample_weight: Any, class_weight: Any, return_dict: bool) -> Any:
    """Makes one step; arguments as for `Model.train_on_batch`."""
    compiled = _compiled(model, "train_on_batch", x)
    data = _read(compiled, model, "train_step", x, y, sample_weight, class_weight)
    program = _learner(compiled, model, data)
    logs = program.start_logs()
    order = np.arange(data.examples, dtype=np.int32)
    logs, _ = program.train(
        logs, data.placed(), order, 0, 1, data.examples, data.examples, seeds.current(), padded=False
    )
    return _returned(program.results(logs), return_dict)


def test_on_batch(model: Any, x: Any, y: Any, sample_weight: Any, return_dict: bool) -> Any:
    """Measures one batch; arguments as for `Model.test_on_batch`."""
    compiled = _compiled(model, "test_on_batch", x)
    data = _read(compiled, model, "test_step", x, y, sample_weight)
    program = _program(compiled, model, data)
    order = np.arange(data.examples, dtype=np.int32)
    logs, _ = program.test(program.start_logs(), data.placed(), order, 0, 1, data.examples, data.examples, padded=False)
    return _returned(program.results(logs), return_dict)


def predict_on_batch(model: Any, x: Any) -> Any:
    """Computes the outputs of one batch; arguments as for `Model.predict_on_batch`."""
    program, data = _predicting(model, x)
    outputs = program.predict(data.inputs)
    return nest.pack(_predicted_structure(model), [np.array(output) for output in outputs])


def metrics_names(model: Any) -> list[str]:
    """Returns the names of what evaluate returns."""
    return _compiled(model, "metrics_names", None).objective_of(model).names


def predictor(model: Any) -> Program:
    """Returns the program that predicts, which needs no compile(); made once and kept by the model."""
    if model.predict_program is None or model.predict_program[0] is not model.computation:
        model.predict_program = (model.computation, Program(model, None, None, frozenset()))
    return model.predict_program[1]


def _predicting(model: Any, x: Any) -> tuple[Program, Arrays]:
    """Returns the program that predicts by the model's `predict_step`, and the data as that takes them."""
    _build_for(model, x)
    if "predict_step" not in model.own_steps:
        return predictor(model), arrays.read(model, None, x)
    data = own_steps.read(model, x, None, None, None)
    kept = model.predict_step_program
    if kept is None or kept[0] is not model.computation or kept[1].structure != data.structures[0]:
        step = own_steps.PredictStep(model, data.structures[0])
        program = Program(model, None, None, frozenset(), predict_step=step)
        kept = model.predict_step_program = (model.computation, step, program)
    return kept[2], data


def _predicted_structure(model: Any) -> Any:
    return model.predict_step_program[1].returned if "predict_step" in model.own_steps else model.output_structure


# ---------------------------------------------------------------------------------------------- one run over data


class _Run:
    """Data on the device, and a program that goes over them."""

    def __init__(
        self, program: Program | Steps, data: Arrays, batch: int, per_dispatch: int | str, for_training: bool
    ) -> None:
        self.program = program
        self.data = data
        self.batch = min(batch, data.examples)
        self.steps = data.steps(self.batch)
        self.placed = data.placed()
        self.per_dispatch = per_dispatch
        mixes = program.mixes_in_training if for_training else program.mixes_in_testing
        partial = data.examples % self.batch
        # A smaller last batch is filled up with rows that count for nothing, so that it needs no compilation of its
        # own; where a layer mixes the examples of a batch that would change the numbers, and it runs at its true size.
        self.padded = bool(partial) and not mixes and program.can_pad
        self.whole_steps = self.steps if self.padded or not partial else self.steps - 1
        # Where the pass over the data under way has come to: an epoch of another length goes on there.
        self.order: Any = None
        self.at = self.steps
        self.clock = _Clock()
        self.has_reported = False

    def train(
        self, steps: int, seed: int, shuffle: Any, callbacks: Any, interrupts: _Interrupts, epoch: int
    ) -> dict[str, float]:
        """Makes the steps of one epoch, from where the last one stopped in the data, and returns the logs."""
        program, done, logs = self.program, 0, self.program.start_logs()
        while done < steps and not callbacks.stop_training:
            if self.at == self.steps:
                self.at, turn = 0, int(program.slots().steps)
                self.order = jax.device_put(self.data.order(self.batch, shuffle, seed, turn))
            end = min(self.steps, self.at + steps - done)
            for start, stop, batch in self._dispatches(self.at, end, callbacks.wants_batches):
                made = range(done, done + stop - start)
                for step in made if callbacks.wants_batches else ():
                    callbacks.on_train_batch_begin(step)
                arguments = self._arguments(self.order, start, stop, batch)
                with self.clock.timed(stop - start):
                    logs, ticket = program.train(logs, self.placed, *arguments, seed, self.padded)
                    jax.block_until_ready(ticket)

                def read(logs: Any = logs) -> dict[str, float]:
                    return program.results(logs)

                self.at, done = stop, made.stop
                for step in made if callbacks.wants_batches else ():
                    callbacks.on_train_batch_end(step, read())
                callbacks.on_progress(done, steps, read)
                interrupts.check()
                if callbacks.stop_training:
                    break
            self.has_reported = self.has_reported or _report_bad_step(logs, epoch)
        return program.results(logs)

    def test(self, steps: int, callbacks: Any) -> dict[str, float]:
        """Measures the batches, and returns the logs."""
        program, logs = self.program, self.program.start_logs()
        order = jax.device_put(self.data.order(self.batch, False, 0, 0))
        for start, stop, batch in self._dispatches(0, steps, callbacks.wants_test_batches):
            for step in range(start, stop) if callbacks.wants_test_batches else ():
                callbacks.on_test_batch_begin(step)
            with self.clock.timed(stop - start):
                logs, ticket = program.test(logs, self.placed, *self._arguments(order, start, stop, batch), self.padded)
                jax.block_until_ready(ticket)

            def read(logs: Any = logs) -> dict[str, float]:
                return program.results(logs)

            for step in range(start, stop) if callbacks.wants_test_batches else ():
                callbacks.on_test_batch_end(step, read())
            callbacks.on_test_progress(stop, steps, read)
        return program.results(logs)

    def _arguments(self, order: Any, start: int, stop: int, batch: int) -> tuple[Any, int, int, int, int]:
        """Returns what a dispatch takes: for a last batch of its true size, just its own positions."""
        if batch != self.batch:
            return order[start * self.batch : start * self.batch + batch], 0, 1, batch, batch
        return order, start, stop, batch, self.data.examples

    def _dispatches(self, start: int, end: int, one_by_one: bool) -> Iterator[tuple[int, int, int]]:
        """Yields first step, end and batch size of each dispatch."""
        whole = min(end, self.whole_steps)
        while start < whole:
            stop = start + (1 if one_by_one or self.program.steps_alone else min(self._length(), whole - start))
            yield start, stop, self.batch
            start = stop
        if end > whole:
            yield whole, whole + 1, self.data.examples - whole * self.batch

    def _length(self) -> int:
        """Returns how many steps the next dispatch is to have."""
        if isinstance(self.per_dispatch, int):
            return self.per_dispatch
        if self.clock.seconds_per_step is None:
            return 1
        return max(1, int(_DISPATCH_SECONDS / max(self.clock.seconds_per_step, 1e-7)))


class _Prediction:
    """Data on the host, and a program that predicts them: batch by batch, or many quick batches in one dispatch."""

    def __init__(self, program: Program, data: Arrays, batch: int) -> None:
        self.program = program
        self.data = data
        self.batch = batch
        self.clock = _Clock()
        # How many batches a loop is compiled for; known once a batch was predicted.
        self.batches = 1
        self.whole_steps = data.examples // batch

    def length(self, done: int, end: int) -> int:
        """Returns how many batches the next dispatch is to have: one, or as many as a loop has, or the rest."""
        left = min(end, self.whole_steps) - done
        is_quick = self.clock.seconds_per_step is not None and self.clock.seconds_per_step <= _QUICK_SECONDS
        is_worth_it = self.program.predicted_alone >= _ALONE_BEFORE_LOOPS and 2 * left >= self.batches > 1
        return min(left, self.batches) if is_quick and is_worth_it and not self.program.steps_alone else 1

    def dispatch(self, start: int, stop: int) -> tuple[list[Any], int | None]:
        """Returns the outputs of these batches, and how many of their rows are real; None if all are."""
        part = self.data.part(start * self.batch, stop * self.batch)
        if stop - start > 1:
            inputs = [_lengthened(array, self.batches * self.batch) for array in part.inputs]
            return self.program.predict_many(inputs, self.batches, stop - start), part.examples
        is_exact = self.program.mixes_in_testing
        outputs = self.program.predict(part.inputs if is_exact else _padded(part, self.batch))
        if start < self.whole_steps:
            self.program.predicted_alone += 1
            self.batches = self._batches_in_a_loop(part.inputs, outputs)
        return outputs, None if is_exact else part.examples

    def _batches_in_a_loop(self, inputs: list[Any], outputs: list[Any]) -> int:
        if any(output.shape[:1] != (self.batch,) for output in outputs):
            return 1  # an output without an axis of samples is joined as each batch gives it
        size = sum(array.nbytes for array in (*inputs, *outputs))
        return max(1, min(_LOOP_BATCHES, 1 << (_LOOP_BYTES // max(size, 1)).bit_length() >> 1))


class _Clock:
    """Notes how long steps take: `with clock.timed(steps)`."""

    def __init__(self) -> None:
        self.seconds_per_step: float | None = None
        self._has_compiled = False
        self._steps, self._start = 1, 0.0

    def timed(self, steps: int) -> _Clock:
        """Times a dispatch of so many steps; the first one compiles, and says nothing."""
        self._steps = steps
        return self

    def __enter__(self) -> None:
        self._start = time.perf_counter()

    def __exit__(self, *_: Any) -> None:
        seconds = time.perf_counter() - self._start
        if self._has_compiled:
            self.seconds_per_step = seconds / self._steps
        self._has_compiled = True
        if seconds > _LONG_SECONDS:
            memory.settle()


class _Validation:
    """Measures held-out data, with the hooks of a test around it."""

    def __init__(
        self, compiled: Compiled, model: Any, data: Arrays, batch: int, steps: int | None, callbacks: Any
    ) -> None:
        self.run = _Run(
            _program(compiled, model, data),
            data,
            batch,
            compiled.steps_per_execution,
            for_training=False,
        )
        self.steps = self.run.steps if steps is None else min(steps, self.run.steps)
        self.callbacks = callbacks

    def __call__(self) -> dict[str, float]:
        self.callbacks.on_test_begin()
        logs = self.run.test(self.steps, self.callbacks)
        self.callbacks.on_test_end(logs)
        return logs


class _Interrupts:
    """Lets Ctrl-C wait for the dispatch under way, so that every weight is in place; a second one does not wait."""

    def __init__(self) -> None:
        self.is_pending = False
        self.previous: Any = None

    def __enter__(self) -> _Interrupts:
        if threading.current_thread() is threading.main_thread():
            self.previous = signal.getsignal(signal.SIGINT)
            if callable(self.previous):
                signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, number: int, frame: Any) -> None:
        if self.is_pending:
            self.previous(number, frame)
        self.is_pending = True

    def check(self) -> None:
        """Raises KeyboardInterrupt if one is due."""
        if self.is_pending:
            raise KeyboardInterrupt

    def __exit__(self, *_: Any) -> None:
        if callable(self.previous):
            signal.signal(signal.SIGINT, self.previous)


# ---------------------------------------------------------------------------------------------- what is checked first


def _build_for(model: Any, x: Any) -> None:
    arrays.check_is_whole(x)
    if x is not None:
        model.build_for(x)


def _compiled(model: Any, wanted: str, x: Any) -> Compiled:
    if model.compiled is None:
        raise ValueError(
            errors.explain(
                f"{model} cannot {wanted} before it is compiled.", "Call model.compile(optimizer=…, loss=…) first."
            )
        )
    _build_for(model, x)
    return model.compiled


def _read(
    compiled: Compiled, model: Any, step: str, x: Any, y: Any, sample_weight: Any, class_weight: Any = None
) -> Arrays:
    """Returns the data of a model, as its own step takes them if it has one of this name."""
    if step in model.own_steps:
        return own_steps.read(model, x, y, sample_weight, class_weight)
    return arrays.read(model, compiled.objective_of(model), x, y, sample_weight, class_weight)


def _program(compiled: Compiled, model: Any, data: Arrays) -> Program | Steps:
    """Returns the program for these data, made once and kept."""
    if isinstance(data, Packed):
        return compiled.steps_for(model, data.structures)
    return compiled.program_for(model, tuple(None if one is None else tuple(one.shape[1:]) for one in data.targets))


def _learner(compiled: Compiled, model: Any, data: Arrays) -> Program | Steps:
    """Returns the program to train with, unless it is clear that there is nothing to minimise."""
    program = _program(compiled, model, data)
    if not program.may_have_loss:
        raise no_loss()
    return program


def _checked_batch(batch_size: int | None, examples: int, steps: int | None) -> int:
    _check_counts(batch_size=batch_size)
    if batch_size is None:
        return _BATCH if steps is None else -(-examples // steps)
    return int(batch_size)


def _check_counts(at_least: int = 1, **counts: Any) -> None:
    for name, count in counts.items():
        is_integer = isinstance(count, int | np.integer) and not isinstance(count, bool)
        if count is not None and not (is_integer and count >= at_least):
            wanted = "a positive integer" if at_least == 1 else f"an integer of {at_least} or more"
            raise ValueError(errors.explain(f"{name} must be {wanted}, got {count!r}."))


def _build_for_validation(model: Any, given: Any) -> None:
    if not isinstance(given, list | tuple) or len(given) not in (2, 3):
        raise ValueError(
            errors.explain(f"validation_data must be (x, y) or (x, y, sample_weight), got {errors.described(given)}.")
        )
    with _in_validation_data():
        _build_for(model, given[0])


def _validation(compiled: Compiled, model: Any, given: Any) -> Arrays:
    with _in_validation_data():
        x, y, sample_weight = asked.unpacked(tuple(given))
        return _read(compiled, model, "test_step", x, y, sample_weight)


@contextlib.contextmanager
def _in_validation_data() -> Iterator[None]:
    try:
        yield
    except (TypeError, ValueError) as error:
        error.add_note("  In validation_data.")
        raise


def _split(data: Arrays, whole: Arrays, fraction: float) -> tuple[Arrays, Arrays]:
    if not (isinstance(fraction, float | int | np.number) and 0 < fraction < 1):
        is_percent = isinstance(fraction, float | int) and 1 < fraction < 100
        raise ValueError(
            errors.explain(
                f"validation_split is a fraction between 0 and 1, got {fraction!r}.",
                f"For {fraction} percent: validation_split={fraction / 100}." if is_percent else None,
            )
        )
    at = int(np.floor(data.examples * (1.0 - fraction)))
    if at == 0 or at == data.examples:
        left = "to train on" if at == 0 else "to validate on"
        raise ValueError(
            errors.explain(
                f"validation_split={fraction} of {errors.counted(data.examples, 'sample')} leaves nothing {left}."
            )
        )
    return data.part(0, at), whole.part(at, data.examples)


def _is_due(frequency: int | list[int], epoch: int, epochs: int) -> bool:
    number = epoch + 1
    return number % frequency == 0 if isinstance(frequency, int) else number in frequency


def _report_bad_step(logs: Any, epoch: int) -> bool:
    """Warns of the first step whose loss was no number."""
    step = int(logs["first_bad_step"])
    if step >= 0:
        warnings.warn(
            f"The loss became NaN or infinite at training step {step + 1}, in epoch {epoch + 1}. "
            "Look for NaN in the data, a learning rate that is too high, "
            "or a log or division by zero in a loss of your own.",
            UserWarning,
            stacklevel=6,
        )
    return step >= 0


def _returned(numbers: dict[str, float], as_dict: bool) -> Any:
    if as_dict:
        return numbers
    values = list(numbers.values())
    return values[0] if len(values) == 1 else values


def _padded(part: Arrays, batch: int) -> list[Any]:
    """Returns inputs of one of a few sizes, so that predicting compiles for few: a power of two, or the batch size."""
    missing = min(batch, 1 << (part.examples - 1).bit_length()) - part.examples
    if not missing:
        return part.inputs
    return [np.concatenate([array, np.repeat(array[:1], missing, axis=0)]) for array in map(np.asarray, part.inputs)]


def _lengthened(array: Any, rows: int) -> np.ndarray:
    """Returns the array with rows of 0 at the end, so that it has as many as this."""
    array = np.asarray(array)
    missing = rows - len(array)
    return np.concatenate([array, np.zeros((missing, *array.shape[1:]), array.dtype)]) if missing else array


def _fetched(outputs: list[Any], examples: int | None) -> list[np.ndarray]:
    # A copy: on the CPU np.asarray would only borrow the device's memory, and could not be written to.
    return [np.array(output)[:examples] for output in outputs]
