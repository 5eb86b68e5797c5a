"""The files that weights are written to and read from, by how their names end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from plait.files import by_path, hdf5, legacy_h5, legacy_h5_writer, npz_file, safetensors_file, shards, weights


class Format(NamedTuple):
    """Tells how a kind of file is used.

    Args: found_by: what leads to an array: a "place" in a model of Keras 3, the "path" by the names of layers, or the
            "order" of layers.
          save: writes the weights of a model, as `save(model, path)`.
          load: gives a model those in a file, as `load(model, path, skip_mismatch)`.
          reader: opens a file.
          copy: writes the arrays of another file whose arrays are found alike; None where that cannot be.
    """

    found_by: str
    save: Callable[[Any, Any], None]
    load: Callable[[Any, Any, bool], None]
    reader: Callable[[Any], Any]
    copy: Callable[[Any, Any], None] | None


def _found_by_path(reader: Callable[[Any], Any], copy: Callable[[Any, Any], None]) -> Format:
    def save(model: Any, path: Any) -> None:
        copy(by_path.Held(model), path)

    def load(model: Any, path: Any, skip_mismatch: bool = False) -> None:
        with reader(path) as found:
            by_path.read(model, found, skip_mismatch)

    return Format("path", save, load, reader, copy)


_LEGACY = Format("order", legacy_h5_writer.save_weights, legacy_h5.load_weights, hdf5.Reader, None)
# The longest ending that fits is meant: they are tried in this order.
WEIGHTS = {
    ".weights.h5": Format("place", weights.save, weights.load, hdf5.Reader, weights.copy),
    shards.ENDING: Format("place", shards.save, shards.load, shards.Reader, shards.copy),
    ".npz": _found_by_path(npz_file.Reader, npz_file.copy),
    ".safetensors": _found_by_path(safetensors_file.Reader, safetensors_file.copy),
    ".h5": _LEGACY,
    ".hdf5": _LEGACY,
}


def ending(path: Any) -> str:
    """Returns how the name of a file of weights ends; nothing for another name."""
    return next((known for known in WEIGHTS if str(path).endswith(known)), "")
