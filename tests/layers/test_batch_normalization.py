"""Running statistics: when they follow, when they stay, and how precise they are."""

import jax.numpy as jnp
import numpy as np
import pytest

import plait
from plait.core.context import Context
from plait.layers import BatchNormalization, Input
from tests.genuine import genuine_keras

BATCHES = np.random.default_rng(0).normal(3, 2, (5, 8, 4)).astype("float32")


def state(layer):
    return [weight.numpy() for weight in layer.non_trainable_weights]


def of_steps(batch):
    return np.random.default_rng(1).random(batch.shape[:-1]) < 0.6


def of_examples(batch):
    return of_steps(batch)[:, :1]


CLIPPING = {"rmin": 0.9, "rmax": 1.1, "dmax": 0.2}
CASES = [
    # arguments, the shape of an example, what makes the mask of a batch
    ({}, (4,), None),
    ({}, (1,), None),
    ({"momentum": 0.0}, (4,), None),
    ({"momentum": 1.0}, (4,), None),
    ({"momentum": 0.5, "epsilon": 0.5}, (4,), None),
    ({"center": False}, (4,), None),
    ({"scale": False}, (4,), None),
    ({"center": False, "scale": False}, (3, 4), None),
    ({"axis": 1}, (3, 4), None),
    ({"axis": -2, "momentum": 0.7}, (3, 4), None),
    ({"axis": 1, "scale": False}, (2, 3, 4), None),
    ({"moving_mean_initializer": "ones", "moving_variance_initializer": "zeros"}, (4,), None),
    ({}, (6, 4), of_steps),
    ({"axis": 1, "center": False}, (6, 4), of_steps),
    ({"momentum": 0.5}, (2, 3, 4), of_steps),
    ({}, (6, 4), of_examples),
    ({"renorm": True}, (4,), None),
    ({"renorm": True}, (1,), None),
    ({"renorm": True, "momentum": 0.8, "renorm_momentum": 0.5}, (4,), None),
    ({"renorm": True, "renorm_momentum": 0.0, "epsilon": 0.1}, (4,), None),
    ({"renorm": True, "renorm_clipping": CLIPPING, "renorm_momentum": 0.5}, (4,), None),
    ({"renorm": True, "renorm_clipping": {"rmin": 1.0}, "center": False}, (4,), None),
    ({"renorm": True, "renorm_clipping": {"rmax": 1.0}, "scale": False}, (3, 4), None),
    ({"renorm": True, "renorm_clipping": {"dmax": 0.0}, "center": False, "scale": False}, (4,), None),
    ({"renorm": True, "axis": 1}, (2, 3, 4), None),
    ({"renorm": True, "moving_mean_initializer": "ones", "moving_variance_initializer": "zeros"}, (4,), None),
    ({"renorm": True, "renorm_clipping": CLIPPING}, (6, 4), of_steps),
    ({"renorm_clipping": CLIPPING, "renorm_momentum": 0.1}, (4,), None),
]
# Genuine Keras compiles for seconds: all rows are run by `make test-all`.
ROWS = [pytest.param(*case, marks=[pytest.mark.slow] if number % 3 else []) for number, case in enumerate(CASES)]


@pytest.mark.first_rows(1)
@pytest.mark.parametrize(("arguments", "shape", "masked"), ROWS)
def test_batches_of_all_sizes_give_the_outputs_and_running_statistics_of_keras(arguments, shape, masked):
    random = np.random.default_rng(0)
    batches = [random.normal(3, 2, (size, *shape)).astype("float32") for size in (8, 3, 1, 5)]
    masks = [masked(batch) if masked else None for batch in batches]
    ours = BatchNormalization(**arguments)
    ours.build((None, *shape))
    begun = [random.uniform(0.5, 2, weight.shape).astype("float32") for weight in ours.weights]
    ours.set_weights(begun)
    outputs = [ours(batch, training=True, mask=mask) for batch, mask in zip(batches, masks, strict=True)]
    with genuine_keras() as keras:
        theirs = keras.layers.BatchNormalization(**arguments)
        theirs.build((None, *shape))
        theirs.set_weights(begun)
        expected = [theirs(batch, training=True, mask=mask) for batch, mask in zip(batches, masks, strict=True)]
        statistics = [weight.numpy() for weight in theirs.non_trainable_weights]
        inferred = theirs(batches[0])
    for a, b in zip([*outputs, ours(batches[0])], [*expected, inferred], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)
    for a, b in zip(state(ours), statistics, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.first_rows(1)
@pytest.mark.parametrize(
    "arguments", [{}, {"momentum": 0.9, "scale": False}, {"renorm": True, "renorm_momentum": 0.8, "epsilon": 0.1}]
)
def test_a_model_fitted_in_batches_that_do_not_come_out_even_ends_with_the_weights_of_keras(arguments):
    random = np.random.default_rng(0)
    x, y = (random.normal(2, 3, (11, size)).astype("float32") for size in (4, 1))

    def fitted(library, begun=None):
        layers = library.layers
        model = library.Sequential([layers.Input((4,)), layers.BatchNormalization(**arguments), layers.Dense(1)])
        if begun:
            model.set_weights(begun)
        before = model.get_weights()
        model.compile(library.optimizers.SGD(0.05), "mse")
        model.fit(x, y, batch_size=4, epochs=3, shuffle=False, verbose=0)
        return before, model.get_weights()

    begun, ours = fitted(plait)
    with genuine_keras() as keras:
        _, theirs = fitted(keras, begun)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("training", [True, False])
def test_integers_become_the_floats_of_keras(policy, training):
    inputs = np.array([[3, 1000], [-2, 70000], [7, 4]], "int32")
    outputs = BatchNormalization(dtype=policy)(inputs, training=training)
    with genuine_keras() as keras:
        expected = keras.layers.BatchNormalization(dtype=policy)(inputs, training=training)
    assert outputs.dtype == expected.dtype
    np.testing.assert_allclose(outputs.astype("float32"), expected.astype("float32"), rtol=1e-5)


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
        ({"axis": [1, 2]}, r"one integer for axis, got \[1, 2\]"),
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
