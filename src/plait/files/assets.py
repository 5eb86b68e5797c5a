"""Vocabularies in `.keras` files: Keras keeps learned ones as texts beside the weights, Plait in the config."""

from __future__ import annotations

from typing import Any

from plait.files import layout
from plait.files.archive import Archive
from plait.files.hdf5 import Reader

# The name that Keras gives the weights of tf-idf, which lie among the arrays.
FACTORS = "idf_weights"


def read(model: Any, archive: Archive, reader: Reader) -> None:
    """Gives the layers of a new model the vocabularies in a file.

    Errors: ValueError for one that its layer cannot have.
    """
    arrays = set(reader.paths())
    for path, layer in layout.places(model):
        name = f"assets/{path}/vocabulary.txt"
        if not hasattr(layer, "set_vocabulary") or name not in archive:
            continue
        lines = archive.text(name).splitlines()
        while lines and not lines[-1]:
            lines.pop()
        factors = f"{path}/vars/{FACTORS}"
        layer.set_vocabulary(lines, reader.read(factors) if factors in arrays else None)
