"""Models made again from what was written of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from plait.core import registry
from plait.models.model import Model


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Returns the model that `Model.to_json` described, with initial values of its own.

    Args:   custom_objects: classes and functions by name, beside those that are registered.
    Errors: ValueError for a name that is not registered; nothing is ever imported by name.
    """
    config = json.loads(json_string)
    model = registry.deserialize(_with_names(config), custom_objects)
    if not isinstance(model, Model):
        raise ValueError(f"The JSON describes a {type(model).__name__}, not a model.")
    return model


def model_from_config(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Returns the model of a config that names its class."""
    return registry.deserialize(dict(config), custom_objects)


def _with_names(config: Any) -> Any:
    # Keras 3 calls the class of a functional model Functional.
    return (
        {**config, "class_name": "Model", "registered_name": None}
        if config.get("class_name") == "Functional"
        else config
    )
