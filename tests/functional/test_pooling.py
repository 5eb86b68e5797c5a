import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait.functional import pooling
from tests.functional.gradients import assert_close, outputs_and_gradients
from tests.genuine import genuine_keras

CASES = [
    # spatial lengths, pool_size, strides, data_format
    ((9,), 2, None, "channels_last"),
    ((9,), 3, 2, "channels_first"),
    ((9,), (4,), 1, "channels_last"),
    ((40,), 20, 7, "channels_last"),  # a window of more elements than are sliced
    ((7, 8), 2, None, "channels_last"),
    ((7, 8), (3, 2), (2, 3), "channels_first"),
    ((7, 8), 3, 1, "channels_last"),
    ((7, 8), 1, 2, "channels_last"),
    ((7, 8), 5, 2, "channels_first"),
    ((4, 5, 6), 2, None, "channels_last"),
    ((4, 5, 6), (1, 2, 3), (1, 2, 1), "channels_first"),
]
KINDS = ["max_pool", "average_pool"]


def with_ties(spatial, data_format):
    """Returns whole numbers from 0 up, more than half of them zero, as after a relu."""
    random = np.random.default_rng(0)
    shape = (2, *spatial, 3) if data_format == "channels_last" else (2, 3, *spatial)
    return np.maximum(random.integers(-4, 4, shape), 0).astype("float32")


@pytest.mark.first_rows(5)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("spatial", "pool_size", "strides", "data_format"), CASES)
def test_values_and_gradients_are_those_of_keras_with_ties_too(kind, padding, spatial, pool_size, strides, data_format):
    inputs = with_ties(spatial, data_format)
    rest = (padding, data_format)
    ours = outputs_and_gradients(lambda x: getattr(pooling, kind)(x, pool_size, strides, *rest), inputs)
    with genuine_keras() as keras:
        pool = getattr(keras.ops, kind)
        theirs = outputs_and_gradients(lambda x: pool(x, pool_size, strides or pool_size, *rest), inputs)
    assert_close(ours, theirs)


@pytest.mark.parametrize("size", [3, 20])
def test_integers_are_pooled_too(size):
    inputs = -jnp.arange(40).reshape(1, 40, 1)
    assert pooling.max_pool(inputs, size, padding="same").dtype == inputs.dtype
    assert pooling.max_pool(inputs, size, padding="same").max() == 0
    assert pooling.average_pool(inputs, size)[0, 0, 0] == -np.arange(size).mean()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("kind", KINDS)
def test_half_precision_stays(kind, dtype):
    assert getattr(pooling, kind)(jnp.ones((1, 5, 1), dtype), 2, padding="same").dtype == dtype


@pytest.mark.parametrize("place", range(4))
def test_nan_is_not_lost(place):
    inputs = jnp.zeros((1, 4, 1)).at[0, place, 0].set(jnp.nan)
    assert jnp.isnan(pooling.max_pool(inputs, 4)).all()


def test_a_maximum_has_second_derivatives():
    inputs = jnp.asarray(with_ties((6,), "channels_last")) + 1
    cubes = jax.grad(lambda x: jnp.sum(pooling.max_pool(x, 2) ** 3))
    first_largest = jax.grad(lambda x: jnp.sum(pooling.max_pool(x, 2)))(inputs)
    second = jax.grad(lambda x: jnp.sum(cubes(x)))(inputs)
    np.testing.assert_allclose(second, 6 * inputs * first_largest, rtol=1e-6)


def test_causal_padding_is_for_convolutions():
    with pytest.raises(ValueError, match='Pooling needs padding "valid" or "same", got "causal"'):
        pooling.max_pool(jnp.ones((1, 4, 1)), 2, padding="causal")


@pytest.mark.first_rows(2)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("spatial", "output_size"), [((9,), (3,)), ((9,), (4,)), ((40,), (2,)), ((7, 8), (2, 3)), ((4, 5, 6), (3, 2, 4))]
)
def test_adaptive_pooling_is_that_of_keras_with_ties_too(kind, spatial, output_size):
    inputs, name = with_ties(spatial, "channels_last"), f"adaptive_{kind}"
    ours = outputs_and_gradients(lambda x: getattr(pooling, name)(x, output_size), inputs)
    with genuine_keras() as keras:
        pool = getattr(keras.ops, name)
        theirs = outputs_and_gradients(lambda x: pool(x, output_size, data_format="channels_last"), inputs)
    assert_close(ours, theirs)
