"""What recurrent layers, cells and wrappers say of what cannot be."""

import numpy as np
import pytest

from plait import layers
from plait.layers import Input

STEPS = np.zeros((2, 3, 4), "float32")
STEP = np.zeros((2, 4), "float32")


class NoCell(layers.Layer):
    """Takes no states."""

    state_size = 2

    def call(self, inputs):
        return inputs


class OneResult(NoCell):
    """Returns no states."""

    def call(self, inputs, states):
        return inputs


class NoCall:
    """Cannot be run."""

    state_size = 2


class PlainOneResult(NoCall):
    """Is no layer, and returns no states."""

    def call(self, inputs, states):
        return inputs


class NormedCell(layers.GRUCell):
    """Changes running state at each step."""

    def __init__(self, units):
        super().__init__(units)
        self.norm = layers.BatchNormalization()

    def call(self, inputs, states, training=False):
        return super().call(self.norm(inputs), states, training=training)


def states(*sizes):
    return [np.zeros((2, size), "float32") for size in sizes]


@pytest.mark.parametrize(
    ("call", "fragments"),
    [
        # arguments
        (lambda: layers.SimpleRNN(0), ['SimpleRNN "simple_rnn_1"', "positive integer for units, got 0"]),
        (lambda: layers.GRU(2.5), ['GRU "gru_1"', "positive integer for units, got 2.5"]),
        (lambda: layers.GRU(2, dropout=1.5), ["number from 0 to 1 for dropout, got 1.5"]),
        (lambda: layers.SimpleRNN(2, recurrent_dropout=-1), ["number from 0 to 1 for recurrent_dropout, got -1"]),
        (lambda: layers.GRU(2, activation="tahn"), ["cannot take this activation", 'Did you mean "tanh"?']),
        (lambda: layers.GRU(2, use_cudnn="yes"), ["one of 'auto', True, False for use_cudnn"]),
        (lambda: layers.GRU(2, implementation=4), ["one of 0, 1, 2 for implementation, got 4"]),
        (lambda: layers.LSTMCell(-1), ['LSTMCell "lstm_cell_1"', "positive integer for units, got -1"]),
        (lambda: layers.GRUCell(2, bias_regularizer="l3"), ["cannot take this bias_regularizer"]),
        (lambda: layers.RNN(3), ['RNN "rnn_1" needs a cell', "got 3", "LSTMCell"]),
        (lambda: layers.RNN(layers.Dense(2)), ["needs a cell", 'Dense "dense_1"']),
        (lambda: layers.RNN(layers.GRUCell), ["needs a cell", "got <class"]),
        (lambda: layers.RNN(NoCall()), ["needs a cell, which has a state_size and a `call`", "NoCall"]),
        (lambda: layers.RNN([]), ["needs a list of cells, got []"]),
        (lambda: layers.RNN([layers.GRUCell(2), layers.Dense(2)]), ["StackedRNNCells", "needs a cell"]),
        (lambda: layers.StackedRNNCells(layers.GRUCell(2)), ["needs a list of cells"]),
        (lambda: layers.Bidirectional(layers.Dense(2)), ["needs a recurrent layer", 'Dense "dense_1"']),
        (lambda: layers.Bidirectional(layers.GRUCell(2)), ["needs a recurrent layer", "a cell goes into an RNN first"]),
        (lambda: layers.Bidirectional("gru"), ["needs a recurrent layer, got 'gru'"]),
        (lambda: layers.Bidirectional(layers.GRU(2), "cat"), ["'concat', 'ave', None for merge_mode, got 'cat'"]),
        (lambda: layers.Bidirectional(layers.GRU(2, go_backwards=True)), ["different directions", "True for both"]),
        (
            lambda: layers.Bidirectional(layers.GRU(2), backward_layer=layers.GRU(2)),
            ["different directions", "False for both"],
        ),
        (
            lambda: layers.Bidirectional(
                layers.GRU(2), backward_layer=layers.GRU(2, go_backwards=True, return_sequences=True)
            ),
            ["the same return_sequences, got False and True"],
        ),
        (
            lambda: layers.Bidirectional(
                layers.GRU(2), backward_layer=layers.GRU(2, go_backwards=True, return_state=True)
            ),
            ["the same return_state, got False and True"],
        ),
        (lambda: layers.TimeDistributed(3), ['TimeDistributed "time_distributed_1" needs a layer, got 3']),
        (lambda: layers.TimeDistributed(layers.Dense), ["needs a layer, got <class"]),
        (lambda: layers.ConvLSTM2D(0, 3), ["positive integer for filters, got 0"]),
        (lambda: layers.ConvLSTM2D(2, (3, 3, 3)), ["or 2 of them for kernel_size, got (3, 3, 3)"]),
        (lambda: layers.ConvLSTM1D(2, 3, padding="causal"), ["'valid', 'same' for padding, got 'causal'"]),
        (lambda: layers.ConvLSTM1D(2, 3, data_format="last"), ["for data_format, got 'last'"]),
        (
            lambda: layers.ConvLSTM2D(2, 3, strides=2, dilation_rate=2),
            ["strides or a dilation_rate of 1", "strides=(2, 2)"],
        ),
        # inputs
        (lambda: layers.GRU(2)(Input((4,))), ["3 axes (batch included), got shape (None, 4)"]),
        (lambda: layers.SimpleRNN(2)(Input((4, None))), ["needs to know the size of the axis 2"]),
        (lambda: layers.RNN(layers.GRUCell(2))(Input((4,))), ["at least 3 axes", "got shape (None, 4)"]),
        (lambda: layers.RNN(layers.GRUCell(2))(Input((4, None))), ["needs to know the size of the last axis"]),
        (lambda: layers.GRUCell(2)(Input((3, 4)), states(2)), ["2 axes (batch included), got shape (None, 3, 4)"]),
        (lambda: layers.Bidirectional(layers.GRU(2))(Input((4,))), ["3 axes (batch included), got shape (None, 4)"]),
        (lambda: layers.TimeDistributed(layers.Dense(2))(Input((4,))), ["at least 3 axes", "got shape (None, 4)"]),
        (
            lambda: layers.TimeDistributed(layers.Conv2D(2, 3))(Input((5, 9, 4))),
            ['Conv2D "conv2d_1" needs inputs with 4 axes (batch included), got shape (None, 9, 4)'],
        ),
        (lambda: layers.ConvLSTM2D(2, 3)(Input((9, 9, 3))), ["5 axes (batch included), got shape (None, 9, 9, 3)"]),
        (lambda: layers.ConvLSTM2D(2, 5)(Input((2, 9, 4, 3))), ["5 or more on axis 3, got 4"]),
        (lambda: layers.ConvLSTM1D(2, 2)(Input((2, 9, None))), ["needs to know the size of the last axis"]),
        # states
        (lambda: layers.GRU(2)(Input((3, 4)), initial_state=[Input((5,))]), ["1 initial state(s)", "got (None, 5)"]),
        (lambda: layers.GRU(2)(STEPS, initial_state=states(2, 2)), ["1 initial state(s)", "got (2, 2), (2, 2)"]),
        (lambda: layers.GRU(2)(STEPS, initial_state=[]), ["1 initial state(s)", "got none"]),
        (lambda: layers.LSTMCell(2)(STEP, states(2)), ["2 initial state(s)", "got (2, 2)"]),
        (lambda: layers.RNN(layers.LSTMCell(2))(STEPS, initial_state=states(2)), ["2 initial state(s)"]),
        (
            lambda: layers.Bidirectional(layers.GRU(2))(STEPS, initial_state=states(2)),
            ["half of them for each direction, got 1"],
        ),
        (
            lambda: layers.Bidirectional(layers.GRU(2))(STEPS, initial_state=states(2)[0]),
            ["half of them for each direction, got one tensor"],
        ),
        (
            lambda: layers.Bidirectional(layers.GRU(2))(Input((3, 4)), initial_state=[Input((2,)), Input((5,))]),
            ['GRU "backward_gru_1" needs 1 initial state(s)', "got (None, 5)"],
        ),
        (
            lambda: layers.StackedRNNCells([layers.GRUCell(2)])(STEP, states(2, 2)),
            ["needs states for each of its 1 cells, got 2"],
        ),
        (lambda: layers.GRU(2, stateful=True)(Input((3, 4))), ["stateful and needs to know the batch size"]),
        (lambda: layers.RNN(layers.GRUCell(2), stateful=True)(Input((3, 4))), ["needs to know the batch size"]),
        # cells of one's own
        (lambda: layers.RNN(NoCell())(STEPS), ["needs a `call` that takes inputs and states"]),
        (lambda: layers.RNN(OneResult())(STEPS), ["return its output and 1 state, got (2, 4)"]),
        (lambda: layers.RNN(PlainOneResult())(STEPS), ['PlainOneResult "plain_one_result_1" needs to return']),
        (lambda: layers.TimeDistributed(layers.Dense(2))(STEPS, mask=np.ones((2, 2), bool)), ["(2, 3)", "(2, 2)"]),
    ],
)
def test_a_call_that_cannot_be_is_explained(call, fragments):
    with pytest.raises(ValueError, match=r"Called at .*test_recurrent_errors\.py:\d+") as caught:
        call()
    said = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    for fragment in fragments:
        assert fragment in said


def test_a_cell_that_changes_running_state_is_explained():
    layer = layers.RNN(NormedCell(2))
    layer(STEPS)
    with pytest.raises(ValueError, match="changes running state, or adds to the loss, in each step"):
        layer(STEPS, training=True)
