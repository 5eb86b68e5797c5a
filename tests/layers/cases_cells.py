"""Rows of the table of layers: RNN over cells, and stacks of cells."""

import numpy as np

from tests.layers.case import Case

SEQUENCES = [(3, 4, 3)]
H, C = (np.linspace(-1, n, 6, dtype="float32").reshape(3, 2) for n in (1, 2))
WIDE = np.linspace(-1, 1, 9, dtype="float32").reshape(3, 3)
DEEP = [lambda L: L.LSTMCell(2), lambda L: L.LSTMCell(3)]

CASES = [
    Case(lambda L: L.RNN(L.LSTMCell(2)), SEQUENCES, masked=True),
    Case(lambda L: L.RNN(L.GRUCell(2), True, True), SEQUENCES, masked=True, free=(1,)),
    Case(lambda L: L.RNN(L.LSTMCell(2), return_state=True, go_backwards=True), SEQUENCES, masked=True),
    Case(lambda L: L.RNN(L.SimpleRNNCell(2), return_sequences=True, zero_output_for_mask=True), SEQUENCES, masked=True),
    Case(lambda L: L.RNN(L.GRUCell(2, reset_after=False), unroll=True), SEQUENCES),
    Case(lambda L: L.RNN(L.LSTMCell(2)), SEQUENCES, arguments={"initial_state": [H, C]}),
    Case(lambda L: L.RNN(L.GRUCell(2)), SEQUENCES, arguments={"initial_state": H}),
    Case(lambda L: L.RNN(L.GRUCell(2, dropout=0.5)), SEQUENCES, training=True, is_random=True),
    # several
    Case(lambda L: L.RNN([cell(L) for cell in DEEP], return_sequences=True), SEQUENCES, masked=True, free=(1,)),
    Case(lambda L: L.RNN([cell(L) for cell in DEEP], return_state=True), SEQUENCES, masked=True),
    Case(lambda L: L.RNN([cell(L) for cell in DEEP]), SEQUENCES, arguments={"initial_state": [[H, C], [WIDE, WIDE]]}),
    Case(lambda L: L.RNN([L.GRUCell(2), L.SimpleRNNCell(3)], return_state=True, go_backwards=True), SEQUENCES),
    Case(lambda L: L.RNN(L.StackedRNNCells([L.GRUCell(2), L.LSTMCell(3), L.SimpleRNNCell(1)])), SEQUENCES),
]
