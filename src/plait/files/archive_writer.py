"""Zip archives made around a file that is there already, which is not copied.

HDF5 is written here and there, as a member of an archive cannot be. But it can leave room at its start, and into that
goes what stands before a member; the other members come behind it.
"""

from __future__ import annotations

import io
import os
import struct
import time
import zipfile
import zlib
from collections.abc import Mapping
from typing import IO

# How many bytes are free at the start of the file: a page of memory.
ROOM = 4096
_PIECE_BYTES = 2**20
# What the room is filled up with has a number of its own, that of the tools which align members in such a way.
_PADDING = struct.Struct("<HH")
_PADDING_NUMBER = 0xD935


def wrap(path: str | os.PathLike[str], name: str, texts: Mapping[str, str]) -> None:
    """Makes of a file an archive that has it as a member, from behind the room at its start.

    Args:   name: of the member.
            texts: the other members, by name.
    Errors: OSError where it cannot be written.
    """
    with open(path, "r+b") as file:
        member = zipfile.ZipInfo(name, time.localtime()[:6])
        member.header_offset = 0
        member.file_size = member.compress_size = file.seek(0, io.SEEK_END) - ROOM
        member.CRC = _checksum(file)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for each, text in texts.items():
                archive.writestr(each, text)
            archive.filelist.append(member)
        file.seek(0)
        file.write(_header(member))


def _checksum(file: IO[bytes]) -> int:
    """Returns that of the member, and leaves the file at its end."""
    checksum = 0
    file.seek(ROOM)
    while piece := file.read(_PIECE_BYTES):
        checksum = zlib.crc32(piece, checksum)
    return checksum


def _header(member: zipfile.ZipInfo) -> bytes:
    """Returns what stands before a member, as long as there is room."""
    header_bytes = len(member.FileHeader(zip64=True))
    padding_bytes = ROOM - header_bytes - _PADDING.size
    member.extra = _PADDING.pack(_PADDING_NUMBER, padding_bytes) + bytes(padding_bytes)
    return member.FileHeader(zip64=True)
