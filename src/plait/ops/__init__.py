"""Functions that work on arrays and, becoming nodes of the graph, on symbolic tensors. The names are Keras 3's.

`numpy.py` has what NumPy has, `nn.py` what networks need besides. May import: the graph floor and below.
Start reading at `numpy.py`; what lifting a function means is in `plait/graph/operators.py`.
"""

from plait.ops.nn import *  # noqa: F403 - each says in __all__ what it hands on
from plait.ops.numpy import *  # noqa: F403 - each says in __all__ what it hands on
