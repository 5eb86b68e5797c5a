"""Dtype policies, under the names that `keras.mixed_precision` gives them."""

from plait.config import dtype_policy, set_dtype_policy
from plait.core.policy import DTypePolicy
from plait.optimizers import LossScaleOptimizer

__all__ = [
    "DTypePolicy",
    "LossScaleOptimizer",
    "Policy",
    "dtype_policy",
    "global_policy",
    "set_dtype_policy",
    "set_global_policy",
]

Policy = DTypePolicy
global_policy = dtype_policy
set_global_policy = set_dtype_policy
