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

    Errors: FileNotFoundError for a folder that is not there; OSError for one that cannot be written to; whatever the
            block raises, after its file is removed.
    """
    target = pathlib.Path(path)
    check_folder(target)
    new = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
    try:
        _check_can_be_made(new, target)
        yield new
        replace(new, target)
    except OSError as error:
        # What went wrong names the new file or none at all.
        error.add_note(f"  Nothing was put in the place of {str(target)!r}.")
        raise
    finally:
        with contextlib.suppress(OSError):
            new.unlink()


def _check_can_be_made(new: pathlib.Path, target: pathlib.Path) -> None:
    """Errors: OSError that names the file that was asked for, where its folder takes no new ones."""
    try:
        new.touch(exist_ok=False)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error


def check_folder(target: pathlib.Path) -> None:
    """Errors: FileNotFoundError for a file in a folder that is not there."""
    if not target.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {str(target.parent)!r} to write {target.name!r} to.")


def replace(new: pathlib.Path, target: pathlib.Path) -> None:
    """Puts a file that is written in the place of another, on the disk too."""
    with open(new, "rb+") as written:
        os.fsync(written.fileno())
    os.replace(new, target)
    _sync_folder(target.parent)


def _sync_folder(folder: pathlib.Path) -> None:
    if os.name == "nt":
        return  # where a folder cannot be opened
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
