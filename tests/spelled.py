"""What spells itself: a function that is given this in place of a library writes what it does with one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Spelled:
    """Spells what is done with it: `Spelled().Dense(4)` prints as `Dense(4)`, `Spelled("x")[1:]` as `x[1:]`."""

    def __init__(self, text: str = "") -> None:
        self._text = text

    def __getattr__(self, name: str) -> Spelled:
        return Spelled(f"{self._text}.{name}" if self._text else name)

    def __call__(self, *args: Any, **kwargs: Any) -> Spelled:
        spelled = [_spell(arg) for arg in args] + [f"{name}={_spell(value)}" for name, value in kwargs.items()]
        return Spelled(f"{self._text}({', '.join(spelled)})")

    def __getitem__(self, key: Any) -> Spelled:
        keys = key if isinstance(key, tuple) else (key,)
        return Spelled(f"{self._text}[{', '.join(map(_spell_key, keys))}]")

    # It has no end to stop at.
    __iter__ = None

    def __neg__(self) -> Spelled:
        return Spelled(f"(-{self})")

    def __abs__(self) -> Spelled:
        return Spelled(f"abs({self})")

    def __repr__(self) -> str:
        return self._text


def _spell(value: Any) -> str:
    return repr(value) if isinstance(value, Spelled) else getattr(value, "__name__", repr(value))


def _spell_key(key: Any) -> str:
    if not isinstance(key, slice):
        return "..." if key is Ellipsis else repr(key)
    bounds = [key.start, key.stop] if key.step is None else [key.start, key.stop, key.step]
    return ":".join("" if bound is None else str(bound) for bound in bounds)


def _operator(symbol: str) -> Callable[[Any, Any], Spelled]:
    return lambda left, right: Spelled(f"({_spell(left)} {symbol} {_spell(right)})")


def _reflected(symbol: str) -> Callable[[Any, Any], Spelled]:
    return lambda right, left: Spelled(f"({_spell(left)} {symbol} {_spell(right)})")


for _name, _symbol in {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**", "matmul": "@"}.items():
    setattr(Spelled, f"__{_name}__", _operator(_symbol))
    setattr(Spelled, f"__r{_name}__", _reflected(_symbol))
