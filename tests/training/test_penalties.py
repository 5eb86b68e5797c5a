"""What is added to the losses of the outputs, on lines of its own."""

import numpy as np
import pytest

import plait
from plait import layers

X = np.random.default_rng(0).normal(size=(10, 4)).astype("float32")


def compiled(several=False, **arguments):
    plait.utils.set_random_seed(0)
    inputs = plait.Input((4,))
    hidden = layers.Dense(3, kernel_regularizer="l2", activity_regularizer="l1", name="hidden")(inputs)
    outputs = [layers.Dense(2, name=name)(hidden) for name in "ab"][: 1 + several]
    model = plait.Model(inputs, outputs if several else outputs[0])
    model.compile(plait.optimizers.SGD(0.0), "mse", metrics="mae", **arguments)
    return model


@pytest.mark.parametrize("several", [False, True])
def test_they_are_logged_where_asked_and_add_up_to_the_loss(several):
    model = compiled(several, log_penalties=True)
    y = [np.zeros((10, 2))] * (1 + several)
    logs = model.evaluate(X, y if several else y[0], batch_size=10, verbose=0, return_dict=True)
    kernel, bias = model.get_layer("hidden").get_weights()
    np.testing.assert_allclose(logs["regularization_loss"], 0.01 * np.sum(kernel**2), rtol=1e-5)
    np.testing.assert_allclose(logs["added_loss"], 0.01 * np.sum(np.abs(X @ kernel + bias)) / len(X), rtol=1e-5)
    usual = compiled(several).evaluate(X, y if several else y[0], batch_size=10, verbose=0, return_dict=True)
    for name, value in usual.items():
        np.testing.assert_allclose(logs[name], value, rtol=1e-6, err_msg=name)
    losses = [logs[f"{name}_loss"] for name in "ab"] if several else [np.mean(model.predict(X, verbose=0) ** 2)]
    np.testing.assert_allclose(sum(losses) + logs["regularization_loss"] + logs["added_loss"], logs["loss"], rtol=1e-5)


def test_they_stand_between_the_losses_and_the_metrics_and_in_the_history():
    model = compiled(True, log_penalties=True)
    names = ["loss", "a_loss", "b_loss", "regularization_loss", "added_loss", "a_mae", "b_mae"]
    assert model.metrics_names == names
    y = [np.zeros((10, 2))] * 2
    history = model.fit(X, y, validation_data=(X, y), batch_size=4, verbose=0).history
    assert list(history) == names + [f"val_{name}" for name in names]


def test_without_being_asked_for_they_are_part_of_the_loss_alone():
    assert compiled().metrics_names == ["loss", "mae"]


def test_a_model_with_steps_of_its_own_returns_what_it_likes():
    class Own(plait.Model):
        def train_step(self, data):
            return {}

    inputs = plait.Input((4,))
    with pytest.raises(ValueError, match="log_penalties is for steps that fit makes"):
        Own(inputs, layers.Dense(1)(inputs)).compile("sgd", "mse", log_penalties=True)
