"""Configs in the grammar of Keras 2: what `legacy_config.py` reads, for the layers that Keras 2 computes alike.

An argument that Keras 2 has not must have the value by which it changes nothing; otherwise the model is refused, and
never written as another one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from plait.core import errors
from plait.files import keras_2_classes as known

_MODELS = {"Model": "Model", "Functional": "Model", "Sequential": "Sequential"}
_INPUT = "InputLayer"


def ancient(described: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the config of a model as Keras 2 would write it.

    Args:   described: the config as Keras 3 would.
    Errors: ValueError for what Keras 2 has not, or computes in another way.
    """
    makes_masks = _holds(described, "class_name", "Masking") or _holds(described, "mask_zero", True)
    if makes_masks and _holds(described, "zero_output_for_mask", True):
        raise _refused("the outputs of a recurrent layer at steps that are masked, which are 0 here")
    return _model(described)


def _holds(value: Any, name: str, wanted: Any) -> bool:
    """Whether something in a config has this value under this name."""
    if isinstance(value, Mapping):
        return value.get(name) == wanted or any(_holds(one, name, wanted) for one in value.values())
    return isinstance(value, list) and any(_holds(one, name, wanted) for one in value)


def _model(described: Mapping[str, Any]) -> dict[str, Any]:
    name, config = described["class_name"], described["config"]
    if not _is_model(described):
        raise _refused(f"the class {name!r}")
    inner = {"layers": _chain(config)} if name == "Sequential" else _graph(config)
    return {"class_name": _MODELS[name], "config": {"name": config["name"], **inner}}


def _is_model(described: Mapping[str, Any]) -> bool:
    return described["class_name"] in _MODELS and not described.get("registered_name")


def _chain(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    layers = [_layer(one) for one in config["layers"]]
    if layers[0]["class_name"] != _INPUT:
        layers.insert(0, _input(f"{layers[0]['config']['name']}_input", config["build_input_shape"], "float32"))
    return layers


def _graph(config: Mapping[str, Any]) -> dict[str, Any]:
    # What a model computes by itself is its call 0 there, and those of others come after it. Keras 3 counts so too
    # where the outputs of a model are listed, but not for Sequential models.
    models = {one["name"]: one["class_name"] for one in config["layers"] if _is_model(one)}

    def call(tensor: Any) -> list[Any]:
        name, number, index = tensor
        return [name, number + (name in models), index]

    def end(tensor: Any) -> list[Any]:
        name, number, index = tensor
        return [name, number + (models.get(name) == "Sequential"), index]

    layers = [
        {**_layer(one), "name": one["name"], "inbound_nodes": [_node(node, call) for node in one["inbound_nodes"]]}
        for one in config["layers"]
    ]
    ends = {key: [end(tensor) for tensor in _flat(config[key])] for key in ("input_layers", "output_layers")}
    return {"layers": layers, **ends}


def _node(node: Mapping[str, Any], call: Callable[[Any], list[Any]]) -> list[Any]:
    given = node["args"][0]
    tensors = given if isinstance(given, list) else [given]
    has_more = len(node["args"]) > 1 or any(value is not None for value in node["kwargs"].values())
    if has_more or not all(isinstance(one, Mapping) and one["class_name"] == "__keras_tensor__" for one in tensors):
        raise _refused("a call of a layer on more than tensors")
    return [[*call(one["config"]["keras_history"]), {}] for one in tensors]


def _flat(ends: Any) -> list[Any]:
    """Returns the `[layer, call, output]` of inputs or outputs that are one, or a list."""
    if isinstance(ends, list) and ends and isinstance(ends[0], str):
        return [ends]
    if not isinstance(ends, list) or not all(isinstance(one, list) and isinstance(one[0], str) for one in ends):
        raise _refused("inputs or outputs that are a dict, or nested")
    return ends


def _layer(described: Mapping[str, Any]) -> dict[str, Any]:
    name, config = described["class_name"], described["config"]
    if _is_model(described):
        return _model(described)
    if name == _INPUT:
        return _input(config["name"], config["batch_shape"], config["dtype"])
    if name not in known.LAYERS:
        raise _refused(f'the layer "{config.get("name")}", a {name}')
    if (policy := config["dtype"]["config"]["name"]) != "float32":
        raise _refused(f'the policy {policy!r} of "{config["name"]}"')
    if name == "Bidirectional" and not _is_mirrored(config["layer"], config["backward_layer"]):
        raise _refused(f'another layer for the way back in "{config["name"]}"')
    return _object({**described, "config": {key: value for key, value in config.items() if key != "dtype"}})


def _input(name: str, shape: Any, dtype: str) -> dict[str, Any]:
    config = {"batch_input_shape": shape, "dtype": dtype, "sparse": False, "name": name}
    return {"class_name": _INPUT, "config": config}


def _is_mirrored(layer: Mapping[str, Any], backward: Mapping[str, Any]) -> bool:
    """Whether two layers differ in their names and directions only."""
    own = ("name", "go_backwards")
    one, other = ({key: value for key, value in of["config"].items() if key not in own} for of in (layer, backward))
    return layer["class_name"] == backward["class_name"] and one == other


def _object(described: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a layer, or one of its initializers, regularizers and constraints, with the arguments Keras 2 knows."""
    name, fixed = known.CASES.get(described["class_name"], (described["class_name"], {}))
    if name not in known.ARGUMENTS or described.get("registered_name"):
        raise _refused(f"the class {described['class_name']!r}")
    kept = {}
    for key, value in described["config"].items():
        if key in known.ARGUMENTS[name]:
            kept[key] = _value(key, value)
        elif key not in known.WITHOUT_EFFECT and (key not in known.NEUTRAL or value != known.NEUTRAL[key]):
            raise _refused(f"{key}={value!r} of a {described['class_name']}")
    return {"class_name": name, "config": {**kept, **fixed}}


def _value(key: str, value: Any) -> Any:
    names = next((names for ending, names in known.NAMES.items() if key.endswith(ending)), None)
    if names is not None and value is not None:
        if not isinstance(value, str) or value not in names:
            raise _refused(f"{key}={value!r}")
        return names[value]
    if not isinstance(value, Mapping) or "class_name" not in value:
        return value
    return _layer(value) if key == "layer" else _object(value)


def _refused(what: str) -> ValueError:
    return ValueError(
        errors.explain(f"Keras 2 has not, or computes in another way, {what}.", "Save the model for Keras 3.")
    )
