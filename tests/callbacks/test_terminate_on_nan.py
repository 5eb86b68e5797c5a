import numpy as np
import pytest

import plait
from plait.callbacks import CallbackList, TerminateOnNaN
from tests.genuine import genuine_keras

X = np.ones((12, 2), "float32")
Y = np.ones((12, 1), "float32")


def diverging(library):
    """Returns a model whose loss is finite in its first step, and infinite in its second."""
    model = library.Sequential([library.Input((2,)), library.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(library.optimizers.SGD(1e30), "mse", steps_per_execution=1)
    return model


def fit(model, callback):
    return model.fit(X, Y, batch_size=3, epochs=2, verbose=0, callbacks=[callback])


def test_training_ends_at_the_batch_of_keras_with_its_words(capsys):
    with pytest.warns(UserWarning, match="at training step 2, in epoch 1"):
        ours = fit(diverging(plait), TerminateOnNaN())
    our_words = capsys.readouterr().out

    with genuine_keras() as keras:
        theirs = fit(diverging(keras), keras.callbacks.TerminateOnNaN())

    assert ours.epoch == theirs.epoch == [0]
    assert our_words == capsys.readouterr().out == "Batch 1: Invalid loss, terminating training\n"


def test_it_may_raise():
    with pytest.raises(RuntimeError, match="NaN or Inf loss encountered at batch 1: the loss is inf"):
        fit(diverging(plait), TerminateOnNaN(raise_error=True))


def test_it_leaves_the_steps_in_their_dispatches():
    assert not CallbackList(TerminateOnNaN()).wants_batches


def test_a_finite_loss_and_a_prediction_are_left_alone():
    model = diverging(plait)
    model.optimizer.learning_rate = 0.01

    assert fit(model, TerminateOnNaN()).epoch == [0, 1]
    assert model.predict(X, verbose=0, callbacks=[TerminateOnNaN()]).shape == (12, 1)
