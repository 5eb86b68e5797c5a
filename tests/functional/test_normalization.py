import jax.numpy as jnp
import numpy as np
import pytest

from plait.functional import normalization
from tests.functional.gradients import assert_close, outputs_and_gradients
from tests.genuine import genuine_keras

SHAPES = [((6, 3), -1), ((6, 3, 4, 2), 1), ((6, 4, 3, 2), 2)]


def example(shape):
    return np.random.default_rng(0).normal(2, 3, shape).astype("float32")


def built_layer(keras, shape, **arguments):
    layer = keras.layers.BatchNormalization(**arguments)
    layer.build(shape)
    random = np.random.default_rng(1)
    for weight in layer.weights:
        weight.assign(random.uniform(0.5, 2, weight.shape))
    return layer, {weight.name: weight.numpy() for weight in layer.weights}


def masked(shape, with_mask):
    return np.random.default_rng(2).random(shape[:-1]) < 0.6 if with_mask else None


@pytest.mark.first_rows(1)
@pytest.mark.parametrize("with_mask", [False, True])
@pytest.mark.parametrize(("shape", "axis"), SHAPES)
def test_training_is_that_of_keras(shape, axis, with_mask):
    inputs, mask = example(shape), masked(shape, with_mask)

    def ours(x, gamma, beta):
        mean, variance = normalization.batch_moments(x, axis, mask)
        return normalization.normalize(x, mean, variance, gamma, beta, axis=axis)

    with genuine_keras() as keras:
        layer, weights = built_layer(keras, shape, axis=axis, momentum=0.9)
        held = [v.value for v in layer.non_trainable_variables]

        def theirs(x, *trained):
            return layer.stateless_call(list(trained), held, x, training=True, mask=mask)[0]

        expected = outputs_and_gradients(theirs, inputs, weights["gamma"], weights["beta"])
        layer(inputs, training=True, mask=mask)
        moved = {weight.name: weight.numpy() for weight in layer.weights}

    assert_close(outputs_and_gradients(ours, inputs, weights["gamma"], weights["beta"]), expected)
    for name, new in zip(
        ("moving_mean", "moving_variance"), normalization.batch_moments(inputs, axis, mask), strict=True
    ):
        average = normalization.moving_average(weights[name], new, 0.9)
        np.testing.assert_allclose(average, moved[name], rtol=1e-5)


@pytest.mark.first_rows(1)
@pytest.mark.parametrize(
    ("clipping", "scaled"),
    [({}, True), ({"rmin": 0.9, "rmax": 1.1, "dmax": 0.2}, True), ({"rmax": 3.0}, False)],
)
def test_renormalization_is_that_of_keras(clipping, scaled):
    inputs = example((6, 5, 3))
    with genuine_keras() as keras:
        layer, weights = built_layer(
            keras,
            inputs.shape,
            renorm=True,
            renorm_clipping=clipping,
            renorm_momentum=0.7,
            momentum=0.9,
            center=scaled,
            scale=scaled,
        )
        trained = [v.value for v in layer.trainable_variables]
        held = [v.value for v in layer.non_trainable_variables]
        expected = outputs_and_gradients(lambda x: layer.stateless_call(trained, held, x, training=True)[0], inputs)
        layer(inputs, training=True)
        moved = {weight.name: weight.numpy() for weight in layer.weights}

    def ours(x):
        mean, variance = normalization.batch_moments(x)
        r, d = normalization.renorm_corrections(
            mean,
            variance,
            weights["renorm_mean"],
            weights["renorm_stddev"],
            epsilon=1e-3,
            clipping=normalization.Clipping(**clipping),
        )
        gamma, beta = normalization.corrected(weights.get("gamma"), weights.get("beta"), r, d)
        return normalization.normalize(x, mean, variance, gamma, beta)

    assert_close(outputs_and_gradients(ours, inputs), expected)

    mean, variance = normalization.batch_moments(inputs)
    stddev = jnp.sqrt(variance + 1e-3)
    average = normalization.moving_average
    moving_stddev = average(weights["moving_stddev"], stddev, 0.9)
    np.testing.assert_allclose(average(weights["renorm_mean"], mean, 0.7), moved["renorm_mean"], rtol=1e-5)
    np.testing.assert_allclose(average(weights["renorm_stddev"], stddev, 0.7), moved["renorm_stddev"], rtol=1e-5)
    np.testing.assert_allclose(moving_stddev, moved["moving_stddev"], rtol=1e-5)
    np.testing.assert_allclose(normalization.variance_of(moving_stddev, 1e-3), moved["moving_variance"], rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_statistics_of_half_precision_are_float32_and_outputs_are_not(dtype):
    inputs = jnp.full((4, 100, 2), 300.0, dtype)
    mean, variance = normalization.batch_moments(inputs)
    outputs = normalization.normalize(inputs, mean, variance)
    assert (mean.dtype, variance.dtype, outputs.dtype) == ("float32", "float32", dtype)
    np.testing.assert_allclose(mean, 300)


def test_a_batch_masked_out_entirely_has_finite_moments():
    mean, variance = normalization.batch_moments(jnp.full((2, 3, 1), jnp.inf), mask=jnp.zeros((2, 3), bool))
    assert (mean.item(), variance.item()) == (0, 0)


def test_a_mask_of_another_shape_is_explained():
    with pytest.raises(ValueError, match=r"without the last axis: \(2, 3\), got \(3, 2\)"):
        normalization.batch_moments(jnp.ones((2, 3, 1)), mask=jnp.ones((3, 2)))
