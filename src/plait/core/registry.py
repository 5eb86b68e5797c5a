"""The one table from names to classes, and objects to and from plain data.

Nothing is ever imported by a name found in data: a class is in this table because Plait or the caller put it there.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors

T = TypeVar("T")

# Plait's own, by public module and name: there is a layer Identity and an initializer Identity.
_own: dict[tuple[str, str], Any] = {}
# By public module: names of what registers itself when it is first asked for, and what asks.
_sources: dict[str, tuple[Sequence[str], Callable[[str], Any]]] = {}
# The users', by `package>name`.
_classes: dict[str, Any] = {}
_names: dict[Any, str] = {}
_scopes: list[Mapping[str, Any]] = []
# While a file is read: what was made of the objects that occur in it several times, by the number they have there.
_shared: ContextVar[dict[Any, Any] | None] = ContextVar("shared", default=None)


def register(cls: T) -> T:
    """Makes one of Plait's own classes loadable by its public module and name; used as a decorator."""
    _own[cls.keras_module, cls.__name__] = cls  # type: ignore[attr-defined]
    return cls


def register_as(module: str, name: str, cls: Any) -> None:
    """Makes one of Plait's own classes loadable by another name, which files have for it."""
    _own[module, name] = cls


def add_source(module: str, names: Sequence[str], load: Callable[[str], Any]) -> None:
    """Makes classes of Plait's loadable whose modules are not imported yet; `load` imports the one of a name."""
    _sources[module] = (names, load)


def _own_class(module: str, name: str) -> Any:
    """Returns one of Plait's own classes, None if there is none of that public module and name."""
    if (module, name) not in _own and module in _sources:
        names, load = _sources[module]
        # Not every class is exported by the name that it has in configs.
        for one in [name] if name in names else names:
            load(one)
    return _own.get((module, name))


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[T], T]:
    """Makes a user's class or function loadable as `package>name`; used as a decorator with arguments."""

    def enter(obj: T) -> T:
        registered = f"{package}>{name or obj.__name__}"  # type: ignore[attr-defined]
        _classes[registered] = obj
        _names[obj] = registered
        return obj

    return enter


def get_registered_name(obj: Any) -> str:
    """Returns `package>name` of a registered object, else its plain name."""
    return _names.get(obj, obj.__name__)


@contextlib.contextmanager
def custom_object_scope(custom_objects: Mapping[str, Any]) -> Iterator[None]:
    """Makes these classes and functions loadable by name inside the `with` block."""
    _scopes.append(custom_objects)
    try:
        yield
    finally:
        # By identity: an equal scope of somebody else's stays.
        del _scopes[next(i for i in reversed(range(len(_scopes))) if _scopes[i] is custom_objects)]


@contextlib.contextmanager
def sharing() -> Iterator[None]:
    """Inside the `with` block, configs with the same `shared_object_id` become one object."""
    token = _shared.set({})
    try:
        yield
    finally:
        _shared.reset(token)


def lookup(name: str, module: str | None = None) -> Any:
    """Returns what is registered under a name or `package>name`; None if nothing is.

    The innermost scope wins, then the caller's classes, then Plait's own.

    Args: module: the public module to look in, e.g. "keras.layers"; without one a layer goes before the others.
    """
    for scope in reversed(_scopes):
        if name in scope:
            return scope[name]
    # A file may give only the class name of something registered in the default package.
    for candidate in (name, f"Custom>{name}"):
        if candidate in _classes:
            return _classes[candidate]
    for where in (module, "keras.layers"):
        if where and (found := _own_class(where, name)):
            return found
    return next((cls for (_, own), cls in _own.items() if own == name), None)


def find(name: str, module: str | None = None) -> Any:
    """Returns a registered class or function.

    Errors: ValueError if nothing of that name is registered.
    """
    found = lookup(name, module)
    if found is None:
        known = [*_classes, *(own for _, own in _own)]
        raise ValueError(
            errors.explain(
                f"Nothing is registered under the name {name!r}.{errors.nearest(name, known)}",
                "Names in a config are looked up, never imported. Register yours with "
                '@plait.saving.register_keras_serializable(), or pass custom_objects={"' + name + '": …}.',
            )
        )
    return found


def serialize(obj: Any) -> Any:
    """Returns plain data (str, numbers, None, lists, dicts) that `deserialize` makes the object from again.

    Errors: TypeError for an object without get_config; ValueError for a function that is not registered.
    """
    if obj is None or isinstance(obj, str | bool | int | float):
        return obj
    if isinstance(obj, np.generic):
        return obj.item()
    if isinstance(obj, list | tuple):
        return [serialize(element) for element in obj]
    if isinstance(obj, dict):
        return {key: serialize(value) for key, value in obj.items()}
    if isinstance(obj, np.ndarray | jax.Array):
        return {"class_name": "__numpy__", "config": {"value": np.asarray(obj).tolist(), "dtype": obj.dtype.name}}
    if obj is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(obj, slice):
        return {
            "class_name": "__slice__",
            "config": {"start": serialize(obj.start), "stop": serialize(obj.stop), "step": serialize(obj.step)},
        }
    cls = type(obj)
    if hasattr(obj, "get_config"):
        own = _own.get((getattr(cls, "keras_module", ""), cls.__name__)) is cls
        return {
            "module": getattr(cls, "keras_module", cls.__module__) if own else None,
            "class_name": cls.__name__,
            "config": obj.get_config(),
            "registered_name": None if own else get_registered_name(cls),
        }
    if callable(obj):
        return _serialize_function(obj)
    raise TypeError(f"A {cls.__name__} cannot be written to a config: {obj!r}.")


def _serialize_function(function: Any) -> Any:
    if getattr(function, "__module__", "").startswith("plait."):
        return function.__name__
    if function not in _names:
        raise ValueError(
            errors.explain(
                f"The function {getattr(function, '__name__', function)!r} cannot be written to a config.",
                "A config holds names, never code. Register it with @plait.saving.register_keras_serializable().",
            )
        )
    name = _names[function]
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Returns the object that `serialize` described; plain data is returned as it is.

    Errors: ValueError for a name that is not registered; nothing is imported.
    """
    if custom_objects:
        with custom_object_scope(custom_objects):
            return deserialize(config)
    if isinstance(config, list):
        return [deserialize(element) for element in config]
    if not isinstance(config, dict):
        return config
    if "class_name" not in config:
        return {key: deserialize(value) for key, value in config.items()}
    name, inner = config["class_name"], config.get("config", {})
    if name == "function":
        return find(inner)
    if name in _SPECIAL:
        return _SPECIAL[name](inner)
    shared, number = _shared.get(), config.get("shared_object_id")
    if shared is None or number is None:
        return _made(name, inner, config)
    if number not in shared:
        shared[number] = _made(name, inner, config)
    return shared[number]


def _made(name: str, inner: Any, config: Mapping[str, Any]) -> Any:
    # What was written as Plait's own is that, even if a class of the user's has the same name.
    own = _own_class(config.get("module") or "", name) if not config.get("registered_name") else None
    cls = own or find(config.get("registered_name") or name, config.get("module"))
    return cls.from_config(inner) if hasattr(cls, "from_config") else cls(**inner)


def _lambda(_: Any) -> Any:
    raise ValueError(
        errors.explain(
            "This config holds the bytecode of a lambda, which is never run.",
            "Write the function out by name, register it with @plait.saving.register_keras_serializable(), "
            "and build the model again.",
        )
    )


def _array(value: Any, dtype: Any) -> np.ndarray:
    """Returns an array of numbers or texts, no larger than what it is made of."""
    if not isinstance(dtype, str) or not re.fullmatch(r"(bfloat|float|u?int)[0-9]+|bool|<?U[0-9]*|str[0-9]*", dtype):
        raise ValueError(errors.explain(f"An array in a config is of numbers or texts, got the dtype {dtype!r}."))
    # A text is as long as it is, whatever is declared.
    return np.array(value) if dtype.strip("<")[:1] in "Us" else np.array(value, dtype=np.dtype(jnp.dtype(dtype)))


_SPECIAL: dict[str, Callable[[Any], Any]] = {
    "__numpy__": lambda inner: _array(inner["value"], inner["dtype"]),
    "__slice__": lambda inner: slice(inner["start"], inner["stop"], inner["step"]),
    "__ellipsis__": lambda inner: Ellipsis,
    "__lambda__": _lambda,
}


class Described:
    """Gives a dataclass its config: the fields are the config."""

    def get_config(self) -> dict[str, Any]:
        """Returns the fields, as plain data."""
        fields = dataclasses.fields(self)  # type: ignore[arg-type]
        return {field.name: serialize(getattr(self, field.name)) for field in fields}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        """Returns an object with these fields."""
        return cls(**{key: deserialize(value) for key, value in config.items()})


def get(identifier: Any, table: Mapping[str, Any], kind: str, *, make: Callable[[Any], Any] | None = None) -> Any:
    """Returns the object a user means by a name, a config, or the object itself.

    Args:   table: names to functions or classes; a class is called without arguments.
            kind: what it is, for the error: "activation", "loss" …
            make: turns a callable that is not in the table into what is wanted; by default it is kept.
    Errors: ValueError for an unknown name, with the nearest known; TypeError for what is none of these.
    """
    if isinstance(identifier, dict):
        with custom_object_scope(table):
            return deserialize(identifier)
    if isinstance(identifier, str):
        found = table.get(identifier)
        if found is None:
            found = next((s[identifier] for s in (*reversed(_scopes), _classes) if identifier in s), None)
        if found is None:
            raise errors.unknown(kind, identifier, table)
        return found() if isinstance(found, type) else found
    if isinstance(identifier, type):
        return identifier()
    if callable(identifier):
        return make(identifier) if make else identifier
    article = "an" if kind[0] in "aeiou" else "a"
    raise TypeError(errors.explain(f"Expected the name of {article} {kind} or the {kind} itself, got {identifier!r}."))
