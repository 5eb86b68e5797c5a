import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait.functional import noise
from tests.genuine import genuine_keras

KEY = jax.random.key(7)
INPUTS = np.random.default_rng(0).normal(size=(6, 5, 4)).astype("float32")


def test_noise_is_added():
    outputs = np.asarray(noise.gaussian_noise(jnp.full((300, 200), 3.0), 0.5, KEY))
    assert outputs.mean() == pytest.approx(3, abs=0.01)
    assert outputs.std() == pytest.approx(0.5, abs=0.01)


def test_gaussian_dropout_keeps_the_mean_and_has_the_variance_of_dropout():
    outputs = np.asarray(noise.gaussian_dropout(jnp.full((300, 200), 2.0), 0.2, KEY))
    assert outputs.mean() == pytest.approx(2, abs=0.02)
    assert outputs.var() == pytest.approx(4 * 0.2 / 0.8, rel=0.02)


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_alpha_dropout_keeps_mean_0_and_variance_1(rate):
    inputs = jax.random.normal(jax.random.key(1), (400, 500))
    outputs = np.asarray(noise.alpha_dropout(inputs, rate, KEY))
    assert outputs.mean() == pytest.approx(0, abs=0.01)
    assert outputs.var() == pytest.approx(1, abs=0.02)


@pytest.mark.first_rows(2)
@pytest.mark.parametrize(
    ("ours", "make"),
    [
        (lambda key: noise.gaussian_noise(INPUTS, 0.3, key), lambda L: L.GaussianNoise(0.3, 3)),
        (lambda key: noise.gaussian_dropout(INPUTS, 0.3, key), lambda L: L.GaussianDropout(0.3, 3)),
        (lambda key: noise.alpha_dropout(INPUTS, 0.3, key), lambda L: L.AlphaDropout(0.3, None, 3)),
        (
            lambda key: noise.alpha_dropout(INPUTS, 0.3, key, (None, 1, None)),
            lambda L: L.AlphaDropout(0.3, (None, 1, None), 3),
        ),
    ],
    ids=["noise", "dropout", "alpha", "alpha, shared"],
)
def test_one_key_gives_what_keras_draws_from_it(ours, make):
    with genuine_keras() as keras:
        key = jnp.asarray(keras.random.SeedGenerator(3).next())
        expected = make(keras.layers)(INPUTS, training=True)
    np.testing.assert_allclose(ours(jax.random.wrap_key_data(key.astype("uint32"))), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("function", [noise.gaussian_noise, noise.gaussian_dropout, noise.alpha_dropout])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_the_dtype_stays(function, dtype):
    assert function(jnp.ones((3, 4), dtype), 0.5, KEY).dtype == dtype


@pytest.mark.parametrize("function", [noise.gaussian_noise, noise.gaussian_dropout, noise.alpha_dropout])
def test_integers_become_floats(function):
    assert function(jnp.ones((3, 4), "int32"), 0.5, KEY).dtype == "float32"


@pytest.mark.parametrize("function", [noise.gaussian_dropout, noise.alpha_dropout])
@pytest.mark.parametrize("rate", [-0.1, 1])
def test_a_rate_that_leaves_nothing_is_explained(function, rate):
    with pytest.raises(ValueError, match=f"from 0 to below 1, got {rate}"):
        function(jnp.ones((3, 4)), rate, KEY)
