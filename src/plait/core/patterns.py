"""Regular expressions for paths of weights and layers, which may come from a file.

An expression of a stranger can take years to match. So one that a config gives may consist of text and `.*` alone, and
is matched here, in a time that grows as what is matched does; any other is the user's own, and is left to `re`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from plait.core import errors

_MOST_PATHS = 3
_PLAIN = re.compile(r"(?:[^.^$*+?{}\[\]\\|()]|\.\*)*", re.DOTALL)


def fits(pattern: str, path: str) -> bool:
    """Whether a pattern matches a path from its start to its end."""
    if not is_plain(pattern):
        return re.fullmatch(pattern, path) is not None
    first, *rest = pattern.split(".*")
    if not rest:
        return path == first
    last = rest.pop()
    return path.startswith(first) and path.endswith(last) and _holds(rest, path, len(first), len(path) - len(last))


def occurs(pattern: str, path: str) -> bool:
    """Whether a pattern matches some part of a path."""
    if not is_plain(pattern):
        return re.search(pattern, path) is not None
    return _holds(pattern.split(".*"), path, 0, len(path))


def is_plain(pattern: str) -> bool:
    """Whether a pattern consists of text and `.*` alone."""
    return _PLAIN.fullmatch(pattern) is not None


def check_from_config(owner: str, pattern: object) -> None:
    """Makes sure that a pattern may come from a config.

    Errors: ValueError for one that is more than text and `.*`.
    """
    if not isinstance(pattern, str) or not is_plain(pattern):
        raise ValueError(
            errors.explain(
                f"{owner} takes no regular expression but text and .* from a config, got {pattern!r}.",
                "Give the optimizer itself to compile: saving.load_model(…, compile=False), then model.compile(…).",
            )
        )


def checked(owner: str, pattern: object) -> str:
    """Returns a pattern that the user gave, made sure that it is one.

    Errors: TypeError if it is no string; ValueError if it is no regular expression.
    """
    if not isinstance(pattern, str):
        raise TypeError(
            errors.explain(f"{owner} needs a regular expression for a pattern, got {errors.described(pattern)}.")
        )
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(
            errors.explain(f"{owner} needs a regular expression for a pattern, got {pattern!r}: {error}.")
        ) from None
    return pattern


def nearest(pattern: str, paths: Iterable[str]) -> str:
    """Returns what to say of a pattern that matches none of these paths."""
    near = difflib.get_close_matches(pattern, paths, n=_MOST_PATHS, cutoff=0)
    listed = ", ".join(f'"{path}"' for path in near)
    return f"A pattern matches a path from its start to its end. The nearest paths: {listed}."


def _holds(pieces: list[str], path: str, start: int, end: int) -> bool:
    """Whether pieces stand one after the other between two places of a path."""
    for piece in pieces:
        found = path.find(piece, start, end)
        if found < 0:
            return False
        start = found + len(piece)
    return start <= end
