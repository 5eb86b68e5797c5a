"""What an object of an HDF5 file must be to be read: numbers or texts that are there, in this file, and once."""

from __future__ import annotations

import math
from typing import Any

# What compression is granted: beyond this an array is larger than anything that was meant.
_MOST_EXPANSION = 100
# Compressed arrays are unpacked piece by piece; a piece of this many bytes may be as empty as it likes.
_SMALL_PIECE_BYTES = 2**20
_MOST_WORD_BYTES = 64 * 2**10
_MOST_TEXTS_BYTES = 256 * 2**20
# JAX has no wider numbers; HDF5 has, of any size.
_WIDEST_BYTES = 8


def problem_of_array(dataset: Any, is_bfloat16: bool) -> str | None:
    """Returns why an array is not to be read, as the end of a sentence, or None."""
    if not hasattr(dataset, "is_virtual"):
        return "is a type, and no array"
    is_number = dataset.dtype.kind in "fiub" and dataset.dtype.itemsize <= _WIDEST_BYTES
    if not is_number and not is_bfloat16:
        return f"is of {dataset.dtype}, and not of numbers"
    if dataset.is_virtual:
        return "is made of other files"
    if dataset.external:
        return "is kept in another file"
    stored = dataset.id.get_storage_size()
    granted = stored * _MOST_EXPANSION if dataset.chunks is not None and dataset.compression is not None else stored
    if dataset.nbytes > granted:
        return f"declares {dataset.nbytes} bytes and holds {stored}"
    piece = math.prod(dataset.chunks or ()) * dataset.dtype.itemsize
    if piece > max(granted, _SMALL_PIECE_BYTES):
        return f"is kept in pieces of {piece} bytes and holds {stored}"
    return None


def may_be_bfloat16(dataset: Any) -> bool:
    """Whether an array of two bytes each has a word that says of what they are, as Keras writes bfloat16."""
    if not hasattr(dataset, "is_virtual") or dataset.dtype.kind != "V" or dataset.dtype.itemsize != 2:
        return False
    return "dtype" in dataset.attrs and dataset.attrs.get_id("dtype").get_storage_size() <= _MOST_WORD_BYTES


def problem_of_attribute(found: Any, file_bytes: int) -> str | None:
    """Returns why an attribute is not to be read, as the end of a sentence, or None."""
    count, item = math.prod(found.shape or ()), found.dtype.itemsize
    if found.dtype.kind != "O":
        size = count * item
        return f"declares {size} bytes in a file of {file_bytes}" if size > file_bytes else None
    # Texts of any length lie elsewhere in the file, and all of them may be one and the same.
    if count > 1 and count * file_bytes > _MOST_TEXTS_BYTES:
        return f"has {count} texts of unknown length"
    return None
