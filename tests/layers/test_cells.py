"""Cells run by hand: the numbers, weights and configurations of Keras."""

import numpy as np
import pytest

from plait import layers
from plait.layers import LSTM, Input, LSTMCell
from plait.models import Model
from tests.genuine import genuine_keras

STEP, H, C = (np.random.default_rng(seed).normal(size=shape).astype("float32")
              for seed, shape in enumerate([(3, 4), (3, 2), (3, 2)]))  # fmt: skip

CELLS = [
    lambda L: (L.SimpleRNNCell(2), [H]),
    lambda L: (L.SimpleRNNCell(2, activation="relu", use_bias=False), [H]),
    lambda L: (L.GRUCell(2, bias_initializer="ones"), [H]),
    lambda L: (L.GRUCell(2, recurrent_activation="hard_sigmoid", reset_after=False), [H]),
    lambda L: (L.GRUCell(2, use_bias=False), H),
    lambda L: (L.LSTMCell(2), [H, C]),
    lambda L: (L.LSTMCell(2, unit_forget_bias=False, implementation=1, kernel_initializer="ones"), [H, C]),
    lambda L: (L.StackedRNNCells([L.LSTMCell(2), L.GRUCell(2)]), [[H, C], [H]]),
]


@pytest.mark.parametrize("make", CELLS)
def test_one_step_gives_the_numbers_of_keras(make):
    ours, states = make(layers)
    with genuine_keras() as keras:
        theirs, _ = make(keras.layers)
        theirs(STEP, states)
        ours(STEP, states)
        assert [(w.name, w.shape) for w in ours.weights] == [(w.name, w.shape) for w in theirs.weights]
        theirs.set_weights(ours.get_weights())
        expected = theirs(STEP, states)
        assert ours.state_size == theirs.state_size
        assert ours.output_size == theirs.output_size
    got = ours(STEP, states)
    assert_alike(got, expected)


def assert_alike(ours, theirs):
    """The same structure, and the same numbers in it."""
    if isinstance(theirs, list | tuple):
        assert type(ours) is type(theirs)
        for one, other in zip(ours, theirs, strict=True):
            assert_alike(one, other)
    else:
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("make", CELLS[:-1])
def test_keras_reads_its_configuration_and_the_other_way_round(make):
    ours, _ = make(layers)
    with genuine_keras() as keras:
        theirs = getattr(keras.layers, type(ours).__name__).from_config(ours.get_config())
        again = type(ours).from_config(theirs.get_config())
    written = {**again.get_config(), "implementation": None}
    assert written == {**ours.get_config(), "implementation": None}


def test_steps_by_hand_are_those_of_the_layer():
    cell, layer, sequences = LSTMCell(3), LSTM(3), np.stack([STEP, 2 * STEP], axis=1)
    states = cell.get_initial_state(batch_size=3)
    for step in range(2):
        output, states = cell(sequences[:, step], states)
    layer(sequences)
    layer.set_weights(cell.get_weights())
    np.testing.assert_allclose(output, layer(sequences), rtol=1e-5, atol=1e-6)


def test_a_cell_may_stand_in_a_graph():
    inputs, h, c = Input((4,)), Input((2,)), Input((2,))
    cell = LSTMCell(2)
    output, states = cell(inputs, [h, c])
    model = Model([inputs, h, c], [output, *states])
    np.testing.assert_allclose(model([STEP, H, C])[0], cell(STEP, [H, C])[0], rtol=1e-5)
