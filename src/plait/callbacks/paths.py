"""Whether a file can be written, found out before hours of training and not after them."""

from __future__ import annotations

import itertools
import os
import pathlib

from plait.core import errors


def check_writable(who: str, path: str | os.PathLike[str]) -> None:
    """Makes sure that a file can be written, and makes nothing; folders that are not there can be made later.

    Args:   who: the callback, for errors.
            path: from its first `{` on it is not known yet.
    Errors: OSError that says what is in the way.
    """
    whole = pathlib.Path(path).absolute()
    known = pathlib.Path(*itertools.takewhile(lambda part: "{" not in part, whole.parts))
    folders = whole.parents if known == whole else (known, *known.parents)
    nearest = next(folder for folder in folders if folder.exists())
    if known == whole and whole.is_dir():
        problem = f"{str(whole)!r} is a folder"
    elif not nearest.is_dir():
        problem = f"{str(nearest)!r} is not a folder"
    elif not os.access(nearest, os.W_OK | os.X_OK):
        problem = f"nothing may be written to the folder {str(nearest)!r}"
    elif whole.exists() and not os.access(whole, os.W_OK):
        problem = f"{str(whole)!r} may not be written to"
    else:
        return
    raise OSError(errors.explain(f"{who} cannot write to {os.fspath(path)!r}: {problem}."))
