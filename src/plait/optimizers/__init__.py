"""Optimizers and learning rate schedules.

Each optimizer is a rule in optax's protocol and the order of a step around it, which is the same for all.
May import: `core`. Start reading at `optimizer.py`, then `sgd.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plait.core import registry
from plait.optimizers import schedules
from plait.optimizers.adafactor import Adafactor
from plait.optimizers.adagrad import Adadelta, Adagrad, Ftrl
from plait.optimizers.adam import Adam, Adamax, AdamW, Lamb, Nadam
from plait.optimizers.from_optax import Optax
from plait.optimizers.grouping import Groups, groups
from plait.optimizers.lion import Lion
from plait.optimizers.lookup import Like, get
from plait.optimizers.loss_scale import LossScaleOptimizer
from plait.optimizers.multi_optimizer import MultiOptimizer, OptimizerMap
from plait.optimizers.muon import Muon
from plait.optimizers.optimizer import Optimizer, Slots
from plait.optimizers.rmsprop import RMSprop
from plait.optimizers.schedule_free import ScheduleFreeAdamW
from plait.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Groups",
    "Lamb",
    "Like",
    "Lion",
    "LossScaleOptimizer",
    "MultiOptimizer",
    "Muon",
    "Nadam",
    "Optax",
    "Optimizer",
    "OptimizerMap",
    "RMSprop",
    "ScheduleFreeAdamW",
    "Slots",
    "deserialize",
    "get",
    "groups",
    "schedules",
    "serialize",
]


def serialize(optimizer: Optimizer) -> Any:
    """Returns the config of an optimizer."""
    return registry.serialize(optimizer)


def deserialize(config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Optimizer:
    """Returns the optimizer of a config.

    Args:   custom_objects: classes and functions of your own, by name.
    Errors: ValueError for a name that is not registered.
    """
    with registry.custom_object_scope(custom_objects or {}):
        return get(config)
