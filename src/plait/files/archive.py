"""Zip archives from strangers: what is in them is read by name and size, and nothing is ever unpacked to a folder."""

from __future__ import annotations

import stat
import zipfile
from typing import IO, Any

from plait.core import errors

# A text is read whole, so it is bounded; an archive may be compressed, but not beyond what numbers can be.
_MOST_TEXT_BYTES = 256 * 2**20
_MOST_EXPANSION = 100
_SMALL_BYTES = 2**20


class Archive:
    """A zip archive whose list of members is sound.

    Args:   file: a path, or an open binary file.
    Errors: ValueError for what is no zip archive, or one with members that no honest program writes: names that lead
            out of it, links, the same name twice, encryption, sizes beyond what compression gives.
    """

    def __init__(self, file: Any) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
        except zipfile.BadZipFile as error:
            raise ValueError(errors.explain(f"This is no .keras file, or a damaged one: {error}.")) from error
        try:
            _check(self._zip.infolist())
        except ValueError:
            self._zip.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: Any) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name in self._zip.namelist()

    def names(self) -> list[str]:
        """Returns the names of the members."""
        return self._zip.namelist()

    def open(self, name: str) -> IO[bytes]:
        """Returns a member as a binary file.

        Errors: ValueError if it is not there.
        """
        if name not in self:
            raise ValueError(errors.explain(f'The archive has no "{name}" in it.'))
        return self._zip.open(name)

    def text(self, name: str) -> str:
        """Returns a member as text.

        Errors: ValueError if it is not there, is too large, damaged, or no UTF-8.
        """
        with self.open(name) as member:
            try:
                content = member.read(_MOST_TEXT_BYTES + 1)
            except zipfile.BadZipFile as error:
                raise ValueError(errors.explain(f'"{name}" in the archive is damaged: {error}.')) from error
        if len(content) > _MOST_TEXT_BYTES:
            raise ValueError(errors.explain(f'"{name}" in the archive is larger than {_MOST_TEXT_BYTES} bytes.'))
        return content.decode()


def _check(members: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for member in members:
        problem = "occurs twice" if member.filename in seen else _problem(member)
        if problem:
            raise ValueError(errors.explain(f"The archive cannot be trusted: {member.filename!r} in it {problem}."))
        seen.add(member.filename)
    stored, declared = (sum(getattr(member, size) for member in members) for size in ("compress_size", "file_size"))
    if declared > stored * _MOST_EXPANSION + _SMALL_BYTES:
        raise ValueError(errors.explain(f"The archive cannot be trusted: {stored} bytes would become {declared}."))


def _problem(member: zipfile.ZipInfo) -> str | None:
    name = member.orig_filename
    if "\\" in name or "\0" in name or ":" in name or name.startswith("/") or ".." in name.split("/"):
        return "leads out of it"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a link"
    if member.flag_bits & 1:
        return "is encrypted"
    if member.file_size > member.compress_size * _MOST_EXPANSION + _SMALL_BYTES:
        return f"would become {member.file_size} bytes of {member.compress_size}"
    return None
