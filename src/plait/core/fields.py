"""Dataclasses whose constructor is written when somebody first wants it.

The standard library's decorator composes and compiles source text for each class. For some hundred classes, of which a
script makes objects of ten, that was a third of `import plait`.
"""

from __future__ import annotations

import dataclasses
import inspect
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, eq: bool, repr: bool = True) -> Callable[[type], type]:
        """Makes a dataclass as `dataclasses.dataclass` does; two objects are equal only if they are one.

        Errors: TypeError with `eq=True`.
        """
        if eq:
            raise TypeError("A class with eq=True is one for dataclasses.dataclass.")

        def made(cls: type) -> type:
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
                _write_constructor(self.cls)
        return self.cls.__init__.__get__(instance, owner)


def _write_constructor(cls: Any) -> None:
    """Makes the class a dataclass once more, now with a constructor, from the fields as they were the first time."""
    fields = {name: cls.__dataclass_fields__.get(name) for name in inspect.get_annotations(cls)}
    fields = {name: field for name, field in fields.items() if field is not None}
    # Of these names the class may have made something else since, such as a property.
    since = {name: vars(cls)[name] for name in fields if name in vars(cls)}
    for name, field in fields.items():
        setattr(cls, name, field)
    del cls.__init__
    dataclasses.dataclass(eq=False, repr=False)(cls)
    for name in fields:
        if name in since:
            setattr(cls, name, since[name])
        elif name in vars(cls):
            delattr(cls, name)


def _repr(self: Any) -> str:
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


__all__ = ["dataclass"]
