"""Callbacks in real training."""

import io
import re
import sys

import numpy as np
import pytest

import plait
from plait import Input, Sequential, layers
from plait.callbacks import Callback, EarlyStopping, LambdaCallback
from tests.genuine import genuine_keras


@pytest.fixture
def model():
    model = Sequential([Input((2,)), layers.Dense(1, use_bias=False)])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


X = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 1.0]], "float32")
Y = X.sum(axis=1, keepdims=True)


KINDS = ("train", "test", "predict", "epoch", "train_batch", "test_batch", "predict_batch")


def diary_of(base):
    """Returns a callback that writes down every hook with its number."""

    def entry_for(hook):
        return lambda self, *numbers, logs=None: self.entries.append(
            (hook, *(n for n in numbers if isinstance(n, int)))
        )

    hooks = [f"on_{kind}_{moment}" for kind in KINDS for moment in ("begin", "end")]
    diary = type("Diary", (base,), {hook: entry_for(hook) for hook in hooks})()
    diary.entries = []
    return diary


def use(model, diary):
    """Calls everything that has hooks."""
    model.fit(X, Y, batch_size=2, epochs=2, verbose=0, validation_data=(X, Y), callbacks=[diary])
    model.evaluate(X, Y, batch_size=2, verbose=0, callbacks=[diary])
    model.predict(X, batch_size=2, verbose=0, callbacks=[diary])
    return diary.entries


def test_hooks_are_called_in_the_order_of_keras(model):
    ours = use(model, diary_of(Callback))

    with genuine_keras() as keras:
        theirs = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        theirs.compile("sgd", "mse", jit_compile=False)
        expected = use(theirs, diary_of(keras.callbacks.Callback))

    assert ours == expected


def test_weights_assigned_in_a_batch_hook_are_those_of_the_next_step(model):
    kernel = model.layers[0].kernel

    class Reset(Callback):
        def on_train_batch_begin(self, batch, logs=None):
            kernel.assign([[1.0], [1.0]])

    history = model.fit(X, Y, batch_size=1, epochs=2, verbose=0, callbacks=Reset())

    # The weights put in solve the task exactly: no step sees a loss, or moves them.
    assert history.history["loss"] == [0.0, 0.0]


def test_a_batch_hook_can_stop_training(model):
    steps = []

    def stop(batch, logs):
        steps.append(batch)
        model.stop_training = batch == 1

    history = model.fit(X, Y, batch_size=1, epochs=3, verbose=0, callbacks=LambdaCallback(on_train_batch_end=stop))

    assert steps == [0, 1]
    assert history.epoch == [0]


def ended_when_it_begins(library, also=()):
    """Returns epochs, losses and weights of a run whose second epoch is ended by the hook that begins it."""
    model = library.Sequential([library.Input((2,)), library.layers.Dense(1, use_bias=False)])
    model.compile("sgd", "mse")
    model.set_weights([np.array([[3.0], [-2.0]], "float32")])
    stop = library.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: setattr(model, "stop_training", epoch == 1)
    )
    history = model.fit(X, Y, batch_size=1, epochs=4, shuffle=False, verbose=0, callbacks=[*also, stop])
    return history.epoch, history.history["loss"], model.get_weights()[0]


def test_an_epoch_ended_when_it_begins_has_one_step_as_in_keras():
    epochs, losses, weights = ended_when_it_begins(plait)
    with genuine_keras() as keras:
        their_epochs, their_losses, their_weights = ended_when_it_begins(keras)

    assert epochs == their_epochs == [0, 1]
    np.testing.assert_allclose(losses, their_losses, rtol=1e-5)
    np.testing.assert_allclose(weights, their_weights, rtol=1e-5)


def test_its_hooks_are_those_of_keras_too():
    ours = diary_of(Callback)
    ended_when_it_begins(plait, [ours])

    with genuine_keras() as keras:
        theirs = diary_of(keras.callbacks.Callback)
        ended_when_it_begins(keras, [theirs])

    assert ours.entries == theirs.entries


def test_early_stopping_puts_the_best_weights_back(model):
    weights = []
    worse = LambdaCallback(
        on_epoch_end=lambda epoch, logs: (weights.append(model.get_weights()), logs.update(loss=float(epoch != 1)))
    )

    history = model.fit(
        X, Y, epochs=9, verbose=0, callbacks=[worse, EarlyStopping("loss", patience=2, restore_best_weights=True)]
    )

    assert history.epoch == [0, 1, 2, 3]
    np.testing.assert_array_equal(model.get_weights()[0], weights[1][0])


def test_the_bar_ends_with_the_numbers_that_are_returned(model, monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())

    history = model.fit(X, Y, batch_size=2, epochs=2, validation_data=(X, Y)).history
    measured = model.evaluate(X, Y, return_dict=True)

    shown = [
        {name: float(number) for name, number in re.findall(r"(\w+): ([\d.e+-]+)", line)}
        for line in sys.stdout.getvalue().splitlines()
        if "/step" in line
    ]
    returned = [{name: values[epoch] for name, values in history.items()} for epoch in (0, 1)] + [measured]
    assert [list(numbers) for numbers in shown] == [list(numbers) for numbers in returned]
    for ours, theirs in zip(shown, returned, strict=True):
        assert list(ours.values()) == [float(f"{value:.4f}") for value in theirs.values()]
