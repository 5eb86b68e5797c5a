"""The symbolic graph: what calling a layer on a tensor records, and how the record is run.

May import: core, and the formulas of floor 1. Start reading at `tensor.py`, `node.py`, then `layer.py` (the protocol
every layer keeps) and `graph.py` (how nodes run with values and masks). `adapter.py` lets layers written in Keras's
way keep it too.
"""

from plait.graph import operators  # gives symbolic tensors their operators

__all__ = ["operators"]
