"""Layers that run a step over the time axis of sequences.

`recurrent.py` is what all of them share: states, direction, what is returned. `step.py` is what a kind of step is, as a
cell and as a layer; `simple_rnn.py`, `gru.py`, `lstm.py` and `conv_lstm.py` are the kinds. `rnn.py` runs any cell,
`plain_cell.py` makes a layer of one that is none, `cudnn.py` has what Keras 2 called an LSTM and a GRU on a GPU, and
the other files wrap layers or cells.
May import: what the layers may. Start reading at `recurrent.py`.
"""

from plait.layers.recurrent.bidirectional import Bidirectional as Bidirectional
from plait.layers.recurrent.conv_lstm import ConvLSTM1D as ConvLSTM1D
from plait.layers.recurrent.conv_lstm import ConvLSTM2D as ConvLSTM2D
from plait.layers.recurrent.conv_lstm import ConvLSTM3D as ConvLSTM3D
from plait.layers.recurrent.cudnn import CuDNNGRU as CuDNNGRU
from plait.layers.recurrent.cudnn import CuDNNLSTM as CuDNNLSTM
from plait.layers.recurrent.gru import GRU as GRU
from plait.layers.recurrent.gru import GRUCell as GRUCell
from plait.layers.recurrent.lstm import LSTM as LSTM
from plait.layers.recurrent.lstm import LSTMCell as LSTMCell
from plait.layers.recurrent.rnn import RNN as RNN
from plait.layers.recurrent.simple_rnn import SimpleRNN as SimpleRNN
from plait.layers.recurrent.simple_rnn import SimpleRNNCell as SimpleRNNCell
from plait.layers.recurrent.stacked_rnn_cells import StackedRNNCells as StackedRNNCells
from plait.layers.recurrent.time_distributed import TimeDistributed as TimeDistributed
