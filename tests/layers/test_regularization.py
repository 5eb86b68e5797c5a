"""What the table of layers does not say of noise: what a draw shares, what stays on average, what the loss is told."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait import Model
from plait.core import registry
from plait.core.context import Context
from plait.layers import (
    ActivityRegularization,
    AlphaDropout,
    GaussianDropout,
    GaussianNoise,
    Input,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
)
from tests.genuine import genuine_keras

X = np.random.default_rng(0).normal(size=(3, 4, 5)).astype("float32")


def trained(layer, inputs, seed=0):
    """Returns the outputs of a training step."""
    ctx = Context(training=True, root_key=jax.random.key(seed), place=layer.name)
    return np.asarray(layer.run({}, jnp.asarray(inputs), ctx, {}).outputs)


@pytest.mark.parametrize(
    ("layer", "shape", "of_map"),
    [
        (SpatialDropout1D(0.5), (4, 6, 5), (1,)),
        (SpatialDropout2D(0.5), (4, 3, 4, 5), (1, 2)),
        (SpatialDropout2D(0.5, "channels_first"), (4, 5, 3, 4), (2, 3)),
        (SpatialDropout3D(0.5), (4, 2, 3, 4, 5), (1, 2, 3)),
        (SpatialDropout3D(0.5, "channels_first"), (4, 5, 2, 3, 4), (2, 3, 4)),
    ],
)
def test_a_map_is_dropped_as_a_whole_and_another_is_not(layer, shape, of_map):
    outputs = trained(layer, np.ones(shape, "float32"))
    maps = outputs.min(of_map)
    np.testing.assert_array_equal(maps, outputs.max(of_map))
    assert set(np.unique(maps)) == {0.0, 2.0}


@pytest.mark.parametrize("layer", [GaussianNoise(0.5, 1), GaussianDropout(0.5, 1), AlphaDropout(0.5, seed=1)], ids=str)
def test_a_layer_with_a_seed_repeats_its_draws_and_another_step_draws_others(layer):
    np.testing.assert_array_equal(trained(layer, X), trained(layer, X))
    assert not np.array_equal(trained(layer, X), trained(layer, X, seed=1))


def test_alpha_dropout_shares_draws_along_an_axis():
    outputs = trained(AlphaDropout(0.5, (None, 1, None)), np.ones((3, 4, 5), "float32"))
    np.testing.assert_array_equal(outputs, np.broadcast_to(outputs[:, :1], outputs.shape))


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("make", [GaussianNoise, GaussianDropout, AlphaDropout, SpatialDropout1D])
def test_half_precision_stays(make, dtype):
    assert trained(make(0.5, dtype=dtype), X).dtype.name == dtype


@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.0), (0.1, 0.0), (0.0, 0.2), (0.3, 0.4)])
def test_the_penalty_is_that_of_keras(l1, l2):
    with genuine_keras() as keras:
        theirs = keras.layers.ActivityRegularization(l1, l2)
        theirs(X)
        expected = np.asarray(theirs.losses[0])
    layer = ActivityRegularization(l1, l2)
    layer(X)
    np.testing.assert_allclose(layer.losses[0], expected, rtol=1e-5)


def test_the_penalty_is_part_of_the_loss_of_a_model():
    inputs = Input((4,))
    model = Model(inputs, ActivityRegularization(l1=1.0)(inputs))
    model.compile("sgd", "mse")
    assert model.evaluate(np.ones((6, 4)), np.ones((6, 4)), verbose=0) == pytest.approx(4.0)


@pytest.mark.parametrize(
    "make",
    [
        lambda L: L.SpatialDropout1D(0.3, seed=2, name="x"),
        lambda L: L.SpatialDropout2D(0.3, "channels_first", name="x"),
        lambda L: L.SpatialDropout3D(0.3, name="x"),
        lambda L: L.GaussianNoise(0.3, name="x"),
        lambda L: L.GaussianDropout(0.3, 2, name="x"),
        lambda L: L.AlphaDropout(0.3, [None, 1], name="x"),
        lambda L: L.ActivityRegularization(0.1, 0.2, name="x"),
    ],
)
def test_a_config_is_that_of_keras_and_each_reads_the_others(make):
    import plait.layers

    with genuine_keras() as keras:
        theirs = make(keras.layers)
        config = theirs.get_config()
        again = type(theirs).from_config(make(plait.layers).get_config())
        assert again.get_config() == config
    ours = make(plait.layers)
    assert ours.get_config().keys() == config.keys()
    assert type(ours).from_config(config).get_config() == ours.get_config()
    assert registry.deserialize(registry.serialize(ours)).get_config() == ours.get_config()


def test_inputs_that_a_noise_shape_does_not_fit_are_explained():
    with pytest.raises(ValueError, match=r"of shape \(2, 4\), each None, 1 or the length of the axis, got \(None, 3\)"):
        AlphaDropout(0.5, (None, 3))(np.ones((2, 4), "float32"), training=True)
