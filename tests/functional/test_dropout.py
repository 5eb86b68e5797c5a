import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait.functional import dropout
from tests.genuine import genuine_keras

KEY = jax.random.key(7)


def test_elements_are_zero_or_scaled_up():
    outputs = dropout.dropout(jnp.ones((200, 50)), 0.25, KEY)
    assert set(np.unique(outputs)) == {np.float32(0), np.float32(1) / np.float32(0.75)}


def test_the_mean_stays():
    assert dropout.dropout(jnp.ones((200, 500)), 0.3, KEY).mean() == pytest.approx(1, abs=0.01)


def test_one_key_gives_what_keras_draws_from_it():
    inputs = np.random.default_rng(0).normal(size=(6, 5, 4)).astype("float32")
    with genuine_keras() as keras:
        seed = keras.random.SeedGenerator(3)
        key = jnp.asarray(keras.random.SeedGenerator(3).next())
        expected = keras.random.dropout(inputs, 0.4, noise_shape=(None, 1, None), seed=seed)
    ours = dropout.dropout(inputs, 0.4, jax.random.wrap_key_data(key.astype("uint32")), (None, 1, None))
    np.testing.assert_allclose(ours, expected, rtol=1e-6)


@pytest.mark.parametrize(("rate", "expected"), [(0, 1.0), (1, 0.0)])
def test_the_ends_of_the_range_draw_nothing(rate, expected):
    assert (dropout.dropout(jnp.ones((3, 4)), rate, KEY) == expected).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_the_dtype_stays(dtype):
    assert dropout.dropout(jnp.ones((3, 4), dtype), 0.5, KEY).dtype == dtype


def test_the_gradient_is_zero_where_the_output_is():
    outputs, vjp = jax.vjp(lambda x: dropout.dropout(x, 0.5, KEY), jnp.ones((5, 6)))
    np.testing.assert_array_equal(vjp(jnp.ones((5, 6)))[0], outputs)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1.5, KEY), "from 0 to 1, got 1.5"),
        ((0.5, KEY, (None, 3)), r"each None, 1 or the length of the axis, got \(None, 3\)"),
        ((0.5, KEY, (1,)), r"one entry per axis of inputs of shape \(3, 4\)"),
    ],
)
def test_what_does_not_fit_is_explained(arguments, message):
    with pytest.raises(ValueError, match=message):
        dropout.dropout(jnp.ones((3, 4)), *arguments)
