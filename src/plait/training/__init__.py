"""Training: what is minimised, the compiled program that does it, and the loop around the program.

May import: the graph floor and below; no concrete layer. Start reading at `loop.py` (ordinary Python: epochs, batches,
callbacks), then `program.py` (everything below `Program.train` is pure), then `objective.py` (how the loss is
averaged).
"""
