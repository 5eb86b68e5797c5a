"""The logs as they are fetched on the way: the numbers of the steps so far, for which no step waits."""

import io
import sys
import types

import numpy as np
import pytest

from plait import Model
from plait.callbacks import Callback, bar
from plait.training.program import Program
from plait.training.reading import Nothing, Reading
from tests.training.feed.data import Again, X, Y, network


class OwnSteps(Model):
    def train_step(self, data):
        x, y = data
        loss, gradients = self.value_and_grad(lambda: self.compute_loss(x, y, self(x, training=True)))
        self.optimizer.apply(gradients, self.trainable_weights)
        return {"loss": loss, "twice": 2 * loss}


def own_steps():
    model = network()
    made = OwnSteps(model.inputs, model.outputs)
    made.compile("sgd", "mse")
    return made


class Reads(Callback):
    """Has the logs of each dispatch fetched meanwhile, to look when all is over, and reads them at once."""

    def __init__(self):
        self.later, self.now = [], []

    def on_progress(self, done, total, samples, read_logs):
        self.later.append(read_logs.later())
        self.now.append(read_logs())

    on_test_progress = on_progress


ARRAYS = {"x": X, "y": Y, "batch_size": 8}
USES = {
    "fit": lambda: (network(steps_per_execution=1).fit, ARRAYS),
    "fit with batches": lambda: (network().fit, {"x": Again()}),
    "fit with steps of one's own": lambda: (own_steps().fit, ARRAYS),
    "evaluate": lambda: (network(steps_per_execution=1).evaluate, ARRAYS),
    "predict": lambda: (network().predict, {"x": X, "batch_size": 8}),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_numbers_that_are_looked_at_later_are_those_of_their_step(use):
    reads = Reads()
    method, given = use()

    method(**given, verbose=0, callbacks=[reads])

    assert len(reads.now) == 3
    assert [look() for look in reads.later] == reads.now


class OnDevice:
    """An array that is there when we say so."""

    is_there = False

    def is_ready(self):
        return self.is_there


def reading(measured, ticket):
    program = types.SimpleNamespace(measured=lambda logs: [measured], numbers=lambda measured: {"loss": 1.0})
    return Reading(program, None, ticket)


def test_nothing_is_given_as_long_as_the_dispatch_is_under_way():
    measured = OnDevice()
    look = reading(measured, OnDevice()).later()
    assert look() is None

    measured.is_there = True

    assert look() == {"loss": 1.0}


def test_numbers_of_a_dispatch_that_is_done_are_given_at_once():
    ticket = OnDevice()
    ticket.is_there = True

    assert reading(OnDevice(), ticket).later()() == {"loss": 1.0}


def test_where_nothing_is_logged_there_are_no_numbers():
    assert Nothing()() == Nothing().later()() == {}


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_that_is_drawn_after_each_step_lets_none_of_them_wait(monkeypatch):
    waited = []
    results = Program.results
    monkeypatch.setattr(Program, "results", lambda program, logs: waited.append(1) or results(program, logs))
    monkeypatch.setattr(bar, "INTERVAL", 0.0)
    monkeypatch.setattr(sys, "stdout", Terminal())

    network().fit(Again(), epochs=2)

    # What an epoch returns is waited for.
    assert len(waited) == 2
    assert sys.stdout.getvalue().count("loss: ") > 2


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"x": X, "y": Y, "batch_size": 8}, [8, 8, 6]),
        ({"x": Again([(X[:rows], Y[:rows]) for rows in (8, 5, 8, 1)])}, [8, 5, 8, 1]),
    ],
    ids=["arrays", "batches of several sizes"],
)
@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_progress_is_told_how_many_samples_a_dispatch_really_had(method, given, expected):
    seen = []
    told = Callback()
    told.on_progress = told.on_test_progress = lambda done, total, samples, read_logs: seen.append(samples)

    getattr(network(steps_per_execution=1), method)(**given, verbose=0, callbacks=[told])

    assert seen == expected


def test_a_dispatch_of_many_steps_has_the_samples_of_all(monkeypatch):
    seen = []
    told = Callback()
    told.on_progress = lambda done, total, samples, read_logs: seen.append(samples)

    network(steps_per_execution=10).fit(
        np.tile(X, (3, 1)), np.tile(Y, (3, 1)), batch_size=8, verbose=0, callbacks=[told]
    )

    assert sum(seen) == 66
