"""What the header of an object in an HDF5 file says of texts of any length that are kept with it.

The HDF5 library asks for as much memory as a text says that it takes, up to 4 GB, before it looks where the text is.
So what it says is read here first.

Source: HDF5 File Format Specification 3.0, IV.A.1 "Disk Format: Level 2A1 - Data Object Headers", IV.A.2.m "The
Attribute Message"; lengths and places are 8 bytes wide there, as everybody writes them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO

from plait.core import errors
from plait.files.hdf5_heaps import read_at

_ATTRIBUTE, _CONTINUATION = 0x0C, 0x10
_PLACE = struct.Struct("<QQ")
# An attribute is a version, flags and the sizes of its name, type and shape; these follow, and then what it holds.
_SIZES = struct.Struct("<BBHHH")
_TYPE_IS_ELSEWHERE = 1
# A type is its class, with a version in the upper bits, and what the class is used for; the size of what it is made of
# comes later. For texts: any length, of characters, a byte each.
_TYPE = struct.Struct("<BB10xI")
_ANY_LENGTH, _CHARACTERS = 9, 1
# A text is its length, and the heap in which it lies as which object.
_LENGTH = struct.Struct("<I8x4x")


def longest_text(file: IO[bytes], start: int, name: str) -> int:
    """Returns how many bytes the longest text of an attribute says it has.

    Args:   start: where the header of what has the attribute lies.
    Errors: ValueError for what is not kept as texts are, and for a header that goes on without end.
    """
    try:
        attributes = [message for kind, message in _messages(file, start) if kind == _ATTRIBUTE]
        lengths = [length for attribute in attributes for length in _lengths(attribute, name)]
    except struct.error as error:
        raise _unusual("a header is cut short") from error
    if not lengths:
        raise _unusual(f'"{name}" is not kept where texts are')
    return max(lengths)


def _lengths(attribute: bytes, name: str) -> list[int]:
    """Returns how long the texts of an attribute say they are; nothing for one of another name."""
    version, flags, *sizes = _SIZES.unpack_from(attribute)
    # The third version says how the name is encoded; the first fills each part up to a multiple of eight.
    at, parts = _SIZES.size + (version == 3), []
    for size in sizes:
        parts.append(attribute[at : at + size])
        at += -(-size // 8) * 8 if version == 1 else size
    own_name, own_type, _ = parts
    if own_name.split(b"\0")[0] != name.encode():
        return []
    kind, use, item_bytes = _TYPE.unpack_from(own_type)
    is_elsewhere = version > 1 and flags & _TYPE_IS_ELSEWHERE
    if is_elsewhere or (kind & 15, use & 15, item_bytes) != (_ANY_LENGTH, _CHARACTERS, 1):
        raise _unusual(f'"{name}" is of another type than texts are')
    texts = attribute[at:]
    return [length for (length,) in _LENGTH.iter_unpack(texts[: len(texts) // _LENGTH.size * _LENGTH.size])]


def _messages(file: IO[bytes], start: int) -> Iterator[tuple[int, bytes]]:
    """Yields the kind and content of each message of a header, which may go on in other places.

    Errors: ValueError for a header that is larger than the file, as one without end is.
    """
    left = file.seek(0, 2)
    beginning = read_at(file, start, 34)
    is_new = beginning.startswith(b"OHDR")
    if is_new:
        flags = beginning[5]
        at, width = 6 + 16 * bool(flags & 0x20) + 4 * bool(flags & 0x10), 1 << (flags & 3)
        head = struct.Struct("<BH3x" if flags & 0x04 else "<BHx")
    else:
        at, width = 8, 4
        head = struct.Struct("<HH4x")
    places = [(start + (at + width if is_new else 16), int.from_bytes(beginning[at : at + width], "little"))]
    for place, size in places:
        left -= size
        if left < 0:
            raise _unusual("a header is larger than the file")
        part, at = read_at(file, place, size), 0
        while at + head.size <= len(part):
            kind, length = head.unpack_from(part, at)
            message = part[at + head.size : at + head.size + length]
            at += head.size + length
            if kind == _CONTINUATION:
                further, size = _PLACE.unpack_from(message)
                # The new kind of header begins each part with a word and ends it with a checksum, of four bytes each.
                places.append((further + 4, max(0, size - 8)) if is_new else (further, size))
            yield kind, message


def _unusual(what: str) -> ValueError:
    return ValueError(errors.explain(f"The file cannot be trusted: {what}."))
