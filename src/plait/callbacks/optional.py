"""Packages that only some callbacks need, and that Plait does not bring by itself."""

from __future__ import annotations

import importlib
from typing import Any

from plait.core import errors


def module(name: str, who: str, extra: str) -> Any:
    """Returns a module, imported now.

    Args:   who: what needs it, for the error.
            extra: what to install Plait with, to have it.
    Errors: ImportError that says how to install it.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            errors.explain(
                f"{who} needs the package {name.partition('.')[0]}, which cannot be imported: {error}.",
                f"To install it: pip install 'plait[{extra}]'",
            )
        ) from error
