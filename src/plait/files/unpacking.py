"""Archives of data, tar and zip, unpacked into a folder of their own and nowhere else."""

from __future__ import annotations

import os
import pathlib
import secrets
import shutil
import zipfile
from typing import Any

from plait.core import errors
from plait.files.archive import Archive

FORMS = ("auto", "tar", "zip")
# What no honest archive exceeds: how many times larger its files are than it is.
_MOST_EXPANSION = 200
_SMALL_BYTES = 2**20


def unpack(archive: pathlib.Path, folder: pathlib.Path, form: str = "auto") -> None:
    """Unpacks an archive, unless the folder is there; it then has all of the archive in it, or is not there.

    Args:   form: one of FORMS; "tar" may be compressed, "auto" is either.
    Errors: ValueError for what is no such archive, and for one with members that lead out of it, links, devices, or
            sizes beyond what compression gives.
    """
    if folder.is_dir():
        return
    new = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}.part")
    new.mkdir()
    try:
        if form != "zip" and _is_tar(archive):
            _unpack_tar(archive, new)
        elif form != "tar" and zipfile.is_zipfile(archive):
            _unpack_zip(archive, new)
        else:
            wanted = "tar or zip" if form == "auto" else form
            raise ValueError(errors.explain(f"{str(archive)!r} is no {wanted} archive."))
        os.replace(new, folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _is_tar(path: pathlib.Path) -> bool:
    # Here and below, as few programs need it.
    import tarfile

    try:
        return tarfile.is_tarfile(path)
    except EOFError:  # compressed, and cut off
        return False


def _unpack_tar(path: pathlib.Path, folder: pathlib.Path) -> None:
    import tarfile

    most = path.stat().st_size * _MOST_EXPANSION + _SMALL_BYTES
    try:
        with tarfile.open(path) as archive:
            total = 0
            for member in archive:
                total += member.size
                problem = _problem(member) or (f"makes it larger than {most} bytes" if total > most else None)
                if problem:
                    raise ValueError(
                        errors.explain(f"The archive {path.name!r} cannot be trusted: {member.name!r} in it {problem}.")
                    )
                archive.extract(member, folder, filter="data")
    except (tarfile.TarError, EOFError) as error:
        raise ValueError(errors.explain(f"The archive {path.name!r} is damaged: {error}.")) from error


def _problem(member: Any) -> str | None:
    name = member.name
    if "\\" in name or ":" in name or name.startswith("/") or ".." in name.split("/"):
        return "leads out of it"
    return None if member.isfile() or member.isdir() else "is neither a file nor a folder"


def _unpack_zip(path: pathlib.Path, folder: pathlib.Path) -> None:
    with Archive(path) as archive:  # which refuses what is unsafe
        for name in archive.names():
            target = folder / name
            if name.endswith("/"):
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with archive.open(name) as member, open(target, "wb") as file:
                    shutil.copyfileobj(member, file)
            except zipfile.BadZipFile as error:
                raise ValueError(errors.explain(f"The archive {path.name!r} is damaged: {error}.")) from error
