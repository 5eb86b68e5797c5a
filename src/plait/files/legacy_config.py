"""Configs as Keras 2 wrote them, brought into the grammar of Keras 3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plait.core import errors, names
from plait.files import operations
from plait.graph import operators

_MODELS = ("Model", "Functional")
# Of what Keras 3 computes another way under the same name: 0.2 x + 0.5 between 0 and 1.
_STEEP = "hard_sigmoid_of_keras_2"


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


def _graph(config: Mapping[str, Any], is_keras_2: bool) -> dict[str, Any]:
    layers = [
        {
            **_layer(one, is_keras_2),
            "name": one["name"],
            "inbound_nodes": [_node(node) for node in one["inbound_nodes"]],
        }
        for one in config["layers"]
    ]
    # A list of one was how a single tensor was written.
    ends = {key: _single(config[key]) for key in ("input_layers", "output_layers")}
    return {**config, "layers": layers, **ends}


def _layer(config: Any, is_keras_2: bool) -> dict[str, Any]:
    if config["class_name"] in (*_MODELS, "Sequential"):
        return {**config, **modern(config, is_keras_2)}
    inner = {key: _value(value, is_keras_2) for key, value in config["config"].items()}
    if _is_function(config):
        return {**config, "module": operations.ANY_MODULE}
    if is_keras_2 and config["class_name"] in ("GRU", "GRUCell"):
        inner.setdefault("reset_after", False)  # there was no other way before 2.1.3
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


def _node(node: Any) -> Any:
    """Returns a call: `[[layer, call, output, arguments], …]`, one for each input, becomes args and kwargs."""
    if isinstance(node, Mapping):
        return node
    inputs = [_tensor(one) for one in node]
    kwargs: Mapping[str, Any] = next((one[3] for one in node if len(one) > 3 and one[3]), {})
    arguments = {name: _tensor(value) if _is_history(value) else value for name, value in kwargs.items()}
    return {"args": [inputs if len(inputs) > 1 else inputs[0]], "kwargs": arguments}


def _tensor(history: Any) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": list(history[:3])}}


def _is_history(value: Any) -> bool:
    return isinstance(value, list) and len(value) >= 3 and isinstance(value[0], str) and isinstance(value[1], int)


def _single(ends: Any) -> Any:
    return ends[0] if isinstance(ends, list) and len(ends) == 1 and isinstance(ends[0], list) else ends
