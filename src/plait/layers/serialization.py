"""Layers as plain data, and made again from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plait.core import registry


def serialize(layer: Any) -> Any:
    """Returns the config of a layer, which names its class."""
    return registry.serialize(layer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Returns the layer of such a config, with initial values of its own.

    Errors: ValueError for a name that is not registered; nothing is imported.
    """
    return registry.deserialize(config, custom_objects)
