"""Layers that bring numbers to mean 0 and variance 1, or to a given length.

May import: what the layers may. Start reading at `batch_normalization.py`.
"""

from plait.layers.normalization.batch_normalization import BatchNormalization as BatchNormalization
from plait.layers.normalization.group_normalization import GroupNormalization as GroupNormalization
from plait.layers.normalization.layer_normalization import LayerNormalization as LayerNormalization
from plait.layers.normalization.rms_normalization import RMSNormalization as RMSNormalization
from plait.layers.normalization.spectral_normalization import SpectralNormalization as SpectralNormalization
from plait.layers.normalization.unit_normalization import UnitNormalization as UnitNormalization
