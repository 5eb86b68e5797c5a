"""How Plait words an error: who, what was needed, what came, where it was called, the way out."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterable
from typing import NamedTuple

import jax
import numpy as np

# Frames of these packages are never "the user's line".
_OURS = frozenset({"plait", "jax", "jaxlib", "optax", "runpy", "importlib"})


class CallSite(NamedTuple):
    """A line of the user's program."""

    file: str
    line: int

    def __str__(self) -> str:
        """Returns `train.py:41`, relative to the working directory where that is shorter."""
        try:
            relative = os.path.relpath(self.file)
        except ValueError:  # another drive on Windows
            relative = self.file
        return f"{min(relative, self.file, key=len)}:{self.line}"


def call_site() -> CallSite | None:
    """Returns the innermost line outside Plait that led here, or None when there is none."""
    frame = sys._getframe(1)
    while frame is not None:
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if package not in _OURS:
            return CallSite(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back  # type: ignore[assignment]
    return None


def explain(problem: str, *more: str | None, site: CallSite | None = None) -> str:
    """Returns the text of an error: a first line complete on its own, then one indented line per fact.

    Args: site: the user's line; by default the one that led here.
    """
    first, _, rest = problem.partition("\n  ")
    site = site or call_site()
    # The problem may have been explained further down.
    called = f"Called at {site}." if site and not rest.startswith("Called at") else None
    return "\n  ".join(line for line in (first, called, rest, *more) if line)


def described(value: object) -> str:
    """Returns in few words what came in place of something else."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, str):
        return f"the string {value!r}"
    if isinstance(value, np.ndarray | jax.Array):
        return f"an array of shape {value.shape}"
    return repr(value)


def place(error: Exception) -> None:
    """Notes the user's line on an exception that does not say it, e.g. one from a loss of the user's own."""
    # JAX's word on its own frames would stand between what Plait says.
    notes = [note for note in getattr(error, "__notes__", []) if "JAX has removed its internal frames" not in note]
    if hasattr(error, "__notes__"):
        error.__notes__ = notes
    if not any("Called at " in said for said in (str(error), *notes)) and (site := call_site()):
        error.add_note(f"  Called at {site}.")


def counted(number: int, noun: str) -> str:
    """Returns `1 output` or `2 outputs`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def nearest(name: object, valid: Iterable[str]) -> str:
    """Returns ` Did you mean "relu"?`, or an empty string when nothing valid is likely to be meant."""
    given = str(name).lower()
    lowered = {str(candidate).lower(): str(candidate) for candidate in valid}

    def is_slip(candidate: str) -> bool:
        """Whether letters were swapped, or a word was left out: likelier than what only looks alike."""
        return sorted(candidate) == sorted(given) or set(given.split("_")) <= set(candidate.split("_"))

    def is_shorter_or_longer(candidate: str) -> bool:
        """Whether the words are the same but for their ends: `val_accuracy` and `val_acc`."""
        words, others = given.split("_"), candidate.split("_")
        pairs = zip(words, others, strict=False)
        return len(words) == len(others) and all(a.startswith(b) or b.startswith(a) for a, b in pairs)

    def looks_alike(candidate: str) -> bool:
        """Whether all letters but one, or of a long name one in five, are there in their order."""
        matcher = difflib.SequenceMatcher(None, given, candidate)
        longest = max(len(given), len(candidate))
        return longest - sum(block.size for block in matcher.get_matching_blocks()) <= max(1, longest // 5)

    similar = difflib.get_close_matches(given, lowered, n=5, cutoff=0.6)
    likely = (is_slip, is_shorter_or_longer, looks_alike)
    close = [candidate for candidate in similar if any(test(candidate) for test in likely)]
    return f' Did you mean "{lowered[max(close, key=is_slip)]}"?' if close else ""


def unknown(kind: str, name: object, valid: Iterable[str]) -> ValueError:
    """Returns the error for a name that is in no table, with the nearest valid one."""
    valid = sorted(set(valid))
    # Of "mse", "MSE" and "MeanSquaredError", the first will do.
    listed = [candidate for candidate in valid if candidate.islower()] or valid
    return ValueError(
        explain(
            f"Unknown {kind} {name!r}.{nearest(name, valid)}",
            f"Known: {', '.join(listed)}.",
        )
    )
