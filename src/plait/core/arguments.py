"""What a class says of a keyword that it does not take."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

from plait.core import errors


def refuse_unknown(cls: type, given: Iterable[str]) -> None:
    """Makes sure that a class takes these keywords.

    Errors: TypeError that names the nearest that it takes.
    """
    parameters = _parameters(cls)
    if parameters is None:
        return
    unknown = next((name for name in given if name not in parameters), None)
    if unknown:
        raise TypeError(
            errors.explain(
                f'{cls.__name__} has no argument "{unknown}".{errors.nearest(unknown, parameters)}',
                f"Its arguments: {', '.join(parameters)}." if parameters else "It has none.",
            )
        )


def _parameters(cls: Any) -> list[str] | None:
    """Returns the names of what a class takes; None if it takes any. Kept with the class, as looking is slow."""
    if "_argument_names" not in vars(cls):
        _, *parameters = inspect.signature(cls.__init__).parameters.values()
        takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
        cls._argument_names = None if takes_any else [parameter.name for parameter in parameters]
    return cls._argument_names


class Checked:
    """Refuses keywords that the class does not take, and names the nearest that it does.

    Errors: TypeError, when the object is made.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Returns the object, to be filled in by `__init__`."""
        if kwargs:
            refuse_unknown(cls, kwargs)
        return super().__new__(cls)
