"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import pathlib
import secrets
from collections.abc import Iterator


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[pathlib.Path]:
    """Gives the name of a new file in the same folder, which takes the place of `path` when the block ends well.

    However the process ends, `path` is the old file or the new one, whole.

    Errors: FileNotFoundError for a folder that is not there; whatever the block raises, after its file is removed.
    """
    target = pathlib.Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {str(target.parent)!r} to write {target.name!r} to.")
    new = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
    try:
        yield new
        with open(new, "rb+") as written:
            os.fsync(written.fileno())
        os.replace(new, target)
        _sync_folder(target.parent)
    finally:
        new.unlink(missing_ok=True)


def _sync_folder(folder: pathlib.Path) -> None:
    if os.name == "nt":
        return  # where a folder cannot be opened
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
