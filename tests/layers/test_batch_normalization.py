"""Running statistics: when they follow, when they stay, and how precise they are."""

import jax.numpy as jnp
import numpy as np
import pytest

from plait.core.context import Context
from plait.layers import BatchNormalization, Input
from tests.genuine import genuine_keras

BATCHES = np.random.default_rng(0).normal(3, 2, (5, 8, 4)).astype("float32")


def state(layer):
    return [weight.numpy() for weight in layer.non_trainable_weights]


@pytest.mark.parametrize("arguments", [{}, {"momentum": 0.5}, {"renorm": True, "renorm_momentum": 0.5}])
def test_the_running_statistics_follow_the_batches_as_in_keras(arguments):
    ours = BatchNormalization(**arguments)
    for batch in BATCHES:
        ours(batch, training=True)
    with genuine_keras() as keras:
        theirs = keras.layers.BatchNormalization(**arguments)
        for batch in BATCHES:
            theirs(batch, training=True)
        expected = [weight.numpy() for weight in theirs.non_trainable_weights]
        inferred = theirs(BATCHES[0])
    for a, b in zip(state(ours), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)
    np.testing.assert_allclose(ours(BATCHES[0]), inferred, rtol=1e-4, atol=1e-5)


def test_outside_training_nothing_changes():
    layer = BatchNormalization()
    layer(BATCHES[0], training=True)
    before = state(layer)
    layer(BATCHES[1])
    np.testing.assert_array_equal(state(layer), before)


def test_a_frozen_layer_infers_and_keeps_its_statistics():
    layer = BatchNormalization(trainable=False)
    outputs = layer(BATCHES[0], training=True)
    np.testing.assert_allclose(outputs, BATCHES[0] / np.sqrt(1 + 1e-3), rtol=1e-5)
    np.testing.assert_array_equal([layer.moving_mean, layer.moving_variance], [np.zeros(4), np.ones(4)])


def test_a_layer_that_a_program_froze_infers_too():
    layer = BatchNormalization()
    layer(BATCHES[0])
    values = {weight: weight.value for weight in layer.weights}
    updated = layer.run(values, jnp.asarray(BATCHES[0]), Context(training=True, frozen=frozenset([layer])), {})
    assert not updated.values


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_statistics_are_float32_under_mixed_precision(policy):
    layer = BatchNormalization(dtype=policy)
    outputs = layer(BATCHES[0], training=True)
    reference = BatchNormalization()
    reference(BATCHES[0].astype(outputs.dtype), training=True)
    assert outputs.dtype == layer.compute_dtype
    assert {weight.value.dtype.name for weight in layer.weights} == {"float32"}
    for a, b in zip(state(layer), state(reference), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_a_running_mean_is_not_rounded_to_the_dtype_computed_in():
    layer = BatchNormalization(dtype="mixed_bfloat16", momentum=0.999)
    layer(BATCHES[0])
    layer.moving_mean.assign(np.full(4, 3.0))
    layer(BATCHES[0] * 0, training=True)
    np.testing.assert_allclose(layer.moving_mean.numpy(), 3 * 0.999, rtol=1e-6)


def test_masked_steps_do_not_count():
    mask = np.array([[True, True, False]] * 8)
    sequences = np.stack([BATCHES[0], BATCHES[1], 1000 * BATCHES[2]], axis=1)
    masked, shorter = BatchNormalization(), BatchNormalization()
    masked(sequences, training=True, mask=mask)
    shorter(sequences[:, :2], training=True)
    for a, b in zip(state(masked), state(shorter), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"momentum": 2}, "number from 0 to 1 for momentum"),
        ({"renorm": True, "renorm_clipping": {"max": 1}}, "only rmin, rmax and dmax in renorm_clipping, got 'max'"),
        ({"renorm": True, "renorm_clipping": {"rmin": 2, "rmax": 1}}, "rmax of renorm_clipping to be at least rmin"),
        ({"renorm": True, "renorm_clipping": {"dmax": -1}}, "dmax of renorm_clipping to be 0 or more"),
    ],
)
def test_a_wrong_argument_is_explained(arguments, message):
    with pytest.raises(ValueError, match=message):
        BatchNormalization(**arguments)


def test_an_axis_the_inputs_do_not_have_is_explained():
    with pytest.raises(ValueError, match="axis 3"):
        BatchNormalization(axis=3)(Input((4,)))
