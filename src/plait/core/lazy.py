"""Modules that are imported when something of theirs is first used, since they would slow down every start."""

from __future__ import annotations

import contextlib
import gc
import importlib
import pathlib
import re
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any


class Module(ModuleType):
    """Stands for a module, and imports it when an attribute is asked for."""

    def __getattr__(self, name: str) -> Any:
        return getattr(imported(self.__name__), name)


if TYPE_CHECKING:
    import optax
    from jax.experimental import rnn
    from scipy import signal
else:
    # A tenth of a second, two thirds of it for what Plait does not use.
    optax = Module("optax")
    # JAX brings SciPy, and imports less of it.
    signal = Module("scipy.signal")
    # For NVIDIA's cards.
    rnn = Module("jax.experimental.rnn")


@contextlib.contextmanager
def importing() -> Iterator[None]:
    """Lets the garbage collector rest inside the `with` block.

    What is imported stays. The collector looks through all of it several times while JAX is imported, a tenth of a
    second, and finds nothing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def imported(name: str) -> ModuleType:
    """Returns a module, imported if it was not yet."""
    with importing():
        return importlib.import_module(name)


def exports(module: str, path: str) -> tuple[Callable[[str], Any], list[str]]:
    """Returns a module's `__getattr__`, which imports what it lists for type checkers, and the names of that.

    Args: path: its source, where each name has an import `from x import name as name` of its own, indented.
    """
    lines = re.findall(r"^    from (\S+) import \(?\s*(\w+) as", pathlib.Path(path).read_text(), re.MULTILINE)
    places = {name: place for place, name in lines}

    def find(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        # A module that is listed as a name of its package.
        own = places[name] == module
        found = imported(f"{module}.{name}") if own else getattr(imported(places[name]), name)
        setattr(sys.modules[module], name, found)
        return found

    return find, list(places)


__all__ = ["Module", "exports", "imported", "importing", "optax", "rnn", "signal"]
