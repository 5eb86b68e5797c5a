"""Constraints: the values of genuine Keras."""

import jax.numpy as jnp
import numpy as np
import pytest

from plait import constraints
from tests.genuine import genuine_keras

WEIGHTS = np.random.default_rng(0).normal(scale=2.0, size=(3, 4, 5)).astype("float32")

CASES = [
    ("MaxNorm", {}),
    ("MaxNorm", {"max_value": 0.5, "axis": [0, 1]}),
    ("NonNeg", {}),
    ("UnitNorm", {}),
    ("UnitNorm", {"axis": [0, 1, 2]}),
    ("MinMaxNorm", {}),
    ("MinMaxNorm", {"min_value": 3.0, "max_value": 4.0, "rate": 0.7, "axis": 1}),
    ("max_norm", {"max_value": 1.0}),
    ("non_neg", {}),
    ("unit_norm", {}),
    ("min_max_norm", {}),
]


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_a_constraint_equals_that_of_keras(name, arguments):
    with genuine_keras() as keras:
        expected = np.asarray(getattr(keras.constraints, name)(**arguments)(jnp.asarray(WEIGHTS)))

    computed = getattr(constraints, name)(**arguments)(jnp.asarray(WEIGHTS))

    np.testing.assert_allclose(computed, expected, rtol=1e-6)


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_a_config_is_that_of_keras_and_makes_the_constraint_again(name, arguments):
    with genuine_keras() as keras:
        expected = keras.constraints.serialize(getattr(keras.constraints, name)(**arguments))

    config = constraints.serialize(getattr(constraints, name)(**arguments))

    assert config == expected
    assert constraints.serialize(constraints.get(config)) == config


@pytest.mark.parametrize("name", ["max_norm", "maxnorm", "MaxNorm"])
def test_every_spelling_is_found(name):
    assert isinstance(constraints.get(name), constraints.MaxNorm)


@pytest.mark.parametrize("name", constraints._TABLE)
def test_a_weight_of_zeros_stays_finite_and_bfloat16_stays(name):
    constrained = constraints.get(name)(jnp.zeros((2, 2), "bfloat16"))
    assert constrained.dtype == "bfloat16"
    assert jnp.isfinite(constrained).all()


def test_none_is_no_constraint():
    assert constraints.get(None) is None


def test_a_function_is_kept():
    assert constraints.get(jnp.abs) is jnp.abs


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match=r"Unknown constraint 'max_nrom'\. Did you mean \"max_norm\"\?"):
        constraints.get("max_nrom")
