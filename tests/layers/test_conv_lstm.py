"""What the table of layers does not say of convolutional LSTMs: masks, states, dropout, sizes."""

import jax
import numpy as np

from plait.core.context import Context
from plait.layers import LSTM, ConvLSTM1D, ConvLSTM2D, Input
from plait.models import Model

FILMS = np.random.default_rng(0).normal(size=(2, 4, 3, 3, 1)).astype("float32")
MASK = np.array([[True, True, False, False]] * 2)


def test_a_window_of_one_on_one_place_makes_it_an_lstm():
    conv, plain = ConvLSTM1D(2, 1, return_sequences=True), LSTM(2, return_sequences=True)
    sequences = FILMS[:, :, 0]
    conv(sequences[:, :, :1]), plain(sequences[:, :, 0])
    kernel, recurrent_kernel, bias = conv.get_weights()
    plain.set_weights([kernel[0], recurrent_kernel[0], bias])
    np.testing.assert_allclose(conv(sequences[:, :, :1])[:, :, 0], plain(sequences[:, :, 0]), rtol=1e-5)


def test_masked_steps_change_nothing():
    layer = ConvLSTM2D(2, 2)
    np.testing.assert_allclose(layer(FILMS, mask=MASK), layer(FILMS[:, :2]), rtol=1e-5)


def test_a_stateful_one_goes_on_where_the_batch_before_ended():
    stateful, plain = ConvLSTM2D(2, 2, stateful=True), ConvLSTM2D(2, 2)
    stateful(FILMS[:, :2])
    second = stateful(FILMS[:, 2:])
    plain(FILMS)
    plain.set_weights(stateful.get_weights())
    np.testing.assert_allclose(second, plain(FILMS), rtol=1e-5)


def test_images_may_be_of_unknown_size():
    inputs = Input((None, None, None, 1))
    model = Model(inputs, ConvLSTM2D(2, 2, return_sequences=True)(inputs))
    assert model.output.shape == (None, None, None, None, 2)
    assert model(FILMS).shape == (2, 4, 2, 2, 2)


def test_dropout_of_everything_leaves_what_the_bias_does():
    layer = ConvLSTM2D(2, 2, dropout=1.0)
    expected = layer(np.zeros_like(FILMS))
    ctx = Context(training=True, root_key=jax.random.key(0), place="conv")
    outputs = layer.run({weight: weight.value for weight in layer.weights}, FILMS, ctx, {}).outputs
    np.testing.assert_allclose(outputs, expected, rtol=1e-6)


def test_the_forget_gate_starts_open():
    layer = ConvLSTM1D(2, 1)
    layer(FILMS[:, :, 0])
    np.testing.assert_array_equal(layer.get_weights()[2], [0, 0, 1, 1, 0, 0, 0, 0])
