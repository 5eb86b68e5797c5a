import numpy as np
import pytest

import plait
from plait.callbacks import SwapEMAWeights
from tests.genuine import genuine_keras

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(12, 2)).astype("float32")
Y = X @ np.array([[1.0], [-2.0]], "float32")
START = np.array([[0.5], [0.5]], "float32")


def averaging(library, **arguments):
    model = library.Sequential([library.Input((2,)), library.layers.Dense(1, use_bias=False, name="head")])
    model.compile(library.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.8), "mse", **arguments)
    model.set_weights([START])
    return model


def train(library, epochs=3, **arguments):
    """Returns what was logged, and the weights: after each epoch as a callback behind sees them, and at the end."""
    model, seen = averaging(library), []
    look = library.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(model.get_weights()[0]))
    history = model.fit(
        X, Y, batch_size=4, epochs=epochs, verbose=0, shuffle=False, validation_data=(X, Y),
        callbacks=[library.callbacks.SwapEMAWeights(**arguments), look],
    ).history  # fmt: skip
    return history, [*seen, model.get_weights()[0]]


@pytest.mark.parametrize("swap_on_epoch", [False, True])
def test_what_is_measured_and_the_weights_are_those_of_keras(swap_on_epoch):
    history, weights = train(plait, swap_on_epoch=swap_on_epoch)
    with genuine_keras() as keras:
        their_history, their_weights = train(keras, swap_on_epoch=swap_on_epoch)

    for name, values in their_history.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-4, err_msg=name)
    np.testing.assert_allclose(weights, their_weights, rtol=1e-4)


def two_steps(model):
    """Makes two steps, and returns the average of the weights that these came to."""
    seen = []
    for _ in range(2):
        model.train_on_batch(X, Y)
        seen.append(model.get_weights()[0])
    return 0.8 * seen[0] + 0.2 * seen[1]


USES = {
    "evaluate": lambda model: model.evaluate(X, Y, verbose=0, callbacks=[SwapEMAWeights()]),
    "predict": lambda model: np.mean((model.predict(X, verbose=0, callbacks=[SwapEMAWeights()]) - Y) ** 2),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_the_averages_are_used_and_the_weights_put_back(use):
    model = averaging(plait)
    average = two_steps(model)
    before = model.get_weights()[0]

    loss = use(model)

    np.testing.assert_allclose(loss, np.mean((X @ average - Y) ** 2), rtol=1e-5)
    np.testing.assert_array_equal(model.get_weights()[0], before)


def test_before_the_first_step_the_weights_are_their_own_averages():
    model = averaging(plait)

    loss = model.evaluate(X, Y, verbose=0, callbacks=[SwapEMAWeights()])

    np.testing.assert_allclose(loss, np.mean((X @ START - Y) ** 2), rtol=1e-5)


def test_an_optimizer_inside_a_loss_scale_has_averages():
    model = averaging(plait)
    model.compile(plait.optimizers.LossScaleOptimizer(model.optimizer), "mse")
    average = two_steps(model)

    loss = model.evaluate(X, Y, verbose=0, callbacks=[SwapEMAWeights()])

    np.testing.assert_allclose(loss, np.mean((X @ average - Y) ** 2), rtol=1e-5)


def test_training_that_stops_early_ends_with_the_averages():
    model, steps = averaging(plait), []
    stop = plait.callbacks.LambdaCallback(
        on_train_batch_end=lambda *_: steps.append(model.get_weights()[0]),
        on_epoch_end=lambda *_: setattr(model, "stop_training", True),
    )

    model.fit(X, Y, batch_size=6, epochs=9, verbose=0, callbacks=[SwapEMAWeights(swap_on_epoch=True), stop])

    np.testing.assert_allclose(model.get_weights()[0], 0.8 * steps[0] + 0.2 * steps[1], rtol=1e-5)


def test_an_optimizer_without_averages_is_an_error_before_training():
    model = averaging(plait)
    model.compile("sgd", "mse")

    with pytest.raises(ValueError, match="needs an optimizer with use_ema=True, got SGD without it"):
        model.fit(X, Y, verbose=0, callbacks=[SwapEMAWeights()])
    np.testing.assert_array_equal(model.get_weights()[0], START)


def test_a_run_that_is_resumed_between_epochs_goes_on_with_the_weights_and_not_the_averages(tmp_path):
    def run(model, fails_at=None):
        def fail(epoch, logs):
            if epoch == fails_at:
                raise RuntimeError("the end")

        kept = plait.callbacks.BackupAndRestore(tmp_path / "run", delete_checkpoint=False)
        failing = plait.callbacks.LambdaCallback(on_epoch_begin=fail)
        model.fit(
            X, Y, batch_size=4, epochs=4, verbose=0,
            callbacks=[failing, SwapEMAWeights(swap_on_epoch=True), *([] if model is whole else [kept])],
        )  # fmt: skip

    whole = averaging(plait)
    run(whole)
    with pytest.raises(RuntimeError, match="the end"):
        run(averaging(plait), fails_at=2)
    run(resumed := averaging(plait))

    np.testing.assert_array_equal(resumed.get_weights()[0], whole.get_weights()[0])
