import math
import types

import jax.numpy as jnp
import numpy as np
import optax
import pytest

from plait import optimizers
from plait.callbacks import LearningRateScheduler
from tests.callbacks.fake import FakeModel, run_epochs, run_theirs
from tests.genuine import genuine_keras

EPOCHS = [{"loss": 1.0}] * 4

SCHEDULES = {
    "of the epoch and the rate": lambda epoch, rate: rate * 0.5,
    "of the epoch": lambda epoch: 0.1 / (1 + epoch),
    "with a default": lambda epoch, rate=1.0: rate / (1 + epoch),
    "of anything": lambda *given: 0.1 * len(given),
    "a NumPy scalar": lambda epoch: np.float64(0.25),
}


def lines(text):
    return [line for line in text.splitlines() if line]


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_rates_and_messages_are_those_of_keras(schedule, capsys):
    ours = FakeModel()
    run_epochs(ours, LearningRateScheduler(schedule, verbose=1), EPOCHS)
    our_lines = lines(capsys.readouterr().out)

    with genuine_keras() as keras:
        theirs = types.SimpleNamespace(optimizer=types.SimpleNamespace(learning_rate=0.1))
        logged = []
        callback = keras.callbacks.LearningRateScheduler(schedule, verbose=1)
        end = callback.on_epoch_end
        callback.on_epoch_end = lambda epoch, logs: (end(epoch, logs), logged.append(logs["learning_rate"]))
        run_theirs(callback, theirs, EPOCHS)

    assert ours.history.history["learning_rate"] == logged
    assert our_lines == lines(capsys.readouterr().out)


@pytest.mark.parametrize(
    "number", [1, np.float32(0.5), jnp.float32(0.25), np.array(0.125)], ids=lambda n: type(n).__name__
)
def test_any_number_is_a_rate(number):
    model = FakeModel()

    run_epochs(model, LearningRateScheduler(lambda epoch: number), EPOCHS)

    assert model.optimizer.learning_rate == float(number)


@pytest.mark.parametrize("wrong", [None, "0.1", [0.1], np.array([0.1, 0.2])], ids=str)
def test_what_is_no_number_is_an_error_and_leaves_the_rate(wrong):
    model = FakeModel()

    with pytest.raises(ValueError, match=r"needs a number from its schedule, got .* for epoch 0"):
        run_epochs(model, LearningRateScheduler(lambda epoch: wrong), EPOCHS)
    assert model.optimizer.learning_rate == 0.1


@pytest.mark.parametrize("rate", [-0.1, math.nan])
def test_a_rate_below_0_is_an_error(rate):
    with pytest.raises(ValueError, match="learning_rate of 0 or more"):
        run_epochs(FakeModel(), LearningRateScheduler(lambda epoch: rate), EPOCHS)


def test_an_error_inside_the_schedule_is_not_hidden():
    def wrong(epoch, rate):
        return rate + None

    with pytest.raises(TypeError, match="unsupported operand"):
        run_epochs(FakeModel(), LearningRateScheduler(wrong), EPOCHS)


def test_an_optax_transformation_has_no_rate_to_set():
    model = FakeModel()
    model.optimizer = optimizers.Optax(optax.sgd(0.1))

    with pytest.raises(ValueError, match="that of an optax transformation is inside it"):
        run_epochs(model, LearningRateScheduler(lambda epoch: 0.1), EPOCHS)


def test_the_rate_of_an_optimizer_inside_a_loss_scale_is_set():
    model = FakeModel()
    model.optimizer = optimizers.LossScaleOptimizer(optimizers.SGD(0.1))

    run_epochs(model, LearningRateScheduler(lambda epoch, rate: rate / 2), EPOCHS[:1])

    assert model.optimizer.inner_optimizer.learning_rate == 0.05
