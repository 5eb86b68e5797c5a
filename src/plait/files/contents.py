"""What a file holds, read without making any of it: nothing is built, imported or run, and no array is read."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import ml_dtypes  # noqa: F401 - lets NumPy know bfloat16 by name
import numpy as np

from plait.core import errors, names, registry
from plait.files import arrays, formats, keras_file, legacy_config, legacy_h5, operations
from plait.files.archive import Archive
from plait.files.hdf5 import Reader
from plait.graph import operators

# Where a config has layers inside a layer.
_INSIDE = ("layers", "layer", "backward_layer", "cell", "cells")
# Where files keep what is no weight of a layer.
_STATE = ("optimizer/", f"{legacy_h5.OPTIMIZER}/")
_COUNTS = ("metrics/", "_metrics/", "_loss_tracker/", "_compile_metrics/")


class Array(NamedTuple):
    """An array that is in a file."""

    path: str
    shape: tuple[int, ...]
    dtype: str

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """How many bytes these take."""
        return self.size * np.dtype(self.dtype).itemsize


class Described(NamedTuple):
    """A layer that a config describes."""

    path: str
    class_name: str
    is_known: bool


@dataclass
class Contents:
    """What a file holds.

    Args: format: what kind of file it is, in words.
          version: of the Keras whose format it is in; date: when it was written. None where the file does not say.
          model: the config of the model, and training: of what compile was given; None if there is none.
          weights: of the layers; state: of the optimizer.
    """

    format: str
    version: str | None = None
    date: str | None = None
    model: Mapping[str, Any] | None = None
    training: Mapping[str, Any] | None = None
    weights: list[Array] = field(default_factory=list)
    state: list[Array] = field(default_factory=list)

    def layers(self) -> Iterator[Described]:
        """Yields the layers of the model in the order of its config, those inside another after it."""
        yield from _layers(self.model, "")


def of(path: str | os.PathLike[str]) -> Contents:
    """Returns what a file holds.

    Errors: ValueError for a file that is damaged, cannot be trusted, or is in no known format; OSError if it cannot be
            read.
    """
    for ending, read in _READERS.items():
        if str(path).endswith(ending):
            return read(path)
    raise ValueError(
        errors.explain(
            f"A model or weights are in a file whose name ends with {', '.join(_READERS)}, got {str(path)!r}."
        )
    )


def _of_keras_file(path: Any) -> Contents:
    with Archive(os.fspath(path)) as archive:
        metadata = keras_file.parsed(archive.text(keras_file.METADATA)) if keras_file.METADATA in archive else {}
        model = keras_file.parsed(archive.text(keras_file.CONFIG))
        with archive.open(keras_file.WEIGHTS) as member, Reader(member) as reader:
            found = _sorted(reader)
    version, date = (str(metadata[name]) if name in metadata else None for name in ("keras_version", "date_saved"))
    return Contents("model of Keras 3", version, date, model, _mapping(model.get("compile_config")), *found)


def _of_legacy_h5(path: Any) -> Contents:
    with Reader(os.fspath(path)) as reader:
        texts = {name: reader.text_attribute("", name) for name in ("model_config", "training_config", "keras_version")}
        found = _sorted(reader)
    model, training = (keras_file.parsed(text) if (text := texts[name]) else None
                       for name in ("model_config", "training_config"))  # fmt: skip
    kind = f"{'weights' if model is None else 'model'}, in the older format of Keras"
    training = None if training is None else legacy_config.training(training)
    return Contents(kind, texts["keras_version"], None, model, training, *found)


def _of_weights(kind: str) -> Callable[[Any], Contents]:
    def read(path: Any) -> Contents:
        with formats.WEIGHTS[formats.ending(path)].reader(os.fspath(path)) as reader:
            found = _sorted(reader)
        return Contents(kind, None, None, None, None, *found)

    return read


def _sorted(reader: arrays.Arrays) -> tuple[list[Array], list[Array]]:
    """Returns the weights of layers, and the optimizer's state."""
    held = [Array(path, reader.shape(path), reader.dtype(path)) for path in reader.paths()]
    state = [one for one in held if one.path.startswith(_STATE)]
    return [one for one in held if not one.path.startswith((*_STATE, *_COUNTS))], state


# The longest ending that fits is meant: they are tried in this order.
_READERS: dict[str, Callable[[Any], Contents]] = {
    ".keras": _of_keras_file,
    ".weights.h5": _of_weights("weights of Keras 3"),
    ".weights.json": _of_weights("weights of Keras 3, in several files"),
    ".npz": _of_weights("weights by path, of NumPy"),
    ".safetensors": _of_weights("weights by path, in safetensors"),
    ".h5": _of_legacy_h5,
    ".hdf5": _of_legacy_h5,
}


def _mapping(value: Any) -> Mapping[str, Any] | None:
    return value if isinstance(value, Mapping) else None


def _layers(described: Any, path: str) -> Iterator[Described]:
    """Yields what a config has inside it; a stranger's config may have anything anywhere."""
    inner = described.get("config") if isinstance(described, Mapping) else None
    if isinstance(inner, list):  # a chain, as Keras wrote before 2.2.3
        inner = {"layers": inner}
    for key in _INSIDE:
        found = inner.get(key) if isinstance(inner, Mapping) else None
        for one in found if isinstance(found, list) else [found]:
            if not isinstance(one, Mapping) or "class_name" not in one:
                continue
            config = _mapping(one.get("config")) or {}
            here = f"{path}{one.get('name') or config.get('name') or key}"
            yield Described(here, str(one["class_name"]), _is_known(one))
            yield from _layers(one, f"{here}/")


def _is_known(described: Mapping[str, Any]) -> bool:
    """Whether Plait or the caller has a class of this name."""
    name, module = described.get("registered_name") or described["class_name"], described.get("module")
    if not isinstance(name, str) or not isinstance(module, str | None):
        return False
    if operations.is_one(described):
        return operators.has(names.snake_case(name))
    return registry.lookup(name, module) is not None
