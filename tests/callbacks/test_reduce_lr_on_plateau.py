import types

import pytest

from plait import optimizers
from plait.callbacks import LambdaCallback, ReduceLROnPlateau
from tests.callbacks.fake import FakeModel, run_epochs, run_theirs
from tests.genuine import genuine_keras

FALLING = [5.0, 4.0, 3.0, 2.0, 1.0]
UP_AND_DOWN = [5.0, 4.0, 4.5, 3.0, 3.5, 3.6, 3.7, 2.0, 9.0, 9.0, 9.0, 9.0]
FLAT = [1.0] * 9

CASES = {
    "no patience": (UP_AND_DOWN, {"patience": 0}),
    "patience for one": (UP_AND_DOWN, {"patience": 1}),
    "patience for two": (UP_AND_DOWN, {"patience": 2}),
    "patience that does not run out": (UP_AND_DOWN, {"patience": 20}),
    "always better": (FALLING, {"patience": 1}),
    "never better": (FLAT, {"patience": 2, "factor": 0.5}),
    "more is better": (UP_AND_DOWN, {"mode": "max", "patience": 2}),
    "too little better": (FALLING, {"min_delta": 1.5, "patience": 2}),
    "negative min_delta": (FALLING, {"min_delta": -1.5, "patience": 2}),
    "cooldown": (FLAT, {"patience": 1, "cooldown": 2, "factor": 0.5}),
    "cooldown longer than patience": (FLAT, {"patience": 2, "cooldown": 3}),
    "down to min_lr": (FLAT, {"patience": 1, "min_lr": 0.004}),
    "a factor of 0": (FLAT, {"patience": 3, "factor": 0.0, "min_lr": 0.01}),
    "min_lr above the rate": (FLAT, {"patience": 1, "min_lr": 0.5}),
}


def lines(text):
    return [line for line in text.splitlines() if line]


@pytest.mark.parametrize(("losses", "arguments"), CASES.values(), ids=CASES)
def test_rates_and_messages_are_those_of_keras(losses, arguments, capsys):
    arguments = {"monitor": "loss", "verbose": 1, **arguments}
    epochs = [{"loss": loss} for loss in losses]
    ours = FakeModel()
    run_epochs(ours, ReduceLROnPlateau(**arguments), epochs)
    our_lines = lines(capsys.readouterr().out)

    with genuine_keras() as keras:
        theirs = types.SimpleNamespace(optimizer=types.SimpleNamespace(learning_rate=0.1))
        logged = []
        callback = keras.callbacks.ReduceLROnPlateau(**arguments)
        end = callback.on_epoch_end
        callback.on_epoch_end = lambda epoch, logs: (end(epoch, logs), logged.append(logs["learning_rate"]))
        run_theirs(callback, theirs, epochs)

    assert ours.history.history["learning_rate"] == logged
    assert ours.optimizer.learning_rate == theirs.optimizer.learning_rate
    assert our_lines == lines(capsys.readouterr().out)


def test_an_epoch_without_validation_counts_for_nothing():
    model = FakeModel()
    epochs = [{"loss": 1.0}, {"loss": 1.0, "val_loss": 1.0}] * 2

    run_epochs(model, ReduceLROnPlateau(patience=2, factor=0.5), epochs, do_validation=True)

    assert model.optimizer.learning_rate == 0.1


def test_a_second_run_forgets_the_first():
    reduce, model = ReduceLROnPlateau("loss", patience=1), FakeModel()
    run_epochs(model, reduce, [{"loss": 1.0}])

    run_epochs(model, reduce, [{"loss": 2.0}])

    assert model.optimizer.learning_rate == 0.1


WITHOUT_A_RATE_TO_SET = {
    "a schedule": (optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)), "given by ExponentialDecay"),
    "a function": (optimizers.SGD(lambda: 0.1), "given by <function"),
}


@pytest.mark.parametrize(("optimizer", "words"), WITHOUT_A_RATE_TO_SET.values(), ids=WITHOUT_A_RATE_TO_SET)
def test_a_rate_that_cannot_be_set_is_an_error_before_training(optimizer, words):
    model, begun = FakeModel(), []
    model.optimizer = optimizer

    with pytest.raises(ValueError, match=f"ReduceLROnPlateau sets the learning rate, but that of SGD is {words}"):
        run_epochs(
            model, [ReduceLROnPlateau("loss"), LambdaCallback(on_epoch_begin=lambda *_: begun.append(1))], [{"loss": 1}]
        )
    assert begun == []


@pytest.mark.parametrize("factor", [1.0, 2.0, -0.1, float("nan")])
def test_a_factor_that_does_not_reduce_is_an_error(factor):
    with pytest.raises(ValueError, match=f"factor from 0 to below 1, got {factor}"):
        ReduceLROnPlateau(factor=factor)


def test_a_name_that_is_not_logged_is_an_error():
    with pytest.raises(ValueError, match=r'(?s)ReduceLROnPlateau monitors "accuracy".*\n  They have: loss'):
        run_epochs(FakeModel(), ReduceLROnPlateau("accuracy"), [{"loss": 1.0}])
