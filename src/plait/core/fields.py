"""Dataclasses whose constructor is written when somebody first wants it.

The standard library's decorator composes and compiles source text for each class. For some hundred classes, of which a
script makes objects of ten, that was a third of `import plait`.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, eq: bool, repr: bool = True) -> Callable[[type], type]:
        """Makes a dataclass as `dataclasses.dataclass` does; for classes without eq, whose defaults are plain values.

        Errors: TypeError for a default made by `dataclasses.field`, which is gone when the constructor is written.
        """

        def made(cls: type) -> type:
            if eq or any(isinstance(value, dataclasses.Field) for value in vars(cls).values()):
                raise TypeError(f"{cls.__name__} is one for dataclasses.dataclass: it has eq, or a field(…).")
            dataclasses.dataclass(eq=False, repr=False, init=False)(cls)
            if "__init__" not in vars(cls):
                cls.__init__ = _Constructor(cls)
            if repr and "__repr__" not in vars(cls):
                cls.__repr__ = _repr
            return cls

        return made


# Two threads may make the first two objects of a class.
_writing = threading.RLock()


class _Constructor:
    """Stands for the `__init__` of a dataclass, and puts the real one in its own place when it is asked for."""

    def __init__(self, cls: Any) -> None:
        self.cls = cls

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        with _writing:
            if vars(self.cls)["__init__"] is self:
                del self.cls.__init__
                dataclasses.dataclass(eq=False, repr=False)(self.cls)
        return self.cls.__init__.__get__(instance, owner)


def _repr(self: Any) -> str:
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


__all__ = ["dataclass"]
