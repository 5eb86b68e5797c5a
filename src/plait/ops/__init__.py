"""Functions that work on arrays and, becoming nodes of the graph, on symbolic tensors. The names are Keras 3's.

`numpy.py` has what is used every day of what NumPy has; `elementwise.py`, `statistics.py`, `arrangement.py`,
`rearranging.py` and `creation.py` have the rest. `nn.py`, `convolutions.py` and `losses.py` have what networks need
besides, `decoding.py` labels of sequences, `linalg.py` matrices, `spectra.py` frequencies, `image/` images,
`control.py` loops and branches.

May import: the graph floor and below. Start reading at `numpy.py`; what lifting a function means is in
`plait/graph/operators.py`.
"""

# Keras has the names of this one in its own place only.
from plait.ops import image as image

# Each of these says in __all__ what it hands on.
from plait.ops.arrangement import *  # noqa: F403
from plait.ops.control import *  # noqa: F403
from plait.ops.convolutions import *  # noqa: F403
from plait.ops.creation import *  # noqa: F403
from plait.ops.decoding import *  # noqa: F403
from plait.ops.elementwise import *  # noqa: F403
from plait.ops.linalg import *  # noqa: F403
from plait.ops.losses import *  # noqa: F403
from plait.ops.nn import *  # noqa: F403
from plait.ops.numpy import *  # noqa: F403
from plait.ops.rearranging import *  # noqa: F403
from plait.ops.spectra import *  # noqa: F403
from plait.ops.statistics import *  # noqa: F403
