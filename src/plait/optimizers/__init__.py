"""Optimizers and learning rate schedules.

Each optimizer is a rule in optax's protocol and the order of a step around it, which is the same for all.
May import: `core`. Start reading at `optimizer.py`, then `sgd.py`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from plait.core import errors, registry
from plait.core.lazy import optax
from plait.optimizers import schedules
from plait.optimizers.adagrad import Adadelta, Adagrad, Ftrl
from plait.optimizers.adam import Adam, Adamax, AdamW, Lamb, Nadam
from plait.optimizers.from_optax import Optax
from plait.optimizers.lion import Lion
from plait.optimizers.loss_scale import LossScaleOptimizer
from plait.optimizers.optimizer import Optimizer, Slots
from plait.optimizers.rmsprop import RMSprop
from plait.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Like",
    "Lion",
    "LossScaleOptimizer",
    "Nadam",
    "Optax",
    "Optimizer",
    "RMSprop",
    "Slots",
    "get",
    "schedules",
    "serialize",
]

Like: TypeAlias = "str | Optimizer | type[Optimizer] | optax.GradientTransformation | dict[str, Any]"

_TABLE: dict[str, type[Optimizer]] = {
    cls.__name__.lower(): cls for cls in (SGD, RMSprop, Adam, AdamW, Adamax, Nadam, Lamb, Lion, Adagrad, Adadelta, Ftrl)
}


def get(identifier: Like) -> Optimizer:
    """Returns the optimizer of a name in any case, a config, a class, an object, or an optax transformation.

    Errors: ValueError for an unknown name; TypeError for what can be no optimizer.
    """
    if isinstance(identifier, Optimizer):
        return identifier
    if not isinstance(identifier, type) and hasattr(identifier, "init") and hasattr(identifier, "update"):
        return Optax(identifier)
    if isinstance(identifier, dict) and (cls := _TABLE.get(str(identifier.get("class_name")).lower())):
        return cls.from_config(identifier["config"])
    if isinstance(identifier, str) and identifier.lower() in _TABLE:
        identifier = identifier.lower()
    found = registry.get(identifier, _TABLE, "optimizer")
    if not isinstance(found, Optimizer):
        raise TypeError(errors.explain(f"Expected an optimizer, got {found!r}."))
    return found


def serialize(optimizer: Optimizer) -> Any:
    """Returns the config of an optimizer."""
    return registry.serialize(optimizer)
