"""Vocabularies in `.keras` files: Keras keeps learned ones as texts beside the weights, Plait in the config."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.files import layout
from plait.files.archive import Archive
from plait.files.hdf5 import Reader

# The name that Keras gives the weights of tf-idf, which lie among the arrays.
FACTORS = "idf_weights"
_FOLDER = "assets/"


def read(model: Any, archive: Archive, reader: Reader) -> None:
    """Gives the layers of a new model the vocabularies in a file.

    Errors: ValueError for one that its layer cannot have.
    """
    arrays = {layout.plain(path): path for path in reader.paths()}
    for path, layer in layout.places(model, layout.is_doubled([*arrays, *_inner(archive)])):
        name = f"{_FOLDER}{path}/vocabulary.txt"
        if not hasattr(layer, "set_vocabulary") or name not in archive:
            continue
        lines = archive.text(name).splitlines()
        while lines and not lines[-1]:
            lines.pop()
        factors = arrays.get(f"{path}/vars/{FACTORS}")
        layer.set_vocabulary(lines, _factors(layer, reader.read(factors), len(lines)) if factors else None)


def _factors(layer: Any, found: np.ndarray, count: int) -> np.ndarray:
    # Up to max_tokens Keras fills them up with zeros.
    return found[:count] if layer.pad_to_max_tokens else found


def _inner(archive: Archive) -> list[str]:
    """Returns the names of the texts, as paths of the model."""
    return [name.removeprefix(_FOLDER) for name in archive.names() if name.startswith(_FOLDER)]
