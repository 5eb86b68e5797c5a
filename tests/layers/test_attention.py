"""Attention in models: masks on their way, shared tensors, scores, files, precision."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plait
from plait import layers
from tests.compiling import quickly
from tests.genuine import genuine_keras

STEPS = np.random.default_rng(3).normal(size=(2, 4, 5)).astype("float32")
IDS = np.array([[3, 1, 2, 0, 0], [4, 0, 1, 5, 6]])
OTHER_IDS = np.array([[1, 2, 0, 0], [6, 5, 4, 0]])
HEADED = [lambda L: L.MultiHeadAttention(2, 3), lambda L: L.GroupQueryAttention(3, 4, 2)]


def reader(K, make):
    """Returns a model whose decoder attends to an encoder; both are padded."""
    source, target = K.Input((5,)), K.Input((4,))
    embed = K.layers.Embedding(9, 6, mask_zero=True)
    own, other = make(K.layers), make(K.layers)
    x = embed(target)
    x = own(x, x, use_causal_mask=True)
    x = other(x, embed(source))
    return K.Model([source, target], K.layers.GlobalAveragePooling1D()(x))


@pytest.mark.parametrize("make", HEADED)
def test_masks_of_queries_and_values_reach_it_through_a_model(make):
    ours = reader(plait, make)
    with genuine_keras() as keras:
        theirs = reader(keras, make)
        assert [weight.shape for weight in ours.weights] == [weight.shape for weight in theirs.weights]
        theirs.set_weights(ours.get_weights())
        expected = theirs.predict([IDS, OTHER_IDS], verbose=0)
    np.testing.assert_allclose(ours.predict([IDS, OTHER_IDS], verbose=0), expected, rtol=1e-5, atol=1e-6)


def gradients_of(loss, tensors, layer):
    return quickly(lambda tensors: jax.grad(loss)(tensors, layer))(tensors)


@pytest.mark.first_rows(1)
@pytest.mark.parametrize("make", HEADED)
def test_within_one_sequence_the_gradient_is_the_sum_of_all_three(make):
    ours = make(layers)
    ours(STEPS, STEPS)

    def loss(x, layer):
        return jnp.sum(jnp.sin(layer(x, x)))

    gradient = gradients_of(loss, STEPS, ours)
    with genuine_keras() as keras:
        theirs = make(keras.layers)
        theirs(STEPS, STEPS)
        theirs.set_weights(ours.get_weights())
        expected = gradients_of(loss, STEPS, theirs)
    np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-5)


def test_the_gradients_of_values_and_keys_are_those_of_keras():
    ours = layers.MultiHeadAttention(2, 3)
    value, key = STEPS[:, :3] * 2, STEPS[:, :3, :2]
    ours(STEPS, value, key)

    def loss(tensors, layer):
        return jnp.sum(jnp.sin(layer(*tensors)))

    gradients = gradients_of(loss, (STEPS, value, key), ours)
    with genuine_keras() as keras:
        theirs = keras.layers.MultiHeadAttention(2, 3)
        theirs(STEPS, value, key)
        theirs.set_weights(ours.get_weights())
        expected = gradients_of(loss, (STEPS, value, key), theirs)
    for a, b in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.first_rows(2)
@pytest.mark.parametrize("make", HEADED)
@pytest.mark.parametrize(
    "arguments",
    [
        {"use_causal_mask": True},
        {"value_mask": IDS[:, :3] > 1, "use_causal_mask": True},
        # The last query may attend to nothing.
        {"attention_mask": np.tri(4, 3, 0, bool)[None, ::-1] & (np.arange(4) < 3)[:, None]},
    ],
    ids=str,
)
def test_scores_under_masks_are_those_of_keras_and_carry_none(make, arguments):
    arguments = {"value": STEPS[:, :3], "return_attention_scores": True, **arguments}
    ours = make(layers)
    outputs = ours(STEPS, **arguments)
    with genuine_keras() as keras:
        theirs = make(keras.layers)
        theirs(STEPS, **arguments)
        theirs.set_weights(ours.get_weights())
        expected = theirs(STEPS, **arguments)
    for a, b in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    drawn = ours(layers.Input((4, 5)), **arguments)
    assert not any(tensor.node.masked[tensor.index] for tensor in drawn)


def test_the_scores_of_other_sources_are_drawn_as_long_as_these():
    query, value = layers.Input((4, 5)), layers.Input((6, 5))
    _, scores = layers.MultiHeadAttention(2, 3)(query, value, return_attention_scores=True)
    assert scores.shape == (None, 2, 4, 6)


def test_scores_of_all_that_may_be_attended_sum_to_1():
    mask = np.array([[1, 1, 0, 1], [0, 0, 0, 0]], bool)
    _, scores = layers.MultiHeadAttention(2, 3)(STEPS, STEPS, value_mask=mask, return_attention_scores=True)
    np.testing.assert_allclose(np.sum(scores, -1), [np.ones((2, 4)), np.zeros((2, 4))], atol=1e-6)
    assert not np.any(np.asarray(scores)[..., 2])


def test_its_tensors_may_be_given_by_name():
    layer = layers.MultiHeadAttention(2, 3)
    np.testing.assert_array_equal(layer(query=STEPS, value=STEPS), layer(STEPS, STEPS, STEPS))


def test_a_mask_of_queries_may_be_given_too():
    layer = layers.MultiHeadAttention(2, 3, dropout=0.1)
    mask = np.array([[1, 0, 1, 1], [1, 1, 1, 1]], bool)
    outputs = layer(STEPS, STEPS, query_mask=mask)
    np.testing.assert_allclose(outputs[0, 1], layer.output_dense.bias.numpy(), atol=1e-6)


def test_a_custom_layer_is_told_the_mask_of_its_second_tensor():
    seen = []

    class Told(layers.Layer):
        def call(self, inputs, value, value_mask=None):
            seen.append(value_mask)
            return inputs

    ids = layers.Input((4,))
    model = plait.Model(ids, Told()(layers.Dense(2)(ids), layers.Embedding(9, 3, mask_zero=True)(ids)))
    model.predict(OTHER_IDS.astype("float32"), verbose=0)
    assert seen[-1] is not None


def block(K, make):
    """Returns a model with attention inside a custom layer, on padded sequences."""

    class Block(K.layers.Layer):
        def __init__(self):
            super().__init__()
            self.supports_masking = True
            self.attend = make(K.layers)
            self.normalize = K.layers.LayerNormalization()

        def call(self, inputs, training=None):
            return self.normalize(inputs + self.attend(inputs, inputs, training=training))

    ids = K.Input((5,))
    x = K.layers.Embedding(9, 6, mask_zero=True)(ids)
    return K.Model(ids, K.layers.GlobalAveragePooling1D()(Block()(x)))


@pytest.mark.parametrize("make", HEADED)
def test_a_custom_layer_hands_masks_on_to_it(make):
    ours = block(plait, make)
    ours.predict(IDS, verbose=0)
    with genuine_keras() as keras:
        theirs = block(keras, make)
        theirs.predict(IDS, verbose=0)
        theirs.set_weights(ours.get_weights())
        expected = theirs.predict(IDS, verbose=0)
    np.testing.assert_allclose(ours.predict(IDS, verbose=0), expected, rtol=1e-5, atol=1e-6)


def test_its_projections_stand_in_the_model_by_name_and_start_differently():
    inputs = layers.Input((4, 5))
    layer = layers.MultiHeadAttention(5, 1, name="attend")
    model = plait.Model(inputs, layer(inputs, inputs))
    assert [weight.path for weight in model.weights] == [
        f"attend/{name}/{weight}"
        for name in ("query", "key", "value", "attention_output")
        for weight in ("kernel", "bias")
    ]
    assert not np.allclose(layer.query_dense.kernel.numpy(), layer.key_dense.kernel.numpy())


def test_its_projections_are_frozen_with_it():
    layer = layers.MultiHeadAttention(2, 3, trainable=False)
    layer(STEPS, STEPS)
    assert layer.trainable_weights == []
    layer.trainable = True
    assert len(layer.trainable_weights) == 8


def test_each_projection_has_the_penalty_on_outputs():
    layer = layers.MultiHeadAttention(2, 3, activity_regularizer="l2")
    layer(STEPS, STEPS)
    projected = [layer.query_dense(STEPS), layer.key_dense(STEPS), layer.value_dense(STEPS), layer(STEPS, STEPS)]
    expected = sum(0.01 * np.sum(np.square(one)) / 2 for one in projected)
    layer(STEPS, STEPS)
    np.testing.assert_allclose(sum(layer.losses), expected, rtol=1e-5)


def test_a_kernel_starts_with_the_spread_of_what_its_axes_count():
    layer = layers.EinsumDense("abc,cde->abde", (None, 20, 30))
    layer(layers.Input((4, 50)))
    np.testing.assert_allclose(np.abs(layer.kernel.numpy()).max(), np.sqrt(6 / (50 + 600)), rtol=1e-3)


@pytest.mark.parametrize("make", HEADED)
def test_keras_reads_a_model_with_it_and_plait_one_of_keras(make):
    def drawn(K):
        query, value = K.Input((4, 5)), K.Input((6, 5))
        return K.Model([query, value], make(K.layers)(query, value))

    ours = drawn(plait)
    with genuine_keras() as keras:
        read = keras.models.model_from_json(ours.to_json())
        theirs = drawn(keras)
        written = theirs.to_json()
    assert [weight.shape for weight in read.weights] == [weight.shape for weight in ours.weights]
    again = plait.models.model_from_json(written)
    assert [weight.shape for weight in again.weights] == [weight.shape for weight in theirs.weights]


@pytest.mark.first_rows(1)
@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("arguments", [{}, {"return_attention_scores": True}])
def test_probabilities_are_float32_under_mixed_precision(dtype, arguments):
    exact = layers.MultiHeadAttention(2, 3)
    half = layers.MultiHeadAttention(2, 3, dtype=dtype)
    long = np.tile(STEPS, (1, 200, 1))
    expected = exact(long, long, **arguments)
    half(long, long)
    half.set_weights(exact.get_weights())
    got = half(long, long, **arguments)
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(expected), strict=True):
        assert str(a.dtype) == dtype.removeprefix("mixed_")
        np.testing.assert_allclose(np.asarray(a, "float32"), b, atol=0.03)
