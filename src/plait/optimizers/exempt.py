"""Which weights are exempt from weight decay."""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterable, Mapping
from typing import Any

from plait.core.weight import Weight


class Exempt:
    """Is asked about paths: `"dense/bias" in exempt`.

    Args: names: regular expressions that a path of an exempt weight has in it.
          weights: exempt handles. They are not kept alive, and `meet` finds out under which paths they are trained.
    """

    def __init__(self, names: Iterable[str] = (), weights: Iterable[Weight] = ()) -> None:
        self._names = tuple(names)
        self._weights = tuple(map(weakref.ref, weights))
        self._paths: frozenset[str] = frozenset()

    def meet(self, weights: Mapping[str, Weight]) -> None:
        """Takes note of the paths of weights."""
        handles = {reference() for reference in self._weights}
        self._paths = frozenset(path for path, weight in weights.items() if weight in handles)

    def __getstate__(self) -> dict[str, Any]:
        """Returns what is exempt: paths, and the weights themselves where theirs are not known yet."""
        paths = [f"^{re.escape(path)}$" for path in sorted(self._paths)]
        weights = [] if paths else [weight for reference in self._weights if (weight := reference()) is not None]
        return {"names": [*self._names, *paths], "weights": weights}

    def __setstate__(self, state: dict[str, Any]) -> None:
        Exempt.__init__(self, **state)

    def __contains__(self, path: str) -> bool:
        return path in self._paths or any(re.search(name, path) for name in self._names)
