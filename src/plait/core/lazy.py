"""Packages that are imported when something of theirs is first used, since they would slow down every start."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any


class _Later(ModuleType):
    """Stands for a module, and imports it when an attribute is asked for."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self.__name__), name)


if TYPE_CHECKING:
    import optax
    from scipy import signal
else:
    # A tenth of a second, two thirds of it for what Plait does not use.
    optax = _Later("optax")
    # JAX brings SciPy, and imports less of it.
    signal = _Later("scipy.signal")

__all__ = ["optax", "signal"]
