"""Initializers: the distributions of the papers, drawn from seed and place alone."""

import math

import jax.numpy as jnp
import numpy as np
import pytest

from plait import initializers
from plait.core import registry, seeds
from plait.core.weight import Weight
from tests.genuine import genuine_keras

KERNEL = (3, 3, 40, 50)
FAN_IN, FAN_OUT = 360, 450
# The truncation at 2 standard deviations leaves 0.8796 of them.
TRUNCATED = 0.87962566103423978

DISTRIBUTIONS = [  # initializer, mean, standard deviation, bound
    (initializers.RandomUniform(-1.0, 3.0), 1, 4 / math.sqrt(12), 3),
    (initializers.RandomNormal(2.0, 0.5), 2, 0.5, math.inf),
    (initializers.TruncatedNormal(1.0, 0.5), 1, 0.5 * TRUNCATED, 2),
    (initializers.GlorotUniform(), 0, math.sqrt(2 / (FAN_IN + FAN_OUT)), math.sqrt(6 / (FAN_IN + FAN_OUT))),
    (
        initializers.GlorotNormal(),
        0,
        math.sqrt(2 / (FAN_IN + FAN_OUT)),
        2 * math.sqrt(2 / (FAN_IN + FAN_OUT)) / TRUNCATED,
    ),
    (initializers.HeUniform(), 0, math.sqrt(2 / FAN_IN), math.sqrt(6 / FAN_IN)),
    (initializers.HeNormal(), 0, math.sqrt(2 / FAN_IN), 2 * math.sqrt(2 / FAN_IN) / TRUNCATED),
    (initializers.LecunUniform(), 0, math.sqrt(1 / FAN_IN), math.sqrt(3 / FAN_IN)),
    (initializers.LecunNormal(), 0, math.sqrt(1 / FAN_IN), 2 * math.sqrt(1 / FAN_IN) / TRUNCATED),
    (
        initializers.VarianceScaling(0.5, "fan_out", "untruncated_normal"),
        0,
        math.sqrt(0.5 / FAN_OUT),
        math.inf,
    ),
    (
        initializers.VarianceScaling(0.5, "fan_out", "uniform"),
        0,
        math.sqrt(0.5 / FAN_OUT),
        math.sqrt(1.5 / FAN_OUT),
    ),
]


@pytest.mark.parametrize(
    ("initializer", "mean", "stddev", "bound"), DISTRIBUTIONS, ids=lambda value: type(value).__name__
)
def test_values_have_the_mean_deviation_and_bound_of_the_paper(initializer, mean, stddev, bound):
    values = initializer.draw(KERNEL, "float32", "dense/kernel").astype("float64")

    count = values.size
    assert abs(values.mean() - mean) < 5 * stddev / math.sqrt(count)
    assert values.std() == pytest.approx(stddev, rel=5 / math.sqrt(count))
    assert np.abs(values).max() <= bound * (1 + 1e-6)
    if bound < math.inf:
        assert np.abs(values).max() > 0.99 * bound


@pytest.mark.parametrize("shape", [(), (7,), (3, 4), (5, 6, 7), (2, 3, 4, 5)])
def test_fans_are_those_of_keras(shape):
    with genuine_keras():
        from keras.src.initializers.random_initializers import compute_fans

        expected = compute_fans(shape)

    assert initializers.fans(shape) == expected


def test_fans_along_given_axes():
    assert initializers.fans((2, 3, 5), input_axes=(0, 1), output_axes=(2,)) == (6, 5)


@pytest.mark.parametrize("shape", [(4, 16), (16, 4), (6, 6), (2, 3, 4)])
def test_orthogonal_is_orthogonal(shape):
    matrix = initializers.Orthogonal(gain=2.0).draw(shape, "float32", "lstm/recurrent_kernel").reshape(-1, shape[-1])

    product = matrix @ matrix.T if matrix.shape[0] < matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)


CONSTANTS = [
    (initializers.Zeros(), np.zeros((2, 3))),
    (initializers.Ones(), np.ones((2, 3))),
    (initializers.Constant(0.5), np.full((2, 3), 0.5)),
    (initializers.Constant([1, 2, 3]), [[1, 2, 3], [1, 2, 3]]),
    (initializers.Identity(3.0), [[3, 0, 0], [0, 3, 0]]),
    (initializers.get(np.arange(6).reshape(2, 3)), [[0, 1, 2], [3, 4, 5]]),
    (initializers.get(jnp.ones((2, 3))), np.ones((2, 3))),
    (initializers.get(lambda shape, dtype=None: jnp.full(shape, 7, dtype)), np.full((2, 3), 7)),
]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize(("initializer", "expected"), CONSTANTS, ids=lambda value: type(value).__name__)
def test_what_is_not_random(initializer, expected, dtype):
    values = initializer.draw((2, 3), dtype, "")
    assert values.dtype == jnp.dtype(dtype)
    np.testing.assert_array_equal(values.astype("float32"), expected)


NOT_RANDOM = (initializers.Zeros, initializers.Ones, initializers.Constant, initializers.Identity, initializers.STFT)
RANDOM = [cls for cls in dict.fromkeys(initializers._TABLE.values()) if cls not in NOT_RANDOM]


@pytest.mark.parametrize("cls", RANDOM)
def test_the_same_seed_and_place_give_the_same_bits(cls):
    np.testing.assert_array_equal(cls().draw((4, 5), "float32", "a"), cls().draw((4, 5), "float32", "a"))


@pytest.mark.parametrize("cls", RANDOM)
def test_another_place_or_seed_gives_other_numbers(cls):
    first, elsewhere = cls().draw((4, 5), "float32", "a"), cls().draw((4, 5), "float32", "b")
    seeds.set_random_seed(1)
    reseeded = cls().draw((4, 5), "float32", "a")

    assert not np.any(first == elsewhere)
    assert not np.any(first == reseeded)


@pytest.mark.parametrize("cls", RANDOM)
def test_an_initializer_with_its_own_seed_knows_no_place_and_no_other_seed(cls):
    first = cls(seed=7).draw((4, 5), "float32", "a")
    seeds.set_random_seed(1)
    np.testing.assert_array_equal(first, cls(seed=7)((4, 5)))


@pytest.mark.parametrize("cls", [initializers.RandomUniform, initializers.TruncatedNormal])
@pytest.mark.parametrize("threads", [1, 3])
def test_large_arrays_do_not_depend_on_the_number_of_threads(cls, threads, monkeypatch):
    monkeypatch.setattr(initializers, "_BLOCK", 1000)
    usual = cls().draw((50, 99), "float32", "a")
    monkeypatch.setattr(initializers.os, "cpu_count", lambda: threads)

    np.testing.assert_array_equal(cls().draw((50, 99), "float32", "a"), usual)
    assert np.unique(usual).size > 4900  # no block repeats another


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("cls", RANDOM)
def test_values_have_the_dtype_of_the_weight(cls, dtype):
    assert cls().draw((3, 4), dtype, "a").dtype == jnp.dtype(dtype)


def keras_names():
    with genuine_keras():
        from keras.src.initializers import ALL_OBJECTS_DICT
    # Keras itself does not make a Constant from its name.
    without = ("initializer", "constant")
    return sorted(name for name in ALL_OBJECTS_DICT if not name.lower().startswith(without))


@pytest.mark.parametrize("name", keras_names())
def test_every_name_that_keras_knows_is_found(name):
    with genuine_keras() as keras:
        expected = type(keras.initializers.get(name)).__name__

    assert type(initializers.get(name)).__name__ == expected


@pytest.mark.parametrize("cls", [*RANDOM, initializers.Constant, initializers.STFT])
def test_a_config_is_that_of_keras(cls):
    with genuine_keras() as keras:
        expected = keras.initializers.serialize(getattr(keras.initializers, cls.__name__)())

    assert initializers.serialize(cls()) == expected


@pytest.mark.parametrize("cls", RANDOM)
def test_a_config_makes_the_same_initializer_again(cls):
    config = initializers.serialize(cls(seed=3))
    assert initializers.serialize(initializers.get(config)) == config


def test_a_config_of_keras_2_is_read():
    config = {"scale": 1.0, "mode": "fan_avg", "distribution": "normal", "seed": None}
    initializer = initializers.get({"class_name": "VarianceScaling", "config": config})
    assert initializer.distribution == "truncated_normal"


def test_a_class_of_the_users_own_needs_only_a_call():
    class Tenths(initializers.Initializer):
        def __call__(self, shape, dtype=None):
            return jnp.full(shape, 0.1, dtype)

    np.testing.assert_array_equal(initializers.get(Tenths).draw((2,), "float32", ""), np.float32([0.1, 0.1]))


def test_a_registered_function_survives_its_config():
    @registry.register_keras_serializable(package="tests")
    def thirds(shape, dtype=None):
        return jnp.full(shape, 1 / 3, dtype)

    assert initializers.get(registry.serialize(thirds)).function is thirds


MESSAGES = [
    (lambda: initializers.get("glorot_unifrom"), ValueError, 'Did you mean "glorot_uniform"'),
    (
        lambda: initializers.get(3),
        TypeError,
        "Expected the name of an initializer or the initializer itself, got 3",
    ),
    (lambda: initializers.Orthogonal()((3,)), ValueError, r"Orthogonal needs a weight of two axes or more"),
    (
        lambda: initializers.Identity()((3,)),
        ValueError,
        r"Identity needs a matrix to fill, got the shape \(3,\)",
    ),
    (
        lambda: initializers.Constant([1, 2])((3,)),
        ValueError,
        r"shape \(2,\), which do not fit the shape \(3,\)",
    ),
    (lambda: initializers.VarianceScaling(scale=0), ValueError, "needs a positive scale, got 0"),
    (lambda: initializers.VarianceScaling(mode="fan_inn"), ValueError, 'Did you mean "fan_in"'),
    (lambda: initializers.VarianceScaling(distribution="unifrom"), ValueError, 'Did you mean "uniform"'),
]


@pytest.mark.parametrize(("mistake", "error", "message"), MESSAGES)
def test_a_mistake_is_explained(mistake, error, message):
    with pytest.raises(error, match=message):
        mistake()


def test_a_large_value_is_in_one_place_of_memory_only_until_it_is_trained():
    weight = Weight("kernel", (1024, 1024), "float32", initializers.get("glorot_uniform"), place=lambda: "kernel")
    made = []
    drawn = weight.initializer.draw
    weight.initializer.draw = lambda *what: made.append(drawn(*what)) or made[0]

    assert weight.value.unsafe_buffer_pointer() == made[0].ctypes.data


def test_an_array_that_a_function_goes_on_writing_to_is_copied():
    array = np.zeros((64, 64), "float32")
    initializer = initializers.get(lambda shape, dtype=None: array)
    weight = Weight("kernel", (64, 64), "float32", initializer, place=lambda: "kernel")
    before = np.array(weight.value)

    array += 1

    np.testing.assert_array_equal(weight.value, before)
