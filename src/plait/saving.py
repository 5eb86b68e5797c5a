"""Names for classes and functions of one's own in configs, as `keras.saving` spells them."""

import os
from typing import Any

from plait.core.registry import (
    custom_object_scope,
    get_registered_name,
    lookup,
    register_keras_serializable,
)
from plait.core.registry import deserialize as deserialize_keras_object
from plait.core.registry import serialize as serialize_keras_object
from plait.files.exported import load_exported
from plait.models.files import load_model

__all__ = [
    "CustomObjectScope",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_exported",
    "load_model",
    "register_keras_serializable",
    "save_model",
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


def save_model(model: Any, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Writes a model to a `.keras` file; see `Model.save`."""
    model.save(filepath, overwrite)


def get_registered_object(name: str) -> Any:
    """Returns what is registered under a name or `package>name`, or None."""
    return lookup(name)
