"""How batches are predicted: one by one, or many quick ones in one dispatch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from plait.training import steps as own_steps
from plait.training.clock import Clock
from plait.training.feed import arrays
from plait.training.feed.arrays import Arrays, filled
from plait.training.feed.batches import Batches
from plait.training.given import Given
from plait.training.program import Program

# Batches whose prediction takes no longer than this, most of it for their dispatch, are predicted many at a time: in
# loops of so many batches, and so many bytes of inputs and outputs, at most. The compilation of a loop takes about as
# long as the dispatches of so many batches alone, and has to wait for these.
_QUICK_SECONDS = 0.25e-3
_LOOP_BATCHES = 128
_LOOP_BYTES = 8 << 20
_ALONE_BEFORE_LOOPS = 800


class Prediction:
    """Data on the host, and a program that predicts them: batch by batch, or many quick batches in one dispatch."""

    def __init__(self, program: Program, data: Arrays, batch: int, steps: int | None) -> None:
        self.program = program
        self.data = data
        self.batch = batch
        self.clock = Clock(overlaps=True)
        # How many batches a loop is compiled for; known once a batch was predicted.
        self.batches = 1
        self.whole_steps = data.examples // batch
        self.total = data.steps(batch) if steps is None else min(steps, data.steps(batch))

    def parts(self, one_by_one: bool) -> Iterator[range]:
        """Yields the numbers of the batches of each dispatch."""
        done = 0
        while done < self.total:
            stop = done + (1 if one_by_one else self.length(done, self.total))
            yield range(done, stop)
            done = stop

    def length(self, done: int, end: int) -> int:
        """Returns how many batches the next dispatch is to have: one, or as many as a loop has, or the rest."""
        left = min(end, self.whole_steps) - done
        is_quick = self.clock.seconds_per_step is not None and self.clock.seconds_per_step <= _QUICK_SECONDS
        is_worth_it = self.program.predicted_alone >= _ALONE_BEFORE_LOOPS and 2 * left >= self.batches > 1
        return min(left, self.batches) if is_quick and is_worth_it and not self.program.steps_alone else 1

    def samples(self, numbers: range) -> int:
        """Returns how many samples these batches have."""
        return min(numbers.stop * self.batch, self.data.examples) - numbers.start * self.batch

    def dispatch(self, numbers: range) -> tuple[list[Any], int | None]:
        """Returns the outputs of these batches, and how many of their rows are real; None if all are."""
        start, stop = numbers.start, numbers.stop
        is_all = start == 0 and stop * self.batch >= self.data.examples
        part = self.data if is_all else self.data.part(start * self.batch, stop * self.batch)
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


class StreamedPrediction:
    """Batches as they come, and a program that predicts them one by one, the smaller ones in the size of the others."""

    def __init__(self, program: Program, batches: Batches, steps: int | None) -> None:
        self.program = program
        self.batches = batches
        self.clock = Clock(overlaps=True)
        self._steps = steps
        self._largest = 0
        self._current: Any = None

    @property
    def total(self) -> int | None:
        """How many batches are to be predicted, once that is known."""
        return self._steps or self.batches.total

    def parts(self, one_by_one: bool) -> Iterator[range]:
        """Yields the number of each batch, once it is there."""
        over = self.batches.over(self._steps, lambda: None, lambda: (False, 0, 0))
        for number, data in enumerate(over):
            self._current = data
            yield range(number, number + 1)

    def samples(self, numbers: range) -> int:
        """Returns how many samples the batch has that came last."""
        return self._current.examples

    def dispatch(self, numbers: range) -> tuple[list[Any], int | None]:
        """Returns the outputs of the batch that came last, and how many of their rows are real; None if all are."""
        data: Arrays = self._current
        if self.program.mixes_in_testing:
            return self.program.predict(data.inputs), None
        self._largest = max(self._largest, data.examples)
        inputs = data.inputs
        if data.examples < self._largest:
            inputs = [filled(array, self._largest) for array in inputs]
        return self.program.predict(inputs), data.examples


def predictor(model: Any) -> Program:
    """Returns the program that predicts, which needs no compile(); made once and kept by the model."""
    if model.predict_program is None or model.predict_program[0] is not model.computation:
        model.predict_program = (model.computation, Program(model, None, None, frozenset()))
    return model.predict_program[1]


def at_once(model: Any, x: Any, batch: int) -> list[np.ndarray] | None:
    """Returns the outputs for data that are one small batch, given just as the inputs were declared; None for others.

    Where a prediction takes a twentieth of a millisecond, asking what else the data could be takes as long.
    """
    if model.has_keras_call or model.shape_source != "user" or "predict_step" in model.own_steps:
        return None
    if model.graph.before.steps:
        return None
    inputs = arrays.as_declared(model, x)
    if inputs is None:
        return None
    examples = len(inputs[0])
    if not 0 < examples == _size(examples, batch) or any(len(array) != examples for array in inputs):
        return None
    arrays.check_values(model, inputs)
    with Clock().timed(1):
        return fetched(predictor(model).predict(inputs), None)


def predicting(model: Any, predicted_on: Given) -> tuple[Program, Arrays | Batches]:
    """Returns the program that predicts by the model's `predict_step`, and the data as that takes them."""
    predicted_on.build(model)
    if "predict_step" not in model.own_steps:
        return predictor(model), predicted_on.read(model, lambda x, *_: arrays.read(model, None, x))
    data: Any = predicted_on.read(model, lambda x, *_: own_steps.read(model, x, None, None, None))
    first: Any = data.first if isinstance(data, Batches) else data
    structure = first.structures[0]
    kept = model.predict_step_program
    if kept is None or kept[0] is not model.computation or kept[1].structure != structure:
        step = own_steps.PredictStep(model, structure)
        program = Program(model, None, None, frozenset(), predict_step=step)
        kept = model.predict_step_program = (model.computation, step, program)
    return kept[2], data


def predicted_structure(model: Any, program: Program) -> Any:
    """Returns the structure of what a program predicted; of a `predict_step` it is known once that was traced."""
    kept = model.predict_step_program
    return kept[1].returned if kept is not None and kept[2] is program else model.output_structure


def of(program: Program, data: Arrays | Batches, batch: int, steps: int | None) -> Prediction | StreamedPrediction:
    """Returns the prediction of so many batches, or of all."""
    if isinstance(data, Batches):
        return StreamedPrediction(program, data, steps)
    return Prediction(program, data, batch, steps)


def fetched(outputs: list[Any], examples: int | None) -> list[np.ndarray]:
    """Returns the real rows of outputs on the host."""
    # A copy: on the CPU np.asarray would only borrow the device's memory, and could not be written to.
    return [np.array(output)[:examples] for output in outputs]


def _size(examples: int, batch: int) -> int:
    """Returns one of a few sizes, so that predicting compiles for few: a power of two, or the batch size."""
    return min(batch, 1 << (examples - 1).bit_length())


def _padded(part: Arrays, batch: int) -> list[Any]:
    rows = _size(part.examples, batch)
    return part.inputs if rows == part.examples else [filled(array, rows) for array in part.inputs]


def _lengthened(array: Any, rows: int) -> np.ndarray:
    """Returns the array with rows of 0 at the end, so that it has as many as this."""
    array = np.asarray(array)
    missing = rows - len(array)
    return np.concatenate([array, np.zeros((missing, *array.shape[1:]), array.dtype)]) if missing else array
