"""Callbacks that set or show the learning rate do so for each optimizer of a model that has several."""

import numpy as np
import pytest

import plait
from plait.callbacks import LambdaCallback, LearningRateScheduler, ReduceLROnPlateau, SwapEMAWeights, TensorBoard
from tests.genuine import genuine_keras

X = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 1.0]], "float32")
Y = X.sum(axis=1, keepdims=True)

CALLBACKS = {
    "LearningRateScheduler": lambda has: has.LearningRateScheduler(lambda epoch, rate: rate / 2, verbose=1),
    "ReduceLROnPlateau": lambda has: has.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=99, verbose=1),
}


def train(library, callbacks, **arguments):
    """Returns what was logged of a model whose kernel and bias have an optimizer each."""
    model = library.Sequential([library.Input((2,)), library.layers.Dense(1)])
    kernel = library.optimizers.SGD(0.25, name="slow", **arguments)
    bias = library.optimizers.SGD(0.5, name="fast", **arguments)
    model.compile(library.optimizers.MultiOptimizer(lambda weight: kernel if weight.name == "kernel" else bias), "mse")
    model.set_weights([np.zeros((2, 1), "float32"), np.zeros(1, "float32")])
    return model, model.fit(X, Y, batch_size=4, epochs=3, verbose=0, callbacks=callbacks).history


@pytest.mark.parametrize("callback", CALLBACKS.values(), ids=CALLBACKS)
def test_rates_and_messages_are_those_of_keras(callback, capsys):
    _, ours = train(plait, [callback(plait.callbacks)])
    our_words = capsys.readouterr().out
    with genuine_keras() as keras:
        _, theirs = train(keras, [callback(keras.callbacks)])

    assert sorted(ours) == sorted(theirs) == ["learning_rate_fast", "learning_rate_slow", "loss"]
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name], values, rtol=1e-5)
    words = [sorted(line for line in text.splitlines() if line) for text in (our_words, capsys.readouterr().out)]
    assert words[0] == words[1] != []


def test_tensorboard_and_averages_go_with_several(tmp_path):
    steps = []
    look = LambdaCallback(on_train_batch_end=lambda *_: steps.append(look.model.get_weights()[0]))

    model, _ = train(plait, [TensorBoard(tmp_path), SwapEMAWeights(True), look], use_ema=True, ema_momentum=0.5)

    assert len(steps) == 3
    np.testing.assert_allclose(model.get_weights()[0], steps[0] / 4 + steps[1] / 4 + steps[2] / 2, rtol=1e-5)


def test_inside_a_loss_scale_too(tmp_path):
    model, _ = train(plait, [])
    model.compile(plait.optimizers.LossScaleOptimizer(model.optimizer), "mse")
    halving, board = LearningRateScheduler(lambda epoch, rate: rate / 2), TensorBoard(tmp_path)

    history = model.fit(X, Y, verbose=0, callbacks=[halving, ReduceLROnPlateau("loss"), board]).history

    assert (history["learning_rate_slow"], history["learning_rate_fast"]) == ([0.125], [0.25])
