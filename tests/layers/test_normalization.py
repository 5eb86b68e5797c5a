"""Normalization by statistics of each example and of kernels: precision, edges, state; and how it is written."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait import layers
from plait.core.context import Context
from tests.genuine import genuine_keras

EXAMPLES = np.random.default_rng(3).normal(size=(4, 5)).astype("float32")


CONFIGURED = [
    (lambda L: L.LayerNormalization(axis=[1, 2]), (3, 5)),
    (lambda L: L.RMSNormalization(), (5,)),
    (lambda L: L.GroupNormalization(-1), (3, 4)),
    (lambda L: L.UnitNormalization((1, 2)), (3, 5)),
    (lambda L: L.Identity(), (5,)),
    (lambda L: L.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d"), (4, 5)),
    (lambda L: L.ReversibleEmbedding(7, 3), (4,)),
    (lambda L: L.SpectralNormalization(L.Dense(3, name="inside"), power_iterations=2), (5,)),
]


@pytest.mark.parametrize(("make", "shape"), CONFIGURED)
def test_its_config_has_the_words_of_keras(make, shape):
    ours = make(layers)
    ours(layers.Input(shape))
    with genuine_keras() as keras:
        theirs = make(keras.layers)
        theirs(keras.Input(shape))
        config = json.loads(json.dumps(theirs.get_config()))
        read = type(theirs).from_config(json.loads(json.dumps(ours.get_config())))
        assert set(ours.get_config()) <= set(theirs.get_config()) | {"activity_regularizer"}
        assert json.loads(json.dumps(read.get_config())).keys() == config.keys()
    again = type(ours).from_config(config)
    assert {**again.get_config(), "name": None} == {**ours.get_config(), "name": None}


@pytest.mark.parametrize(
    "make",
    [lambda dtype: layers.LayerNormalization(dtype=dtype), lambda dtype: layers.GroupNormalization(1, dtype=dtype)],
)
def test_statistics_are_those_of_all_digits_under_mixed_precision(make):
    far = 1000 + np.arange(8, dtype="float32").reshape(2, 4) / 8
    outputs = make("mixed_bfloat16")(far)
    assert str(outputs.dtype) == "bfloat16"
    np.testing.assert_allclose(np.asarray(outputs, "float32"), make("float32")(far), atol=0.01)


def test_zeros_have_no_length_and_a_gradient_that_is_finite():
    layer = layers.UnitNormalization()
    zeros = jnp.zeros((2, 3))
    np.testing.assert_array_equal(layer(zeros), zeros)
    assert np.isfinite(jax.grad(lambda x: layer(x).sum())(zeros)).all()


def test_a_kernel_of_zeros_stays_and_so_does_its_vector():
    layer = layers.SpectralNormalization(layers.Dense(3, kernel_initializer="zeros"))
    layer(EXAMPLES)
    before = layer.vector_u.numpy()
    outputs = layer(EXAMPLES, training=True)
    np.testing.assert_array_equal(layer.vector_u.numpy(), before)
    assert not np.any(outputs)


def test_a_step_brings_the_vector_nearer_and_leaves_the_kernel():
    layer = layers.SpectralNormalization(layers.Dense(3, use_bias=False))
    layer(EXAMPLES)
    kernel = layer.kernel.numpy()
    for _ in range(60):
        outputs = layer(EXAMPLES, training=True)
    np.testing.assert_array_equal(layer.kernel.numpy(), kernel)
    np.testing.assert_allclose(outputs, EXAMPLES @ kernel / np.linalg.norm(kernel, 2), rtol=1e-3, atol=1e-5)


def test_ids_in_a_normalized_embedding_give_vectors_that_are_not_whole():
    layer = layers.SpectralNormalization(layers.Embedding(7, 3))
    assert str(layer(np.array([[1, 2]])).dtype) == "float32"


def test_a_frozen_spectral_layer_normalizes_and_keeps_its_vector():
    layer = layers.SpectralNormalization(layers.Dense(3))
    layer(EXAMPLES)
    values = {weight: weight.value for weight in layer.weights}
    updated = layer.run(values, jnp.asarray(EXAMPLES), Context(training=True, frozen=frozenset([layer])), {})
    assert not updated.values
