"""`fit(debug_nans=True)` names the layer that makes the first NaN or infinity, in which step, of what."""

import re

import jax.numpy as jnp
import numpy as np
import pytest

import plait
from plait import layers
from plait.layers import Input
from plait.models import Model

X = np.array([[1.0, 2.0], [3.0, 4.0], [0.0, 0.0], [5.0, -6.0]], "float32")
Y = np.ones((4, 1), "float32")


def model(function=lambda array: array, optimizer="sgd", around=lambda tensor: tensor):
    hidden = layers.Dense(2, kernel_initializer="ones", name="before")(x := Input((2,), name="x"))
    hidden = layers.Lambda(function, name="suspect", output_shape=(2,))(hidden)
    made = Model(x, layers.Dense(1, kernel_initializer="ones", name="after")(around(hidden)))
    made.compile(optimizer, "mse")
    return made


def train(made, x=X, y=Y, **arguments):
    return made.fit(x, y, batch_size=2, shuffle=False, verbose=0, debug_nans=True, **arguments)


@pytest.mark.parametrize(
    ("make", "data", "words"),
    [
        (
            lambda: model(jnp.log),
            (X, Y),
            ["Training step 2 makes numbers that are none", 'Lambda "suspect" makes the first', "from -",
             r"test_nans.py:\d+"],
        ),
        (lambda: model(lambda array: jnp.sqrt(jnp.abs(array))), (X[::-1], Y),
         ["step 1", 'the gradient that goes back through Lambda "suspect" is the first']),
        (lambda: model(), (np.where(X == 4, np.nan, X), Y), ["step 1", 'Dense "before" is given some', "1 NaN"]),
        (lambda: model(), (X, np.where(X[:, :1] == 5, np.inf, Y)), ["step 2", "look at the targets"]),
        (lambda: model(optimizer=plait.optimizers.SGD(3e38)), (X, Y), ["step 1", "the new value of", "learning rate"]),
        (
            lambda: model(around=Model(x := Input((2,)), layers.Lambda(jnp.log, name="inner")(x), name="inside")),
            (X, Y),
            ["step 2", 'Lambda "inner" makes the first'],
        ),
    ],
)  # fmt: skip
def test_the_layer_and_the_step_are_named(make, data, words):
    with pytest.raises(FloatingPointError) as error:
        train(make(), *data)
    for word in words:
        assert re.search(word, str(error.value)), f"{word!r} is not in {error.value}"


def test_the_weights_are_as_before_the_step():
    made, alone = model(jnp.log), model(jnp.log)
    with pytest.raises(FloatingPointError):
        train(made)
    alone.fit(X[:2], Y[:2], batch_size=2, shuffle=False, verbose=0)
    for value, expected in zip(made.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_array_equal(value, expected)


def test_where_all_numbers_are_finite_nothing_changes():
    made, alone = model(), model()
    history = train(made, epochs=3, y=Y * 0.1).history
    assert history == alone.fit(X, Y * 0.1, batch_size=2, shuffle=False, verbose=0, epochs=3).history
    np.testing.assert_array_equal(made.get_weights()[0], alone.get_weights()[0])


def test_a_recurrent_layer_is_looked_through():
    x = Input((3, 2))
    made = Model(x, layers.Dense(1)(layers.Lambda(jnp.log, name="suspect")(layers.LSTM(4)(x))))
    made.compile("sgd", "mse")
    with pytest.raises(FloatingPointError, match='Lambda "suspect" makes the first'):
        train(made, np.ones((4, 3, 2), "float32"))
