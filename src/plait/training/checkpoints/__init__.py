"""Checkpoints of a run, from which the same line of code goes on where it was.

May import: what training may. Start reading at `checkpoint.py`, then `state.py` (what is in one), `folder.py` (how it
is written, and read again).
"""

from plait.training.checkpoints.checkpoint import Checkpoint

__all__ = ["Checkpoint"]
