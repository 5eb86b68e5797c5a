"""Where users enter: the methods of a model that they call to train and use it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

from plait.core import errors

Method = TypeVar("Method", bound=Callable[..., Any])

# What Keras once called them.
_RENAMED = {"nb_epoch": "epochs"}
# And what its `fit` took, and a data set takes now.
_OF_A_DATASET = ("workers", "use_multiprocessing", "max_queue_size")


def entry(method: Method) -> Method:
    """Makes a method name the nearest argument for an unknown one, and its exceptions the user's line."""
    accepted = list(inspect.signature(method).parameters)[1:]

    @functools.wraps(method)
    def entered(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **{_known(name): value for name, value in kwargs.items()})
        except Exception as error:
            errors.place(error)
            raise

    def _known(name: str) -> str:
        if _RENAMED.get(name) in accepted:
            return _RENAMED[name]
        if name not in accepted:
            raise TypeError(
                errors.explain(
                    f"{method.__name__} has no argument {name!r}.{errors.nearest(name, accepted)}",
                    f"Give it to the data set: utils.PyDataset(…, {name}=…)."
                    if name in _OF_A_DATASET
                    else f"Its arguments: {', '.join(accepted)}.",
                )
            )
        return name

    return cast(Method, entered)
