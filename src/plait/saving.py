"""Names for classes and functions of one's own in configs, and files, as `keras.saving` spells them."""

import os
from collections.abc import Mapping
from typing import Any

from plait.core import registry
from plait.core.registry import (
    custom_object_scope,
    get_registered_name,
    register_keras_serializable,
)
from plait.core.registry import serialize as serialize_keras_object
from plait.files.exported import load_exported
from plait.models.files import load_model, save_model

__all__ = [
    "CustomObjectScope",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_exported",
    "load_model",
    "load_weights",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]

CustomObjectScope = custom_object_scope

_everywhere: dict[str, Any] = {}
# A scope that is entered once and never left.
_outermost = custom_object_scope(_everywhere)
_outermost.__enter__()


def get_custom_objects() -> dict[str, Any]:
    """Returns the dict of classes and functions that configs may name anywhere; add yours to it."""
    return _everywhere


def save_weights(
    model: Any, filepath: str | os.PathLike[str], overwrite: bool = True, max_shard_size: float | None = None
) -> None:
    """Writes the weights of a model to a file; see `Model.save_weights`."""
    model.save_weights(filepath, overwrite, max_shard_size)


def load_weights(
    model: Any, filepath: str | os.PathLike[str], skip_mismatch: bool = False, by_name: bool = False
) -> None:
    """Gives the weights of a model the values in a file; see `Model.load_weights`."""
    model.load_weights(filepath, skip_mismatch, by_name)


def get_registered_object(
    name: str, custom_objects: Mapping[str, Any] | None = None, module_objects: Mapping[str, Any] | None = None
) -> Any:
    """Returns what is registered under a name or `package>name`, or None.

    Args: custom_objects, module_objects: looked into before anything else, the first before the second.
    """
    with custom_object_scope({**(module_objects or {}), **(custom_objects or {})}):
        return registry.lookup(name)


def deserialize_keras_object(
    config: Any, custom_objects: Mapping[str, Any] | None = None, safe_mode: bool = True
) -> Any:
    """Returns the object that `serialize_keras_object` described; plain data is returned as it is.

    Args:   custom_objects: classes and functions by name, beside those that are registered.
            safe_mode: taken for Keras's sake. Nothing in a config is ever run or imported, whatever it says.
    Errors: ValueError for a name that is not registered.
    """
    return registry.deserialize(config, custom_objects)
