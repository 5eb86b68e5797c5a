"""The heaps of an HDF5 file: where texts of any length lie. A damaged one can keep the HDF5 library busy without end.

The library steps from object to object by what each says of its size, and one that says 0 leaves it where it is. So
all heaps are gone through here before it reads the first text.

Source: HDF5 File Format Specification 3.0, III.E, "Disk Format: Level 1E - Global Heap".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO

# A heap is a signature and a version, and its size in all; then objects, each a number, a count and its size.
_SIGNATURE = b"GCOL\x01"
_HEAP, _OBJECT = struct.Struct("<8xQ"), struct.Struct("<H6xQ")
_LEAST_BYTES = 4096
_PIECE_BYTES = 2**24


def is_damaged(file: IO[bytes]) -> bool:
    """Whether a heap anywhere in a file has an object that ends where it begins, or beyond the heap.

    What only looks like the beginning of a heap, among numbers, is passed over if it says an impossible size.
    """
    file_bytes = file.seek(0, 2)
    for start in _places(file):
        heap = read_at(file, start, _HEAP.size)
        size = _HEAP.unpack(heap)[0] if len(heap) == _HEAP.size else 0
        if _LEAST_BYTES <= size <= file_bytes - start and not _is_sound(read_at(file, start, size)):
            return True
    return False


def _places(file: IO[bytes]) -> Iterator[int]:
    """Yields where the signature occurs in a file."""
    start, overlap = 0, len(_SIGNATURE) - 1
    while piece := read_at(file, start, _PIECE_BYTES + overlap):
        at = piece.find(_SIGNATURE)
        while at >= 0:
            yield start + at
            at = piece.find(_SIGNATURE, at + 1)
        start += _PIECE_BYTES


def _is_sound(heap: bytes) -> bool:
    at = _HEAP.size
    # A rest too small for an object is unused.
    while at + _OBJECT.size <= len(heap):
        number, size = _OBJECT.unpack_from(heap, at)
        # Number 0 is what is free, and counts its own header; each other one is filled up to a multiple of eight.
        length = size if number == 0 else _OBJECT.size + -(-size // 8) * 8
        if not _OBJECT.size <= length <= len(heap) - at:
            return False
        at += length
    return True


def read_at(file: IO[bytes], start: int, size: int) -> bytes:
    """Returns what lies in a file from a place on; less where the file ends."""
    file.seek(start)
    return file.read(size)
