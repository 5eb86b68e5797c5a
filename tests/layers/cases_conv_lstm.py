"""Rows of the table of layers: convolutional LSTMs."""

import numpy as np

from tests.layers.case import Case

ROWS, FILMS, FIRST = [(2, 3, 5, 2)], [(2, 3, 4, 5, 2)], [(2, 3, 2, 4, 5)]
STATES = [np.linspace(-1, n, 16, dtype="float32").reshape(2, 4, 2) for n in (1, 2)]

CASES = [
    Case(lambda L: L.ConvLSTM1D(2, 3, padding="same"), ROWS),
    Case(lambda L: L.ConvLSTM1D(2, 2, return_sequences=True, return_state=True), ROWS, free=(1,)),
    Case(lambda L: L.ConvLSTM1D(2, 2), ROWS, arguments={"initial_state": STATES}),
    Case(lambda L: L.ConvLSTM1D(2, 5), ROWS),
    Case(lambda L: L.ConvLSTM1D(2, 2, strides=3, return_sequences=True), ROWS),
    Case(lambda L: L.ConvLSTM1D(2, 2, dilation_rate=2, go_backwards=True, return_state=True), ROWS),
    Case(lambda L: L.ConvLSTM1D(2, 2, data_format="channels_first", return_sequences=True), ROWS),
    Case(lambda L: L.ConvLSTM1D(2, 1), [(1, 1, 1, 1)]),
    Case(lambda L: L.ConvLSTM1D(2, 2, dropout=0.5, recurrent_dropout=0.5, seed=3), ROWS),
    Case(lambda L: L.ConvLSTM1D(2, 2, dropout=0.5), ROWS, training=True, is_random=True),
    Case(lambda L: L.ConvLSTM1D(2, 2, recurrent_dropout=0.5), ROWS, training=True, is_random=True),
    Case(lambda L: L.ConvLSTM2D(2, (2, 3)), FILMS),
    Case(lambda L: L.ConvLSTM2D(2, 2, (2, 1), "same", return_sequences=True), FILMS, free=(1,)),
    Case(lambda L: L.ConvLSTM2D(2, 2, data_format="channels_first", return_state=True), FIRST),
    Case(lambda L: L.ConvLSTM2D(2, 2, use_bias=False, activation="relu", recurrent_activation="hard_sigmoid"), FILMS),
    Case(lambda L: L.ConvLSTM2D(2, 1, unit_forget_bias=False, bias_initializer="ones", unroll=True), FILMS),
    Case(
        lambda L: L.ConvLSTM2D(2, 1, kernel_regularizer="l2", recurrent_regularizer="l1", bias_constraint="non_neg"),
        FILMS,
    ),
    Case(lambda L: L.ConvLSTM3D(1, 2, padding="same"), [(1, 2, 2, 3, 2, 1)]),
    Case(lambda L: L.ConvLSTM3D(1, 2, return_sequences=True, return_state=True), [(1, 2, 2, 3, 2, 1)], free=(1,)),
]
