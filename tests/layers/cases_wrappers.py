"""Rows of the table of layers: Bidirectional and TimeDistributed."""

import numpy as np

from tests.layers.case import Case

SEQUENCES = [(3, 4, 3)]
STATES = [np.linspace(-1, n, 6, dtype="float32").reshape(3, 2) for n in range(4)]
MERGES = ["concat", "sum", "mul", "ave", None]

CASES = [
    *(Case(lambda L, m=m: L.Bidirectional(L.LSTM(2), m), SEQUENCES) for m in MERGES),
    *(
        Case(lambda L, m=m: L.Bidirectional(L.GRU(2, return_sequences=True), merge_mode=m), SEQUENCES, masked=True)
        for m in MERGES
    ),
    *(
        Case(
            lambda L, m=m: L.Bidirectional(L.LSTM(2, return_sequences=True, return_state=True), merge_mode=m),
            SEQUENCES,
            free=(1,),
        )
        for m in ["concat", None]
    ),
    Case(lambda L: L.Bidirectional(L.SimpleRNN(2)), SEQUENCES, masked=True),
    Case(lambda L: L.Bidirectional(L.SimpleRNN(2, return_state=True)), SEQUENCES, masked=True),
    Case(lambda L: L.Bidirectional(L.LSTM(2, return_sequences=True)), SEQUENCES, masked=True, free=(1,)),
    Case(lambda L: L.Bidirectional(L.LSTM(2)), [(2, 1, 1)]),
    Case(lambda L: L.Bidirectional(L.LSTM(2)), SEQUENCES, arguments={"initial_state": STATES}),
    Case(lambda L: L.Bidirectional(L.GRU(2, return_state=True)), SEQUENCES, arguments={"initial_state": STATES[:2]}),
    Case(lambda L: L.Bidirectional(L.GRU(2, unroll=True, return_sequences=True)), SEQUENCES),
    Case(lambda L: L.Bidirectional(L.GRU(2, reset_after=False, use_bias=False)), SEQUENCES),
    Case(
        lambda L: L.Bidirectional(
            L.LSTM(2, return_sequences=True), backward_layer=L.GRU(2, return_sequences=True, go_backwards=True)
        ),
        SEQUENCES,
        masked=True,
    ),
    Case(
        lambda L: L.Bidirectional(
            L.LSTM(2, return_sequences=True, go_backwards=True), backward_layer=L.LSTM(2, return_sequences=True)
        ),
        SEQUENCES,
    ),
    Case(lambda L: L.Bidirectional(L.LSTM(2, name="forward_there"), name="both"), SEQUENCES),
    Case(lambda L: L.Bidirectional(L.RNN(L.GRUCell(2), return_sequences=True)), SEQUENCES, masked=True),
    Case(lambda L: L.Bidirectional(L.RNN([L.LSTMCell(2), L.LSTMCell(3)])), SEQUENCES),
    Case(lambda L: L.Bidirectional(L.LSTM(2, dropout=0.5), dtype="float32"), SEQUENCES, training=True, is_random=True),
    Case(lambda L: L.Bidirectional(L.LSTM(2, kernel_regularizer="l2")), SEQUENCES),
    # each step
    Case(lambda L: L.TimeDistributed(L.Dense(2)), [(3, 4, 5)], masked=True),
    Case(lambda L: L.TimeDistributed(L.Dense(2, activation="tanh")), [(3, 4, 5)], free=(1,)),
    Case(lambda L: L.TimeDistributed(L.Dense(2)), [(2, 1, 1)]),
    Case(lambda L: L.TimeDistributed(L.Dense(2)), [(2, 3, 2, 5)]),
    Case(lambda L: L.TimeDistributed(L.Conv2D(2, 2)), [(2, 3, 4, 4, 1)], free=(1,)),
    Case(lambda L: L.TimeDistributed(L.Conv1D(2, 3, padding="same", strides=2)), [(2, 3, 5, 2)], free=(1, 2)),
    Case(lambda L: L.TimeDistributed(L.MaxPooling2D(2)), [(2, 3, 4, 4, 1)]),
    Case(lambda L: L.TimeDistributed(L.Flatten()), [(2, 3, 2, 4)]),
    Case(lambda L: L.TimeDistributed(L.LSTM(2)), [(2, 3, 4, 2)]),
    Case(lambda L: L.TimeDistributed(L.GRU(2, return_sequences=True)), [(2, 3, 4, 2)]),
    Case(lambda L: L.TimeDistributed(L.Dropout(0.5)), [(2, 3, 4)], training=True, is_random=True),
    Case(lambda L: L.TimeDistributed(L.Dropout(0.5)), [(2, 3, 4)]),
    Case(lambda L: L.TimeDistributed(L.BatchNormalization()), [(4, 3, 2)], training=True),
    Case(lambda L: L.TimeDistributed(L.BatchNormalization()), [(4, 3, 2)]),
    Case(lambda L: L.TimeDistributed(L.BatchNormalization()), [(4, 1, 2)], training=True),
    Case(lambda L: L.TimeDistributed(L.TimeDistributed(L.Dense(2))), [(2, 3, 2, 4)]),
    Case(lambda L: L.TimeDistributed(L.Bidirectional(L.SimpleRNN(2))), [(2, 3, 4, 2)]),
]
