"""One run over data: dispatches of a program, with the hooks of callbacks around each."""

from __future__ import annotations

import warnings
from typing import Any

import jax

from plait.training.checkpoints.checkpoint import Keeper
from plait.training.checkpoints.state import Position
from plait.training.feed.arrays import Arrays
from plait.training.feed.batches import Batches
from plait.training.feed.placed import Dispatch, Placed
from plait.training.feed.stream import Stream
from plait.training.interrupts import Interrupts
from plait.training.program import Program
from plait.training.reading import Reading
from plait.training.steps import Steps


class Run:
    """A program, and the data that it goes over."""

    def __init__(
        self,
        program: Program | Steps,
        data: Arrays | Batches,
        batch: int,
        per_dispatch: int | str,
        for_training: bool,
    ) -> None:
        self.program = program
        self.feed: Any = (
            Stream(program, data, for_training)
            if isinstance(data, Batches)
            else Placed(program, data, batch, per_dispatch, for_training)
        )
        self.has_reported = False
        # How far training is.
        self.position = Position(0, 0, None)

    def train(
        self,
        steps: int | None,
        seed: int,
        shuffle: Any,
        callbacks: Any,
        interrupts: Interrupts,
        position: Position,
        keeper: Keeper | None,
    ) -> dict[str, float]:
        """Makes the steps of one epoch, from where the last one stopped in the data, and returns the logs.

        Args: steps: None for as many as there are batches, where only their end says how many that is.
              position: where the epoch is to go on; at its beginning, as a rule.
        """
        program, feed, (epoch, done, logs) = self.program, self.feed, position
        logs = program.start_logs() if logs is None else logs
        self.position = position
        left = None if steps is None else steps - done
        if callbacks.stop_training:
            # There are no means of no steps: as in Keras, one is made in the epoch that was ended when it began.
            left = 1 if left is None else min(left, 1)
        for dispatch in feed.epoch(left, shuffle, seed, callbacks.wants_batches, interrupts.check):
            made = range(done, done + dispatch.steps)
            for step in made if callbacks.wants_batches else ():
                callbacks.on_train_batch_begin(step)
            with feed.clock.timed(dispatch.steps, callbacks):
                logs, ticket = program.train(logs, *_arguments(dispatch), seed, dispatch.padded)
                # Before anything can be raised: from here on there is no way back.
                self.position = Position(epoch, made.stop, logs)
                jax.block_until_ready(feed.awaited(ticket))
            read = Reading(program, logs, ticket)
            done = made.stop
            for step in made if callbacks.wants_batches else ():
                callbacks.on_train_batch_end(step, read())
            callbacks.on_progress(done, steps or feed.total, dispatch.samples, read)
            if keeper:
                keeper.after_dispatch(self.position)
            interrupts.check()
            if callbacks.stop_training:
                break
        self.has_reported = self.has_reported or _report_bad_step(logs, epoch)
        return program.results(logs)

    def test(self, steps: int | None, callbacks: Any) -> dict[str, float]:
        """Measures so many batches, or all, and returns the logs; none if no batch came."""
        program, feed, done, logs = self.program, self.feed, 0, self.program.start_logs()
        for dispatch in feed.test(steps, callbacks.wants_test_batches):
            made = range(done, done + dispatch.steps)
            for step in made if callbacks.wants_test_batches else ():
                callbacks.on_test_batch_begin(step)
            with feed.clock.timed(dispatch.steps, callbacks):
                logs, ticket = program.test(logs, *_arguments(dispatch), dispatch.padded)
                jax.block_until_ready(feed.awaited(ticket))
            read = Reading(program, logs, ticket)
            done = made.stop
            for step in made if callbacks.wants_test_batches else ():
                callbacks.on_test_batch_end(step, read())
            callbacks.on_test_progress(done, feed.bounded(steps) or feed.total, dispatch.samples, read)
        return program.results(logs) if done else {}


class Validation:
    """Measures held-out data, with the hooks of a test around it."""

    def __init__(self, run: Run, steps: int | None, callbacks: Any) -> None:
        self.run = run
        self.steps = steps
        self.callbacks = callbacks

    def __call__(self) -> dict[str, float]:
        """Returns what is measured."""
        self.callbacks.on_test_begin()
        logs = self.run.test(self.steps, self.callbacks)
        self.callbacks.on_test_end(logs)
        return logs


def _arguments(dispatch: Dispatch) -> tuple[Any, Any, int, int, int, int]:
    return dispatch.data, dispatch.order, dispatch.start, dispatch.stop, dispatch.batch, dispatch.examples


def _report_bad_step(logs: Any, epoch: int) -> bool:
    """Warns of the first step whose loss was no number."""
    step = int(logs["first_bad_step"]) if logs is not None else -1
    if step >= 0:
        warnings.warn(
            f"The loss became NaN or infinite at training step {step + 1}, in epoch {epoch + 1}. "
            "Look for NaN in the data, a learning rate that is too high, "
            "or a log or division by zero in a loss of your own.",
            UserWarning,
            stacklevel=6,
        )
    return step >= 0
