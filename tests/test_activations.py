"""Activations: the values of genuine Keras, and how they are looked up."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from optax import projections

from plait import activations
from plait.core import registry
from tests.genuine import genuine_keras

# Includes 0 and the edges at which the piecewise ones change.
GRID = np.array([[-7.0, -3.0, -1.0, -0.5, -0.1, 0.0], [0.1, 0.5, 1.0, 3.0, 6.0, 9.0]], "float32")

# `threshold` has no defaults; Keras's sparsemax does not sum to 1, so ours is held to the paper below.
WITHOUT = ("threshold", "sparsemax", "hard_sigmoid_of_keras_2")
CASES = [(name, {}) for name in sorted(activations._TABLE) if name not in WITHOUT] + [
    ("relu", {"negative_slope": 0.1}),
    ("relu", {"max_value": 6.0}),
    ("relu", {"max_value": 2.0, "negative_slope": 0.3}),
    ("relu", {"threshold": 0.5}),
    ("relu", {"threshold": 0.5, "max_value": 4.0, "negative_slope": 0.2}),
    ("relu", {"threshold": -1.0, "negative_slope": 0.2}),
    ("leaky_relu", {"negative_slope": 0.01}),
    ("elu", {"alpha": 0.5}),
    ("celu", {"alpha": 0.5}),
    ("gelu", {"approximate": True}),
    ("glu", {"axis": 0}),
    ("softmax", {"axis": 0}),
    ("log_softmax", {"axis": 0}),
    ("squareplus", {"b": 1}),
    ("hard_shrink", {"threshold": 1.0}),
    ("soft_shrink", {"threshold": 1.0}),
    ("threshold", {"threshold": 0.5, "default_value": -2.0}),
]


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_an_activation_equals_that_of_keras(name, arguments):
    with genuine_keras() as keras:
        expected = np.asarray(getattr(keras.activations, name)(GRID, **arguments))

    computed = getattr(activations, name)(jnp.asarray(GRID), **arguments)

    np.testing.assert_allclose(computed, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", sorted(activations._TABLE.keys() - {"hard_sigmoid_of_keras_2"}))
def test_every_activation_of_keras_is_found_by_its_name(name):
    with genuine_keras() as keras:
        known_to_keras = keras.activations.get(name).__name__

    assert activations.get(name).__name__ == known_to_keras


@pytest.mark.parametrize("name", [name for name in activations._TABLE if name != "threshold"])
def test_an_activation_keeps_bfloat16(name):
    assert activations.get(name)(jnp.asarray(GRID, "bfloat16")).dtype == "bfloat16"


@pytest.mark.parametrize("axis", [0, 1])
def test_sparsemax_is_the_nearest_point_of_the_simplex(axis):
    with jax.numpy_dtype_promotion("standard"):
        expected = np.apply_along_axis(lambda row: projections.projection_simplex(jnp.array(row)), axis, GRID)

    np.testing.assert_allclose(activations.sparsemax(jnp.asarray(GRID), axis), expected, atol=1e-6)


def test_none_is_linear():
    assert activations.get(None) is activations.linear


def test_a_callable_is_kept():
    assert activations.get(jnp.sin) is jnp.sin


@pytest.mark.parametrize("function", [activations.relu, activations.swish])
def test_serialize_and_get_are_inverse(function):
    assert activations.get(activations.serialize(function)) is function


def test_a_registered_function_survives_its_config():
    @registry.register_keras_serializable(package="tests")
    def doubled(x):
        return 2 * x

    assert activations.get(activations.serialize(doubled)) is doubled


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match=r"Unknown activation 'rleu'\. Did you mean \"relu\"\?"):
        activations.get("rleu")


def test_what_can_be_no_activation_is_a_type_error():
    with pytest.raises(TypeError, match="Expected the name of an activation or the activation itself, got 3"):
        activations.get(3)


def test_the_hard_sigmoid_of_keras_2_is_a_line_between_0_and_1():
    expected = np.where(np.abs(GRID) < 2.5, GRID / 5 + 0.5, GRID > 0)
    np.testing.assert_allclose(activations.get("hard_sigmoid_of_keras_2")(GRID), expected, atol=1e-6)
