"""Layers that run a step over the time axis of sequences.

`recurrent.py` is what all of them share: states, direction, what is returned. Each other file is one kind of step.
May import: what the layers may. Start reading at `recurrent.py`.
"""

from plait.layers.recurrent.lstm import LSTM as LSTM
