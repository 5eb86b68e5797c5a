"""Rows of the table of layers: SimpleRNN and GRU."""

import numpy as np

from tests.layers.case import Case

SEQUENCES = [(3, 5, 4)]
STATE = np.linspace(-1, 1, 6, dtype="float32").reshape(3, 2)
PENALTIES = {
    "kernel_regularizer": "l2",
    "recurrent_regularizer": "l1",
    "bias_regularizer": "l2",
    "activity_regularizer": "l2",
    "kernel_constraint": "unit_norm",
    "recurrent_constraint": "max_norm",
    "bias_constraint": "non_neg",
}


def rows(make):
    """Returns what each of these is tried with; `make(L, …)` makes one of 2 units."""
    return [
        Case(lambda L: make(L), SEQUENCES, masked=True),
        Case(lambda L: make(L, return_sequences=True, return_state=True), SEQUENCES, free=(1,), masked=True),
        Case(lambda L: make(L, return_sequences=True, return_state=True, go_backwards=True), SEQUENCES, masked=True),
        Case(lambda L: make(L, return_sequences=True, zero_output_for_mask=True), SEQUENCES, masked=True),
        Case(lambda L: make(L, activation="relu", use_bias=False), SEQUENCES),
        Case(lambda L: make(L, bias_initializer="ones", unroll=True, return_sequences=True), SEQUENCES, masked=True),
        Case(lambda L: make(L, return_sequences=True), SEQUENCES, arguments={"initial_state": [STATE]}),
        Case(lambda L: make(L, dropout=0.5), SEQUENCES, training=True, is_random=True),
        Case(lambda L: make(L, recurrent_dropout=0.5), SEQUENCES, training=True, is_random=True),
    ]


CASES = [
    *rows(lambda L, **given: L.SimpleRNN(2, **given)),
    *rows(lambda L, **given: L.GRU(2, **given)),
    *rows(lambda L, **given: L.GRU(2, reset_after=False, **given)),
    Case(lambda L: L.SimpleRNN(2, "relu", False, "ones", "zeros", "ones", "l1", "l2", "l1"), [(1, 1, 1)]),
    Case(lambda L: L.SimpleRNN(2, activation="softmax", **PENALTIES), SEQUENCES),
    Case(lambda L: L.SimpleRNN(2, activation=None, dropout=0.5, recurrent_dropout=0.5, seed=3), SEQUENCES),
    Case(lambda L: L.SimpleRNN(2, zero_output_for_mask=True), SEQUENCES, masked=True, dtype="int32", between=(-2, 3)),
    Case(lambda L: L.GRU(2, "relu", "hard_sigmoid", True, "ones", "zeros", "ones", "l1", "l2", "l1"), [(1, 1, 1)]),
    Case(lambda L: L.GRU(2, recurrent_activation="softmax", **PENALTIES), SEQUENCES),
    Case(lambda L: L.GRU(2, recurrent_activation="softmax", reset_after=False), SEQUENCES),
    Case(lambda L: L.GRU(2, implementation=1, use_cudnn=False), SEQUENCES, dtype="int32", between=(-2, 3)),
    Case(lambda L: L.GRU(2, return_state=True), SEQUENCES, arguments={"initial_state": STATE}),
]
