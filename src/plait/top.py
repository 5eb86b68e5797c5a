"""The functions that Keras has in none of its modules: `keras.version`, `keras.device` and `keras.name_scope`."""

from __future__ import annotations

import contextlib
from typing import Any

import jax

from plait.core import errors
from plait.files.keras_file import KERAS_VERSION

__all__ = ["device", "name_scope", "version"]


def version() -> str:
    """Returns the version of Keras whose names and files Plait has; its own is `plait.__version__`."""
    return KERAS_VERSION


def device(device_name: Any) -> contextlib.AbstractContextManager[Any]:
    """Lets arrays be made, and computed with, on a device in the `with` block.

    Args:   device_name: "cpu", "gpu:1" and the like, or a device of JAX's.
    Errors: ValueError for a device that is not there.
    """
    if isinstance(device_name, jax.Device):
        return jax.default_device(device_name)
    kind, _, number = str(device_name).lower().partition(":")
    try:
        return jax.default_device(jax.devices(kind)[int(number or 0)])
    except (IndexError, RuntimeError, ValueError):
        there = ", ".join(f'"{found.platform}:{found.id}"' for found in jax.devices())
        raise ValueError(errors.explain(f"There is no device {device_name!r}.", f"There are: {there}.")) from None


def name_scope(
    name: str, caller: Any = None, deduplicate: bool = True, override_parent: str | None = None
) -> contextlib.AbstractContextManager[Any]:
    """Puts a name before those of the operations that JAX traces in the `with` block, which profiles show.

    Names and paths of layers and weights stay as they are: a model that is called in another one is what groups layers.

    Args:   caller, deduplicate, override_parent: taken; Keras's own layers use them.
    Errors: ValueError for what is no string, or has a "/".
    """
    if not isinstance(name, str) or "/" in name:
        raise ValueError(errors.explain(f'name_scope needs a string without "/", got {name!r}.'))
    return jax.named_scope(name)
