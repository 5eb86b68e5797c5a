"""`find_lr` measures the loss while the learning rate rises, and leaves the model as it was."""

import numpy as np
import pytest

import plait
from plait import layers
from plait.layers import Input
from plait.models import Model, Sequential

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(200, 4)).astype("float32")
Y = X @ np.array([[1.0], [-2.0], [0.5], [3.0]], "float32")


class OwnSteps(Model):
    def train_step(self, data):
        x, y = data
        loss, gradients = self.value_and_grad(lambda: self.compute_loss(x, y, self(x, training=True)))
        self.optimizer.apply(gradients, self.trainable_weights)
        return {"loss": loss}


def linear(optimizer="sgd", made=Model):
    x = Input((4,))
    hidden = layers.BatchNormalization()(x)
    model = made(x, layers.Dense(1)(hidden))
    model.compile(optimizer, "mse")
    return model


def test_the_suggestion_trains_and_a_hundred_times_as_much_does_not():
    model = Sequential([Input((4,)), layers.Dense(1, kernel_initializer="zeros")])
    model.compile("sgd", "mse")
    found = model.find_lr(X, Y, start=1e-5, stop=100)
    # Gradient descent on these squares diverges from 1 / (largest eigenvalue of X'X / samples) on.
    limit = 1 / np.linalg.eigvalsh(X.T @ X / len(X)).max()
    assert found.rates[0] == pytest.approx(1e-5)
    assert limit / 100 < found.suggestion < limit
    assert found.losses[-1] > 2 * found.losses.min()


@pytest.mark.parametrize("made", [Model, OwnSteps])
def test_training_goes_on_as_if_nothing_had_been_measured(made):
    def trained(measures):
        plait.utils.set_random_seed(1)
        model = linear(plait.optimizers.Adam(0.02), made)
        first = model.fit(X, Y, epochs=2, verbose=0)
        if measures:
            model.find_lr(X, Y)
        second = model.fit(X, Y, epochs=2, verbose=0)
        return [*model.get_weights(), *first.history["loss"], *second.history["loss"], model.optimizer.learning_rate]

    for value, expected in zip(trained(True), trained(False), strict=True):
        np.testing.assert_array_equal(value, expected)


def test_dicts_and_sample_weights_are_measured_with():
    x, other = Input((4,), name="a"), Input((4,), name="b")
    model = Model([x, other], layers.Dense(1, name="out")(layers.add([x, other])))
    model.compile("adam", "mse")
    found = model.find_lr({"b": X, "a": X}, {"out": Y}, sample_weight=np.zeros(200, "float32"))
    assert (found.losses == 0).all()


def test_it_is_drawn():
    figure = linear().find_lr(X, Y, start=1e-4).plot()
    axes = figure.axes[0]
    assert axes.get_xscale() == "log"
    assert len(axes.lines) == 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: linear().find_lr(X, Y, start=1.0, stop=0.1), "needs 0 < start < stop"),
        (lambda: linear().find_lr(X, Y, start=0.0), "needs 0 < start < stop"),
        (lambda: linear().find_lr(X, Y, steps=2), "10 steps or more, got 2"),
        (lambda: Sequential([Input((4,)), layers.Dense(1)]).find_lr(X, Y), "has no loss yet"),
        (
            lambda: linear(plait.optimizers.SGD(plait.optimizers.schedules.CosineDecay(0.1, 10))).find_lr(X, Y),
            "whose learning rate is a number",
        ),
        (lambda: linear().find_lr(X, Y, start=1e6, stop=1e7), "diverged after"),
    ],
)
def test_what_cannot_be_measured_is_explained(call, message):
    with pytest.raises(ValueError, match=message):
        call()
