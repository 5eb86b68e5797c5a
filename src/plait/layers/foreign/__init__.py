"""Functions of JAX, and modules of the libraries built on it, as layers: their arrays become weights.

May import: the graph floor and below; of the other libraries each file the one it is for, when a layer of it is made.
Start reading at `jax_layer.py`, then `foreign.py`, which all share.
"""

from plait.layers.foreign.equinox_layer import EquinoxLayer as EquinoxLayer
from plait.layers.foreign.flax_layer import FlaxLayer as FlaxLayer
from plait.layers.foreign.jax_layer import JaxLayer as JaxLayer
from plait.layers.foreign.nnx_layer import NNXLayer as NNXLayer
