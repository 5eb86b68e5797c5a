"""Limits of a run that are set for the whole process."""

import os
import subprocess
import sys

import numpy as np
import pytest

from plait import Sequential, callbacks, config, layers

X, Y = np.ones((20, 3), "float32"), np.ones((20, 1), "float32")


@pytest.fixture(autouse=True)
def limits():
    """Sets two epochs and three steps, for one test."""
    config.set_max_epochs(2)
    config.set_max_steps_per_epoch(3)
    yield
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)


class Counts(callbacks.Callback):
    def __init__(self):
        self.steps = {"train": [], "test": [], "predict": []}

    def on_train_batch_end(self, batch, logs=None):
        self.steps["train"].append(batch)

    def on_test_batch_end(self, batch, logs=None):
        self.steps["test"].append(batch)

    def on_predict_batch_end(self, batch, logs=None):
        self.steps["predict"].append(batch)


@pytest.fixture
def model():
    model = Sequential([layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def batches(count=10, endless=False):
    while True:
        for number in range(count):
            yield X[2 * number : 2 * number + 2], Y[2 * number : 2 * number + 2]
        if not endless:
            return


class Again:
    """Gives ten batches, and can be gone over again."""

    def __iter__(self):
        return batches()


DATA = {
    "arrays": lambda: {"x": X, "y": Y, "batch_size": 2},
    "what can be gone over again": lambda: {"x": Again()},
    "a generator without end": lambda: {"x": batches(endless=True)},
}


@pytest.mark.parametrize("kind", DATA)
def test_a_fit_has_no_more_epochs_and_steps(model, kind):
    counts = Counts()

    held_out = {"validation_data": (X, Y), "validation_batch_size": 2}
    history = model.fit(**DATA[kind](), epochs=5, **held_out, callbacks=counts, verbose=0)

    assert history.epoch == [0, 1]
    assert counts.steps["train"] == counts.steps["test"] == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize("kind", DATA)
def test_an_evaluation_and_a_prediction_have_no_more_steps(model, kind):
    counts = Counts()
    model.evaluate(**DATA[kind](), callbacks=counts, verbose=0)
    given = {name: value for name, value in DATA[kind]().items() if name != "y"}

    predicted = model.predict(**given, callbacks=counts, verbose=0)

    assert (counts.steps["test"], counts.steps["predict"], len(predicted)) == ([0, 1, 2], [0, 1, 2], 6)


def test_what_is_within_the_limits_is_as_ever(model):
    counts = Counts()

    history = model.fit(X, Y, batch_size=10, epochs=1, callbacks=counts, verbose=0)

    assert (history.epoch, counts.steps["train"]) == ([0], [0, 1])


def test_the_size_of_a_batch_does_not_depend_on_a_limit(model):
    counts = Counts()

    model.fit(X, Y, steps_per_epoch=10, epochs=1, callbacks=counts, verbose=0)

    assert model.history.params["samples"] == 20
    assert counts.steps["train"] == [0, 1, 2]


def test_the_environment_sets_them_as_it_does_for_keras():
    program = "from plait import config; print(config.max_epochs(), config.max_steps_per_epoch())"
    environment = {**os.environ, "KERAS_MAX_EPOCHS": "4", "KERAS_MAX_STEPS_PER_EPOCH": "5"}

    done = subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True)

    assert done.stdout.split() == ["4", "5"]


@pytest.mark.parametrize("limit", [0, -1, 2.5, True, "3"])
def test_what_is_no_limit_is_refused(limit):
    with pytest.raises(ValueError, match="max_epochs is a positive integer, or None for no limit, got"):
        config.set_max_epochs(limit)
    with pytest.raises(ValueError, match="max_steps_per_epoch is a positive integer"):
        config.set_max_steps_per_epoch(limit)
    assert (config.max_epochs(), config.max_steps_per_epoch()) == (2, 3)
