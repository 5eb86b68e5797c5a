"""Configs as Keras 2 wrote them, brought into the grammar of Keras 3."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from plait import metrics
from plait.core import errors, names
from plait.files import operations
from plait.graph import operators

_MODELS = ("Model", "Functional")
_ALL_MODELS = (*_MODELS, "Sequential")
# Of what Keras 3 computes another way under the same name: 0.2 x + 0.5 between 0 and 1.
_STEEP = "hard_sigmoid_of_keras_2"
# How Keras 2.11 and later wrote the classes of its own optimizers.
CUSTOM = "Custom>"
# What is no argument any more, unless it asks for what is gone.
_GONE = {"time_major": False}
# What the configs of Keras's own optimizers and losses say besides their arguments.
_NO_ARGUMENTS = ("jit_compile", "is_legacy_optimizer", "fn")
# Since when a list of one tensor is another thing than the tensor.
_KEEPS_LISTS = 15


def modern(config: Any, is_keras_2: bool) -> Any:
    """Returns the config of a model, and of what is in it, as Keras 3 would write it.

    Args:   is_keras_2: whether names mean what they meant before Keras 3.
    Errors: ValueError for what is no config of a model.
    """
    if not isinstance(config, Mapping) or "class_name" not in config:
        raise ValueError(errors.explain(f"The file describes no model: {errors.described(config)}."))
    name = config["class_name"]
    inner: Any = config.get("config")
    if name == "Sequential":
        # A bare list, as Keras wrote before 2.2.3.
        inner = {"layers": inner} if isinstance(inner, list) else inner
        inner = {**inner, "layers": [_layer(one, is_keras_2) for one in inner["layers"]]}
        return {**config, "config": inner}
    if name in _MODELS and isinstance(inner, Mapping) and "layers" in inner:
        return {**config, "class_name": "Model", "registered_name": None, "config": _graph(inner, is_keras_2)}
    return config


def lists_one(version: str | None) -> bool:
    """Whether Keras 3 of this version wrote a single tensor as a list of one."""
    found = re.match(r"3\.([0-9]{1,2})(\.|$)", version or "")
    return found is not None and int(found[1]) < _KEEPS_LISTS


def single_ended(config: Any) -> Any:
    """Returns a config of such a version, with the inputs and outputs of models as they are written since."""
    if isinstance(config, list):
        return [single_ended(one) for one in config]
    if not isinstance(config, Mapping):
        return config
    walked = {key: single_ended(one) for key, one in config.items()}
    for key in ("input_layers", "output_layers"):
        if isinstance(ends := walked.get(key), list) and len(ends) == 1:
            (walked[key],) = ends
    return walked


def training(config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what compile was given, of what an `.h5` file has."""
    return {**config, "optimizer": config.get("optimizer_config", config.get("optimizer"))}


def training_of_keras_2(config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what compile was given, as Keras 3 would write it; metrics that are functions are made here.

    Errors: ValueError for the name of a function that is not registered.
    """
    return {name: _of_training(value) for name, value in training(config).items()}


def _of_training(value: Any) -> Any:
    if isinstance(value, list):
        return [_of_training(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    if "class_name" not in value:
        return {name: _of_training(one) for name, one in value.items()}
    name, inner = str(value["class_name"]).removeprefix(CUSTOM), value.get("config")
    if not isinstance(inner, Mapping):
        return value
    if name == "MeanMetricWrapper":
        metric: Any = metrics.get(inner["fn"])
        metric.name = str(inner.get("name") or metric.name)
        return metric
    inner = {key: one for key, one in inner.items() if key not in _NO_ARGUMENTS}
    if inner.get("reduction") == "auto":
        inner["reduction"] = "sum_over_batch_size"
    registered = value.get("registered_name")
    registered = registered.removeprefix(CUSTOM) if isinstance(registered, str) else None
    return {**value, "class_name": name, "registered_name": registered, "config": inner}


def _graph(config: Mapping[str, Any], is_keras_2: bool) -> dict[str, Any]:
    # Before Keras 3 what a model computes by itself was its call 0, and those of others came after it. Where outputs
    # are listed it still is, but not that of a Sequential model.
    models = {one["name"]: one["class_name"] for one in config["layers"] if one["class_name"] in _ALL_MODELS}

    def called(history: Any) -> list[Any]:
        name, number, index = history[:3]
        return [name, number - (is_keras_2 and name in models and number > 0), index]

    def listed(history: Any) -> list[Any]:
        return called(history) if models.get(history[0]) == "Sequential" else list(history)

    layers = [
        {
            **_layer(one, is_keras_2),
            "name": one["name"],
            "inbound_nodes": [_node(node, called) for node in one["inbound_nodes"]],
        }
        for one in config["layers"]
    ]
    # A list of one was how a single tensor was written.
    ends = {key: _ends(config[key], listed, is_keras_2) for key in ("input_layers", "output_layers")}
    return {**config, "layers": layers, **ends}


def _layer(config: Any, is_keras_2: bool) -> dict[str, Any]:
    if config["class_name"] in _ALL_MODELS:
        return {**config, **modern(config, is_keras_2)}
    inner = {
        key: _value(value, is_keras_2)
        for key, value in config["config"].items()
        if not (is_keras_2 and key in _GONE and value == _GONE[key])
    }
    if _is_function(config):
        return {**config, "module": operations.ANY_MODULE}
    if inner.get("dtype") == "string" and config["class_name"] != "InputLayer":
        del inner["dtype"]  # which Keras 2 calls texts that it looks up
    if is_keras_2 and config["class_name"] in ("GRU", "GRUCell"):
        inner.setdefault("reset_after", False)  # there was no other way before 2.1.3
    if is_keras_2 and config["class_name"] == "BatchNormalization" and isinstance(inner.get("axis"), list):
        (inner["axis"],) = inner["axis"]
    return {**config, "config": inner}


def _is_function(config: Mapping[str, Any]) -> bool:
    # Of a class with the name of a function, as Keras 3 has them for calls of functions, only the name is written.
    is_bare = set(config["config"]) == {"name"} and "module" not in config
    return is_bare and operators.has(names.snake_case(config["class_name"]))


def _value(value: Any, is_keras_2: bool) -> Any:
    if is_keras_2 and value == "hard_sigmoid":
        return _STEEP
    if isinstance(value, Mapping) and isinstance(value.get("config"), Mapping) and "class_name" in value:
        return _layer(value, is_keras_2)
    if isinstance(value, list):
        return [_value(one, is_keras_2) for one in value]
    return value


def _node(node: Any, called: Callable[[Any], list[Any]]) -> Any:
    """Returns a call: `[[layer, call, output, arguments], …]`, one for each input, becomes args and kwargs."""
    if isinstance(node, Mapping):
        return node
    inputs = [_tensor(called(one)) for one in node]
    kwargs: Mapping[str, Any] = next((one[3] for one in node if len(one) > 3 and one[3]), {})
    arguments = {name: _tensor(called(value)) if _is_history(value) else value for name, value in kwargs.items()}
    return {"args": [inputs if len(inputs) > 1 else inputs[0]], "kwargs": arguments}


def _tensor(history: list[Any]) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": history}}


def _is_history(value: Any) -> bool:
    return isinstance(value, list) and len(value) >= 3 and isinstance(value[0], str) and isinstance(value[1], int)


def _ends(ends: Any, listed: Callable[[Any], list[Any]], is_keras_2: bool) -> Any:
    if not is_keras_2 or not isinstance(ends, list):
        return ends
    if ends and _is_history(ends):
        return listed(ends)
    found = [listed(one) if _is_history(one) else one for one in ends]
    return found[0] if len(found) == 1 and isinstance(found[0], list) else found
