"""Programs of JAX as it traced them: lists of operations, some of which have programs inside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def inside(operation: Any) -> list[Any]:
    """Returns the programs that an operation runs: the body of a loop, each way of a branch, a function called."""
    return list(_found(list(operation.params.values())))


def _found(value: Any) -> Iterator[Any]:
    if hasattr(value, "eqns"):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _found(one)
