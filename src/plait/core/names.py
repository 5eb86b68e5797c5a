"""Names of layers and models: `dense_1`, `dense_2`, … counted per process, as in the Keras of the lecture."""

from __future__ import annotations

import functools
import itertools
import re
from collections import defaultdict

_counters: defaultdict[str, itertools.count[int]] = defaultdict(lambda: itertools.count(1))


@functools.cache
def snake_case(name: str) -> str:
    """Returns `max_pooling2d` for `MaxPooling2D`, by Keras's two replacements."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def number(prefix: str) -> int:
    """Returns the next unused number of this prefix: 1, then 2."""
    return next(_counters[prefix])


def automatic(prefix: str) -> str:
    """Returns the next unused automatic name of this prefix: `dense_1`, then `dense_2`."""
    return f"{prefix}_{number(prefix)}"


def clear() -> None:
    """Lets automatic names count from 1 again."""
    _counters.clear()


def deduplicated(names: list[str]) -> list[str]:
    """Returns the names with `_1`, `_2`, … appended to the later ones of any that repeat."""
    taken = set(names)
    seen: set[str] = set()
    result = []
    for name in names:
        if name in seen:
            stem = name
            name = next(n for i in itertools.count(1) if (n := f"{stem}_{i}") not in taken)
            taken.add(name)
        seen.add(name)
        result.append(name)
    return result
