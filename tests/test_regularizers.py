"""Regularizers: the values of genuine Keras."""

import jax.numpy as jnp
import numpy as np
import pytest

from plait import regularizers
from tests.genuine import genuine_keras

WEIGHTS = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")

CASES = [
    ("L1", {}),
    ("L1", {"l1": 0.3}),
    ("L2", {}),
    ("L2", {"l2": 0.3}),
    ("L1L2", {}),
    ("L1L2", {"l1": 0.1, "l2": 0.2}),
    ("OrthogonalRegularizer", {}),
    ("OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}),
    ("l1", {"l1": 0.3}),
    ("l2", {"l2": 0.3}),
    ("l1_l2", {"l1": 0.1, "l2": 0.2}),
    ("orthogonal_regularizer", {"factor": 0.5}),
]


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_a_regularizer_equals_that_of_keras(name, arguments):
    with genuine_keras() as keras:
        expected = float(getattr(keras.regularizers, name)(**arguments)(jnp.asarray(WEIGHTS)))

    computed = getattr(regularizers, name)(**arguments)(jnp.asarray(WEIGHTS))

    assert computed.shape == ()
    assert float(computed) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_a_config_is_that_of_keras_and_makes_the_regularizer_again(name, arguments):
    with genuine_keras() as keras:
        expected = keras.regularizers.serialize(getattr(keras.regularizers, name)(**arguments))

    config = regularizers.serialize(getattr(regularizers, name)(**arguments))

    assert config["class_name"] == expected["class_name"]
    assert config["module"] == expected["module"]
    assert config["config"].keys() == expected["config"].keys()
    assert regularizers.serialize(regularizers.get(config)) == config


@pytest.mark.parametrize("name", ["l1", "l2", "L1", "L2", "l1_l2", "L1L2", "orthogonal_regularizer"])
def test_a_name_gives_the_regularizer_with_its_defaults(name):
    assert regularizers.serialize(regularizers.get(name)) == regularizers.serialize(getattr(regularizers, name)())


def test_the_orthogonal_regularizer_is_zero_for_orthogonal_rows():
    assert regularizers.OrthogonalRegularizer(1.0)(jnp.array([[1.0, 0.0], [0.0, 2.0]])) == 0


def test_a_vector_of_zeros_does_not_make_the_orthogonal_regularizer_nan():
    assert regularizers.OrthogonalRegularizer()(jnp.zeros((2, 2))) == 0


def test_none_is_no_regularizer():
    assert regularizers.get(None) is None


def test_a_function_is_kept():
    assert regularizers.get(jnp.sum) is jnp.sum


STRENGTHS = [
    ("L1", "l1"),
    ("L2", "l2"),
    ("L1L2", "l1"),
    ("L1L2", "l2"),
    ("OrthogonalRegularizer", "factor"),
]
REFUSED = [-0.1, -1, np.float64(-2.0), float("nan"), float("inf"), -float("inf"), "0.1"]


@pytest.mark.parametrize(("name", "strength"), STRENGTHS)
@pytest.mark.parametrize("value", REFUSED, ids=repr)
def test_a_strength_that_keras_refuses_is_refused_and_explained(name, strength, value):
    with genuine_keras() as keras, pytest.raises(ValueError, match=strength):
        getattr(keras.regularizers, name)(**{strength: value})
    with pytest.raises(ValueError, match=f"{name} needs a finite number of 0 or more for {strength}, got "):
        getattr(regularizers, name)(**{strength: value})


@pytest.mark.parametrize(("name", "strength"), STRENGTHS)
@pytest.mark.parametrize("value", [0, 0.0, 3, 1e30, np.float64(0.5)], ids=repr)
def test_a_strength_that_keras_takes_is_taken(name, strength, value):
    with genuine_keras() as keras:
        expected = getattr(keras.regularizers, name)(**{strength: value}).get_config()[strength]
    assert getattr(regularizers, name)(**{strength: value}).get_config()[strength] == pytest.approx(expected, rel=1e-6)


MESSAGES = [
    (lambda: regularizers.get("l22"), ValueError, 'Did you mean "l2"'),
    (
        lambda: regularizers.get(0.01),
        TypeError,
        "Expected the name of a regularizer or the regularizer itself",
    ),
    (lambda: regularizers.OrthogonalRegularizer(mode="row"), ValueError, 'Did you mean "rows"'),
    (lambda: regularizers.OrthogonalRegularizer()(jnp.ones(3)), ValueError, r"needs a matrix, got .* \(3,\)"),
]


@pytest.mark.parametrize(("mistake", "error", "message"), MESSAGES)
def test_a_mistake_is_explained(mistake, error, message):
    with pytest.raises(error, match=message):
        mistake()
