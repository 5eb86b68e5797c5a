"""The packages of the extras "data" and "audio", each imported when something needs it."""

from __future__ import annotations

import importlib
from typing import Any

from plait.core import errors


def grain() -> Any:
    """Returns the package grain, which goes over data.

    Errors: ImportError that says how to install it; so do the others.
    """
    return _imported("grain", "grain", "data")


def pillow() -> Any:
    """Returns `PIL.Image`, which opens and writes images."""
    return _imported("PIL.Image", "pillow", "data")


def soundfile() -> Any:
    """Returns the package soundfile, which opens sounds."""
    return _imported("soundfile", "soundfile", "audio")


def _imported(module: str, package: str, extra: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            errors.explain(
                f"This needs the package {package}, which cannot be imported: {error}.",
                f'Install it with the others that read such data: pip install "plait[{extra}]".',
            ),
            name=module,
        ) from error
