"""Callbacks in the same training by Plait and by genuine Keras."""

import csv

import numpy as np
import pytest

import plait
from tests.genuine import genuine_keras

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(12, 2)).astype("float32")
Y = X @ np.array([[1.0], [-2.0]], "float32") + RANDOM.normal(size=(12, 1)).astype("float32")


def halved(epoch, rate):
    return rate if epoch < 2 else rate / 2


CALLBACKS = {
    "ReduceLROnPlateau": lambda has: [has.ReduceLROnPlateau("val_loss", factor=0.5, patience=1, min_delta=0.02)],
    "LearningRateScheduler": lambda has: [has.LearningRateScheduler(halved)],
    "both": lambda has: [has.LearningRateScheduler(halved), has.ReduceLROnPlateau("loss", patience=2, min_delta=0.5)],
    "neither": lambda has: [],
}


def train(library, callbacks, path, **arguments):
    """Returns the history of a small regression, whose logs also go to a file, and the learning rate at its end."""
    model = library.Sequential([library.Input((2,)), library.layers.Dense(1)])
    model.compile(library.optimizers.SGD(0.2), "mse", metrics=["mae"])
    model.set_weights([np.array([[0.5], [0.5]], "float32"), np.zeros(1, "float32")])
    log = library.callbacks.CSVLogger(path)
    history = model.fit(X, Y, batch_size=4, epochs=6, verbose=0, shuffle=False,
                        callbacks=[*callbacks(library.callbacks), log], **arguments)  # fmt: skip
    with open(path, newline="") as file:
        header, *rows = csv.reader(file)
    return history.history, header, rows, float(np.asarray(model.optimizer.learning_rate))


@pytest.mark.first_rows(2)
@pytest.mark.parametrize("callbacks", CALLBACKS.values(), ids=CALLBACKS)
def test_logs_and_rates_are_those_of_keras(callbacks, tmp_path):
    arguments = {"validation_data": (X[:6], Y[:6])}
    history, header, rows, rate = train(plait, callbacks, tmp_path / "ours.csv", **arguments)
    with genuine_keras() as keras:
        theirs = train(keras, callbacks, tmp_path / "theirs.csv", **arguments)

    assert sorted(history) == sorted(theirs[0])
    for name, values in theirs[0].items():
        np.testing.assert_allclose(history[name], values, rtol=1e-4, err_msg=name)
    assert header == theirs[1]
    np.testing.assert_allclose(np.array(rows, float), np.array(theirs[2], float), rtol=1e-4)
    assert rate == pytest.approx(theirs[3])


def test_the_file_of_a_run_without_validation_has_the_columns_of_keras(tmp_path):
    _, header, rows, _ = train(plait, CALLBACKS["LearningRateScheduler"], tmp_path / "ours.csv")
    with genuine_keras() as keras:
        _, their_header, their_rows, _ = train(keras, CALLBACKS["LearningRateScheduler"], tmp_path / "theirs.csv")

    assert header == their_header
    assert [[cell == "NA" for cell in row] for row in rows] == [[cell == "NA" for cell in row] for row in their_rows]
