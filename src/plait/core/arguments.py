"""What a class says of a keyword that it does not take."""

from __future__ import annotations

import inspect
from typing import Any

from plait.core import errors


class Checked:
    """Refuses keywords that the class does not take, and names the nearest that it does.

    Errors: TypeError, when the object is made.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Returns the object, to be filled in by `__init__`."""
        parameters = inspect.signature(cls.__init__).parameters if kwargs else {}
        takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
        unknown = None if takes_any else next((name for name in kwargs if name not in parameters), None)
        if unknown:
            known = list(parameters)[1:]
            raise TypeError(
                errors.explain(
                    f'{cls.__name__} has no argument "{unknown}".{errors.nearest(unknown, known)}',
                    f"Its arguments: {', '.join(known)}." if known else "It has none.",
                )
            )
        return super().__new__(cls)
