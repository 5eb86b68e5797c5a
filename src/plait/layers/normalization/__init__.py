"""Layers that bring numbers to mean 0 and variance 1, or to a given length.

May import: what the layers may. Start reading at `batch_normalization.py`.
"""

from plait.layers.normalization.batch_normalization import BatchNormalization as BatchNormalization
