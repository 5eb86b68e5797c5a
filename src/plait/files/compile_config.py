"""What compile was given as plain data, in Keras 3's grammar, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plait.core import registry

# What compile puts around an optimizer under mixed_float16.
_SCALING = "LossScaleOptimizer"


def of_compiled(compiled: Any) -> dict[str, Any]:
    """Returns what compile was given.

    Errors: ValueError or TypeError for a function that is not registered, or an optimizer that is made of functions.
    """
    steps = compiled.steps_per_execution
    return {
        "optimizer": registry.serialize(compiled.optimizer),
        **{name: registry.serialize(value) for name, value in compiled.arguments.items()},
        "run_eagerly": compiled.run_eagerly,
        "steps_per_execution": 1 if steps == "auto" else steps,
        "jit_compile": not compiled.run_eagerly,
    }


def compile_arguments(config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the arguments for compile that a config of Keras's or Plait's describes.

    Errors: ValueError for a name that is not registered.
    """
    named = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics")
    arguments = {name: _compile_argument(config.get(name)) for name in named}
    # One step for each dispatch is Keras's default, which nobody asked for; Keras 2 writes None.
    steps = config.get("steps_per_execution") or 1
    is_eager = bool(config.get("run_eagerly"))
    return {**arguments, "run_eagerly": is_eager, "steps_per_execution": "auto" if steps == 1 else steps}


def scaled(config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a config whose optimizer scales the loss, where Keras names only the one that its compile was given."""
    optimizer = config.get("optimizer")
    if not isinstance(optimizer, Mapping) or optimizer.get("class_name") == _SCALING:
        return dict(config)
    around = {"module": "keras.optimizers", "class_name": _SCALING, "config": {"inner_optimizer": optimizer}}
    return {**config, "optimizer": {**around, "registered_name": None}}


def _compile_argument(value: Any) -> Any:
    if isinstance(value, list):
        return [_compile_argument(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "class_name" not in value:
        return {name: _compile_argument(one) for name, one in value.items()}
    if value["class_name"] == "function" and registry.lookup(value["config"]) is None:
        return value["config"]  # one of Keras's own, which compile knows by name
    return registry.deserialize(value)
