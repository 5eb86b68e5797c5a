import numpy as np
import pytest

import plait
from plait import Input, Layer, Model, layers, ops, random
from tests.genuine import genuine_keras

LOGITS = np.log(np.array([[0.1, 0.9], [0.5, 0.5]], "float32"))
X = np.arange(12.0, dtype="float32").reshape(4, 3)

DRAWS = {
    "normal": ("normal", ((3, 4),), {"mean": 1.0, "stddev": 2.0}),
    "truncated_normal": ("truncated_normal", ((3, 4),), {"mean": 1.0, "stddev": 2.0}),
    "uniform": ("uniform", ((3, 4),), {"minval": -1.0, "maxval": 3.0}),
    "randint": ("randint", ((3, 4), 0, 10), {}),
    "categorical": ("categorical", (LOGITS, 5), {}),
    "dropout": ("dropout", (X, 0.5), {"noise_shape": (4, 1)}),
    "beta": ("beta", ((3, 4), 2.0, 0.5), {}),
    "beta of arrays": ("beta", ((2, 3), [[1.0], [2.0]], [0.5, 1.0, 3.0]), {}),
    "binomial": ("binomial", ((3, 4), 10, 0.3), {}),
    "binomial of arrays": ("binomial", ((2, 3), [[1], [20]], [0.1, 0.5, 0.9]), {}),
    "gamma": ("gamma", ((3, 4), 2.5), {}),
    "gamma of arrays": ("gamma", ((2, 3), X[:2] + 0.5), {}),
}


@pytest.mark.first_rows(4)
@pytest.mark.parametrize("case", DRAWS)
def test_an_integer_seed_gives_keras_numbers_every_time(case):
    name, args, kwargs = DRAWS[case]

    found = [getattr(random, name)(*args, seed=7, **kwargs) for _ in range(2)]

    with genuine_keras() as keras:
        expected = np.asarray(getattr(keras.random, name)(*args, seed=7, **kwargs))
    np.testing.assert_allclose(found[0], expected, rtol=1e-6)
    np.testing.assert_array_equal(found[0], found[1])
    assert found[0].dtype == expected.dtype


# What is drawn, and its mean and variance.
MOMENTS = {
    "beta": (lambda shape: random.beta(shape, 2.0, 3.0, seed=1), 0.4, 0.04),
    "binomial": (lambda shape: random.binomial(shape, 10, 0.3, seed=1), 3.0, 2.1),
    "gamma": (lambda shape: random.gamma(shape, 2.5, seed=1), 2.5, 2.5),
}


@pytest.mark.parametrize("name", MOMENTS)
def test_a_distribution_has_its_mean_and_its_variance(name):
    draw, mean, variance = MOMENTS[name]

    drawn = np.asarray(draw((100, 1000)))

    np.testing.assert_allclose([drawn.mean(), drawn.var()], [mean, variance], rtol=0.02)


def test_a_seed_generator_gives_keras_numbers_one_after_the_other():
    ours = random.SeedGenerator(7)
    found = [random.normal((5,), seed=ours) for _ in range(3)]

    with genuine_keras() as keras:
        theirs = keras.random.SeedGenerator(7)
        expected = [np.asarray(keras.random.normal((5,), seed=theirs)) for _ in range(3)]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_shuffling_keeps_the_rows():
    rows = [[number, -number] for number in range(50)]

    shuffled = random.shuffle(np.array(rows), seed=1).tolist()

    assert shuffled != rows
    assert sorted(shuffled) == rows


def test_without_a_seed_draws_differ_and_the_process_seed_repeats_them():
    def draws():
        plait.utils.set_random_seed(11)
        return [random.normal((3,)).tolist() for _ in range(2)]

    first, second = draws()

    assert first != second
    assert draws() == [first, second]


class Noise(Layer):
    """Adds noise in Keras's way, from a generator of its own."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = random.SeedGenerator(1)

    def call(self, inputs):
        return inputs + random.normal(ops.shape(inputs), seed=self.seed_generator)


def noise_of_each_step(*noisy):
    """Returns the noise added in two steps of one row, by a model that learns nothing."""
    seen = []
    x = Input((3,))
    outputs = x
    for layer in noisy:
        outputs = layer(outputs)
    model = Model(x, outputs)
    # The gradient of the sum is 1 everywhere, so the loss is the sum of the noise.
    model.compile("sgd", loss=lambda y_true, y_pred: ops.sum(y_pred, axis=-1))
    for _ in range(2):
        seen.append(float(model.train_on_batch(np.zeros((1, 3), "float32"), np.zeros((1, 3), "float32"))))
    return seen


MAKERS = {
    "a Lambda": lambda: [layers.Lambda(lambda t: t + random.normal(ops.shape(t)))],
    "a layer with a seed generator": lambda: [Noise()],
    "two equal layers": lambda: [Noise(), layers.Lambda(lambda t: -1.0 * t), Noise()],
    # Twelve elements, so that it is no matter of luck whether one is kept, and whether others are the next time.
    "a random function of a tensor": lambda: [
        lambda t: random.dropout(ops.repeat(t + 1.0, 4, axis=-1), 0.5) * np.array([2.0 ** np.arange(12)], "float32")
    ],
}


@pytest.mark.parametrize("maker", MAKERS)
def test_inside_a_layer_each_step_draws_anew(maker):
    first, second = noise_of_each_step(*MAKERS[maker]())

    assert first != second
    assert 0.0 not in (first, second)


@pytest.mark.parametrize("maker", MAKERS)
def test_inside_a_layer_draws_depend_on_seed_step_and_place_only(maker):
    def run():
        plait.utils.set_random_seed(5)
        plait.utils.clear_session()
        return noise_of_each_step(*MAKERS[maker]())

    before = run()
    random.normal((100,))

    assert run() == before


ERRORS = [
    (lambda: random.normal((2,), seed="x"), TypeError, "A seed is an integer, a SeedGenerator or None, got 'x'"),
    (lambda: random.normal((2,), seed=-1), ValueError, r"from 0 to 2\*\*32 - 1, got -1"),
    (lambda: random.uniform((2,), dtype="int32"), ValueError, "needs a float dtype, got int32"),
    (lambda: random.normal(ops.shape(Input((3,)))), ValueError, r"got \(None, 3\)(.|\n)*Draw inside a layer"),
    (
        lambda: random.categorical(LOGITS[0], 2),
        ValueError,
        r"needs logits of shape \(batch, classes\), got shape \(2,\)",
    ),
]


@pytest.mark.parametrize(("call", "error", "words"), ERRORS)
def test_what_cannot_be_drawn_is_explained(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_a_seed_generator_is_made_again_from_its_config():
    made = random.SeedGenerator.from_config(random.SeedGenerator(3, name="mine").get_config())

    assert (made.seed, made.name) == (3, "mine")
