"""Training: what is minimised, the compiled program that does it, and the loop around the program.

May import: the graph floor and below; no concrete layer. Start reading at `loop.py` (ordinary Python: epochs, batches,
callbacks) and `run.py` (the dispatches of one run), then `program.py` (everything below `Program.train` is pure), then
`objective.py` (how the loss is averaged). `given.py` and `feed/` bring the data. `checkpoints/` keeps what a run needs
to go on.
"""

from plait.training.checkpoints import Checkpoint

__all__ = ["Checkpoint"]
