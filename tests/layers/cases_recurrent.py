"""Rows of the table of layers: the recurrent ones."""

import numpy as np

from tests.layers.case import Case

SEQUENCES = [(3, 5, 4)]
STATES = [np.linspace(-1, 1, 6, dtype="float32").reshape(3, 2), np.linspace(1, -1, 6, dtype="float32").reshape(3, 2)]

CASES = [
    Case(lambda L: L.LSTM(2), SEQUENCES),
    Case(lambda L: L.LSTM(2, return_sequences=True), SEQUENCES, free=(1,), masked=True),
    Case(lambda L: L.LSTM(2, return_state=True), SEQUENCES, masked=True),
    Case(lambda L: L.LSTM(2, return_sequences=True, return_state=True, go_backwards=True), SEQUENCES, masked=True),
    Case(lambda L: L.LSTM(2, return_sequences=True, zero_output_for_mask=True), SEQUENCES, masked=True),
    Case(lambda L: L.LSTM(2, activation="relu", recurrent_activation="hard_sigmoid", use_bias=False), SEQUENCES),
    Case(lambda L: L.LSTM(2, unit_forget_bias=False, bias_initializer="ones", unroll=True), SEQUENCES),
    Case(lambda L: L.LSTM(2), SEQUENCES, dtype="int32", between=(-2, 3)),
    Case(lambda L: L.LSTM(2), SEQUENCES, arguments={"initial_state": STATES}),
    Case(
        lambda L: L.LSTM(
            2, kernel_regularizer="l2", recurrent_regularizer="l1", bias_constraint="non_neg", activity_regularizer="l2"
        ),
        SEQUENCES,
    ),
    Case(lambda L: L.LSTM(2, dropout=0.5, recurrent_dropout=0.5, seed=3), SEQUENCES),
    Case(lambda L: L.LSTM(2, dropout=0.5), SEQUENCES, training=True, is_random=True),
    Case(lambda L: L.LSTM(2, recurrent_dropout=0.5), SEQUENCES, training=True, is_random=True),
]
