"""What the table of layers does not say of TimeDistributed: models, masks, randomness, running state."""

import jax
import numpy as np
import pytest

from plait import layers
from plait.core.context import Context
from plait.layers import LSTM, BatchNormalization, Dense, Dropout, Embedding, Input, Masking, TimeDistributed
from plait.models import Model, Sequential

SEQUENCES = np.random.default_rng(0).normal(size=(3, 4, 5)).astype("float32")


class Halved(layers.Layer):
    """Halves its inputs, in Keras's way."""

    def call(self, inputs):
        return inputs / 2


def trained_output(layer, inputs):
    layer(inputs)
    ctx = Context(training=True, root_key=jax.random.key(0), place="each")
    return layer.run({weight: weight.value for weight in layer.weights}, inputs, ctx, {}).outputs


def test_a_model_is_applied_to_each_step():
    inner = Sequential([Input((5,)), Dense(3), BatchNormalization(), Dropout(0.5), Dense(2)])
    inputs = Input((None, 5))
    model = Model(inputs, TimeDistributed(inner)(inputs))
    expected = np.stack([inner(SEQUENCES[:, step]) for step in range(4)], axis=1)
    np.testing.assert_allclose(model(SEQUENCES), expected, rtol=1e-5, atol=1e-6)


def test_a_model_in_it_learns():
    inner = Sequential([Input((5,)), Dense(3), BatchNormalization(), Dense(2)])
    model = Sequential([Input((4, 5)), TimeDistributed(inner)])
    model.compile("adam", "mse")
    before = model.get_weights()
    model.fit(SEQUENCES, SEQUENCES[..., :2], verbose=0)
    assert any((old != new).any() for old, new in zip(before, model.get_weights(), strict=True))


def test_a_layer_of_ones_own_is_applied_to_each_step():
    inputs = Input((None, 5))
    model = Model(inputs, TimeDistributed(Halved())(inputs))
    assert model.output.shape == (None, None, 5)
    np.testing.assert_array_equal(model(SEQUENCES), SEQUENCES / 2)


def test_each_step_drops_others():
    outputs = trained_output(TimeDistributed(Dropout(0.5)), np.ones((1, 2, 64), "float32"))
    assert not np.array_equal(outputs[0, 0], outputs[0, 1])


def test_each_step_drops_others_also_in_turn():
    inner = Sequential([Input((64,)), Dropout(0.5), BatchNormalization(center=False, scale=False)])
    outputs = trained_output(TimeDistributed(inner), np.ones((8, 2, 64), "float32"))
    assert not np.allclose(outputs[:, 0], outputs[:, 1])


def test_a_sequence_may_have_one_step():
    layer = TimeDistributed(BatchNormalization())
    assert trained_output(layer, SEQUENCES[:, :1]).shape == (3, 1, 5)


def test_words_are_masked_within_each_sentence():
    ids = np.array([[[1, 2, 0], [3, 0, 0]], [[4, 0, 0], [1, 1, 1]]])
    embedding, reader = Embedding(5, 3, mask_zero=True), LSTM(2)
    inputs = Input((2, 3), dtype="int32")
    model = Model(inputs, TimeDistributed(reader)(embedding(inputs)))
    outputs = model(ids)
    np.testing.assert_allclose(outputs[0, 1], reader(embedding(ids[0, 1:, :1]))[0], rtol=1e-5)


def test_sentences_without_words_are_masked_for_what_reads_them():
    ids = np.array([[[1, 2, 0], [3, 0, 0], [0, 0, 0]]])
    inputs = Input((3, 3), dtype="int32")
    sentences = TimeDistributed(LSTM(2))(Embedding(5, 3, mask_zero=True)(inputs))
    reader = LSTM(2)
    model, inner = Model(inputs, reader(sentences)), Model(inputs, sentences)
    np.testing.assert_allclose(model(ids), reader(inner(ids)[:, :2]), rtol=1e-5)


def test_a_mask_of_steps_goes_past_a_layer_that_could_not_read_it():
    inputs = Input((4, 3, 2))
    outputs = TimeDistributed(LSTM(2))(inputs, mask=np.ones((2, 4), bool))
    assert outputs.shape == (None, 4, 2)
    layer, array = TimeDistributed(LSTM(2)), np.ones((2, 4, 3, 2), "float32")
    np.testing.assert_array_equal(layer(array, mask=np.ones((2, 4), bool)), layer(array))


def test_the_mask_goes_on():
    assert TimeDistributed(Dense(2))(Masking()(Input((4, 5)))).node.masked == [True]


def test_it_is_not_unrolled():
    def operations(steps):
        layer, inputs = TimeDistributed(BatchNormalization()), np.zeros((2, steps, 3), "float32")
        layer(inputs)
        values = {weight: weight.value for weight in layer.weights}
        ctx = Context(training=True, root_key=jax.random.key(0), place="each")
        return str(jax.make_jaxpr(lambda x: layer.run(values, x, ctx, {}).outputs)(inputs)).count("\n")

    assert operations(20) == operations(10)


@pytest.mark.parametrize("training", [False, True])
def test_a_stateful_layer_goes_on_from_step_to_step(training):
    inner = layers.GRU(2, stateful=True)
    layer, array = TimeDistributed(inner), np.random.default_rng(1).normal(size=(2, 3, 4, 2)).astype("float32")
    outputs = layer(array, training=training)
    whole = layers.GRU(2)
    joined = array.reshape(2, 12, 2)
    whole(joined)
    whole.set_weights(inner.get_weights())
    np.testing.assert_allclose(outputs[:, -1], whole(joined), rtol=1e-5)
