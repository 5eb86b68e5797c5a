"""Which dtypes layers keep and compute in, under the names that `keras.dtype_policies` gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plait.core import registry
from plait.core.policy import DTypePolicy
from plait.core.policy import get as _get

__all__ = ["DTypePolicy", "FloatDTypePolicy", "deserialize", "get", "serialize"]

FloatDTypePolicy = DTypePolicy


def get(identifier: Any) -> DTypePolicy:
    """Returns the policy of a name, a dtype, a config or a policy; the global one for None.

    Errors: ValueError for a name that is none.
    """
    return _get(identifier)


def serialize(dtype_policy: DTypePolicy) -> Any:
    """Returns the config of a policy."""
    return registry.serialize(dtype_policy)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Returns the policy of a config.

    Errors: ValueError for a name that is not registered; nothing is imported.
    """
    return registry.deserialize(config, custom_objects)
