"""Zip archives from strangers: what is in them is read by name and size, and nothing is ever unpacked to a folder."""

from __future__ import annotations

import contextlib
import io
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any, cast

from plait.core import errors

# A text is read whole, so it is bounded; an archive may be compressed, but not beyond what numbers can be.
_MOST_TEXT_BYTES = 256 * 2**20
_MOST_EXPANSION = 100
_SMALL_BYTES = 2**20
# How much is read at a time where all of a member is looked through.
_PIECE_BYTES = 2**20
# What Keras writes, and what any program that compresses an archive anew would.
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile raises for an archive that no honest program wrote.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    OverflowError,
    MemoryError,
    RuntimeError,
)
_OF_THE_SYSTEM = (FileNotFoundError, PermissionError, IsADirectoryError)


class Archive:
    """A zip archive whose list of members is sound.

    Args:   file: a path, or an open binary file.
    Errors: ValueError for what is no zip archive, or one with members that no honest program writes: names that lead
            out of it, links, the same name twice, encryption, sizes beyond what compression gives.
    """

    def __init__(self, file: Any) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
        except _OF_THE_SYSTEM:
            raise
        except _DAMAGED as error:
            raise ValueError(errors.explain(f"This is no zip archive, or a damaged one: {error}.")) from error
        try:
            _check(self._zip.infolist())
        except ValueError:
            self.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name in self._zip.NameToInfo

    def names(self) -> list[str]:
        """Returns the names of the members."""
        return self._zip.namelist()

    def size(self, name: str) -> int:
        """Returns how many bytes a member that is there has when it is expanded."""
        return self._zip.getinfo(name).file_size

    def open(self, name: str) -> IO[bytes]:
        """Returns a member as a binary file, to be read from anywhere; all of it was compared with its checksum.

        Errors: ValueError if it is not there, or is damaged.
        """
        with self.reading(name) as member:
            info = self._zip.getinfo(name)
            if info.compress_type == zipfile.ZIP_STORED:
                while member.read(_PIECE_BYTES):
                    pass
                return cast(IO[bytes], _Part(self._zip.fp, self._start(info), info.file_size))
            # What is compressed can only be read from its start, and HDF5 goes back and forth.
            copied = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
            try:
                shutil.copyfileobj(member, copied, _PIECE_BYTES)
                copied.seek(0)
            except BaseException:
                copied.close()
                raise
            return cast(IO[bytes], copied)

    def text(self, name: str) -> str:
        """Returns a member as text.

        Errors: ValueError if it is not there, is too large, damaged, or no UTF-8.
        """
        with self.reading(name) as member:
            content = member.read(_MOST_TEXT_BYTES + 1)
        if len(content) > _MOST_TEXT_BYTES:
            raise ValueError(errors.explain(f'"{name}" in the archive is larger than {_MOST_TEXT_BYTES} bytes.'))
        return content.decode()

    @contextlib.contextmanager
    def reading(self, name: str) -> Iterator[IO[bytes]]:
        """Gives a member to be read once, from its start to where it is enough.

        Errors: ValueError if it is not there, or what is read of it is damaged.
        """
        if name not in self:
            raise ValueError(errors.explain(f'The archive has no "{name}" in it.'))
        try:
            with self._zip.open(name) as member:
                yield member
        except _DAMAGED as error:
            raise ValueError(errors.explain(f'"{name}" in the archive is damaged: {error}.')) from error

    def _start(self, info: zipfile.ZipInfo) -> int:
        """Returns where the bytes of a member begin: after 30 of its header, its name, and what else is said of it."""
        file: Any = self._zip.fp
        file.seek(info.header_offset + 26)
        return info.header_offset + 30 + sum(struct.unpack("<HH", file.read(4)))


class _Part(io.RawIOBase):
    """Part of a file, as a file.

    That of zipfile reads all that lies before a place to get there: of 4 GB in 20 arrays, many times over.
    """

    def __init__(self, file: Any, start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = file, start, size, 0

    def readable(self) -> bool:
        """Returns that it is."""
        return True

    def seekable(self) -> bool:
        """Returns that it is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Goes to a place."""
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence])
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Reads on from where it is, and returns how many bytes there were."""
        self._file.seek(self._start + self._at)
        count = self._file.readinto(memoryview(buffer).cast("B")[: max(0, self._size - self._at)])
        self._at += count
        return int(count)


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
    if member.compress_type not in _COMPRESSIONS:
        return "is compressed in a way that no model is"
    if member.file_size > member.compress_size * _MOST_EXPANSION + _SMALL_BYTES:
        return f"would become {member.file_size} bytes of {member.compress_size}"
    return None
