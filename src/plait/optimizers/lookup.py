"""Which optimizer a user means by a name, a config, a class, an object or an optax transformation."""

from __future__ import annotations

from typing import Any, TypeAlias

from plait.core import errors, registry
from plait.core.lazy import optax
from plait.optimizers.adafactor import Adafactor
from plait.optimizers.adagrad import Adadelta, Adagrad, Ftrl
from plait.optimizers.adam import Adam, Adamax, AdamW, Lamb, Nadam
from plait.optimizers.from_optax import Optax
from plait.optimizers.lion import Lion
from plait.optimizers.muon import Muon
from plait.optimizers.optimizer import Optimizer
from plait.optimizers.rmsprop import RMSprop
from plait.optimizers.schedule_free import ScheduleFreeAdamW
from plait.optimizers.sgd import SGD

Like: TypeAlias = "str | Optimizer | type[Optimizer] | optax.GradientTransformation | dict[str, Any]"

_CLASSES: tuple[type[Optimizer], ...] = (
    SGD, RMSprop, Adam, AdamW, Adamax, Nadam, Lamb, Lion, Adagrad, Adadelta, Adafactor, Ftrl, Muon, ScheduleFreeAdamW,
)  # fmt: skip

TABLE: dict[str, type[Optimizer]] = {cls.__name__.lower(): cls for cls in _CLASSES}


def get(identifier: Like) -> Optimizer:
    """Returns the optimizer of a name in any case, a config, a class, an object, or an optax transformation.

    Errors: ValueError for an unknown name; TypeError for what can be no optimizer.
    """
    if isinstance(identifier, Optimizer):
        return identifier
    if not isinstance(identifier, type) and hasattr(identifier, "init") and hasattr(identifier, "update"):
        return Optax(identifier)
    if isinstance(identifier, dict) and (cls := TABLE.get(str(identifier.get("class_name")).lower())):
        return cls.from_config(identifier["config"])
    if isinstance(identifier, str) and identifier.lower() in TABLE:
        identifier = identifier.lower()
    found = registry.get(identifier, TABLE, "optimizer")
    if not isinstance(found, Optimizer):
        raise TypeError(errors.explain(f"Expected an optimizer, got {found!r}."))
    return found
