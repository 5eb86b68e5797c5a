"""Modules that are imported when something of theirs is first used, since they would slow down every start."""

from __future__ import annotations

import importlib
import pathlib
import re
from collections.abc import Callable
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


def exports(module: str, path: str) -> tuple[Callable[[str], Any], list[str]]:
    """Returns a module's `__getattr__`, which imports what it lists for type checkers, and the names of that.

    Args: path: its source, where each name has an import `from x import name as name` of its own, indented.
    """
    lines = re.findall(r"^    from (\S+) import \(?\s*(\w+) as", pathlib.Path(path).read_text(), re.MULTILINE)
    places = {name: place for place, name in lines}

    def find(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        found = getattr(importlib.import_module(places[name]), name)
        setattr(importlib.import_module(module), name, found)
        return found

    return find, list(places)


__all__ = ["exports", "optax", "signal"]
