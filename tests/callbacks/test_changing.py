"""A callback may change the weights and the learning rate, end training, and fail, at any hook."""

import numpy as np
import pytest

from plait import Input, Sequential, backend, layers, optimizers
from plait.callbacks import EarlyStopping, LambdaCallback, ReduceLROnPlateau

X = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 1.0]], "float32")
SOLUTION = np.array([[1.0], [1.0]], "float32")
Y = X @ SOLUTION
START = np.array([[3.0], [-2.0]], "float32")
RATE = 0.1

# How many steps, of 2 in an epoch, were made when a hook is first called.
STEPS_BEFORE = {"on_epoch_begin": 0, "on_train_batch_end": 1, "on_test_end": 2, "on_epoch_end": 2}


@pytest.fixture(scope="module")
def compiled():
    model = Sequential([Input((2,)), layers.Dense(1, use_bias=False)])
    model.compile(optimizers.SGD(RATE), "mse")
    return model


@pytest.fixture
def model(compiled):
    compiled.set_weights([START])
    compiled.optimizer.learning_rate = RATE
    return compiled


def fit(model, hook, action):
    """Trains for three epochs, with an action when a hook is first called."""
    calls = []

    def act(*_):
        calls.append(hook)
        if len(calls) == 1:
            action(model)

    return model.fit(
        X, Y, batch_size=2, epochs=3, shuffle=False, verbose=0, validation_data=(X, Y),
        callbacks=[LambdaCallback(**{hook: act})],
    )  # fmt: skip


def after(steps):
    """Returns the weights after so many steps of gradient descent, by NumPy."""
    weights = START.astype(np.float64)
    for step in range(steps):
        x, y = X[2 * (step % 2) :][:2], Y[2 * (step % 2) :][:2]
        weights = weights - RATE * 2 / len(x) * x.T @ (x @ weights - y)
    return weights


SETTERS = {
    "set": lambda model: setattr(model.optimizer, "learning_rate", 0.0),
    "assigned": lambda model: model.optimizer.learning_rate.assign(0.0),
    "set as in Keras 2": lambda model: backend.set_value(model.optimizer.lr, 0.0),
}


@pytest.mark.parametrize("setter", SETTERS.values(), ids=SETTERS)
@pytest.mark.parametrize("hook", STEPS_BEFORE)
def test_a_learning_rate_holds_from_the_next_step_on(model, hook, setter):
    fit(model, hook, setter)

    np.testing.assert_allclose(model.get_weights()[0], after(STEPS_BEFORE[hook]), rtol=1e-5)


@pytest.mark.parametrize("hook", STEPS_BEFORE)
def test_weights_are_up_to_date_and_the_next_step_starts_from_those_assigned(model, hook):
    seen = []

    def change(model):
        seen.append(model.get_weights()[0])
        model.layers[-1].kernel.assign(SOLUTION)

    fit(model, hook, change)

    np.testing.assert_allclose(seen[0], after(STEPS_BEFORE[hook]), rtol=1e-5)
    # Nothing moves the weights that solve the task exactly.
    np.testing.assert_array_equal(model.get_weights()[0], SOLUTION)


@pytest.mark.parametrize("hook", STEPS_BEFORE)
def test_training_ends_with_the_step_under_way(model, hook):
    history = fit(model, hook, lambda model: setattr(model, "stop_training", True))

    assert history.epoch == [0]
    # Of an epoch that was ended when it began one step is made.
    np.testing.assert_allclose(model.get_weights()[0], after(max(1, STEPS_BEFORE[hook])), rtol=1e-5)


@pytest.mark.parametrize("hook", STEPS_BEFORE)
def test_one_that_fails_leaves_the_model_as_the_steps_before_did_and_it_trains_on(model, hook):
    def fail(model):
        raise RuntimeError("a mistake of the user's")

    with pytest.raises(RuntimeError, match="a mistake of the user's"):
        fit(model, hook, fail)

    np.testing.assert_allclose(model.get_weights()[0], after(STEPS_BEFORE[hook]), rtol=1e-5)
    losses = model.fit(X, Y, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("callback", [EarlyStopping(), ReduceLROnPlateau()], ids=lambda one: type(one).__name__)
def test_a_number_that_will_not_be_logged_is_found_before_training(model, callback):
    with pytest.raises(ValueError, match=r'monitors "val_loss"(?s:.*)Give fit validation_data or validation_split'):
        model.fit(X, Y, verbose=0, callbacks=[callback])

    np.testing.assert_array_equal(model.get_weights()[0], START)


def test_a_number_that_a_callback_of_the_users_logs_may_be_monitored(model):
    log = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(val_score=float(-epoch)))

    history = model.fit(X, Y, epochs=9, verbose=0, callbacks=[log, EarlyStopping("val_score", patience=2)])

    assert history.epoch == [0, 1, 2]
