"""The kinds of files, who writes and reads each, and what is kept: the table of docs/files.md, which is tested."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from plait.core import names
from tests.files.models import MODELS


def whole(K, name, path):
    """Returns the model that is in a file."""
    return K.saving.load_model(path)


def alone(K, name, path):
    """Returns a model that was given the weights in a file."""
    model = MODELS[name](K)
    model.load_weights(path)
    return model


def save(model, path):
    model.save(path)


def save_weights(model, path):
    model.save_weights(path)


def save_shards(model, path):
    model.save_weights(path, max_shard_size=5e-7)  # 537 bytes, which no model here fits in


class Kind(NamedTuple):
    """A kind of file: what it is called in the documents, a name of one, how one is written and read."""

    label: str
    file: str
    write: Callable[[Any, Any], None]
    read: Callable[[Any, str, Any], Any]
    kept: str


ALL = "layers, weights, compile, optimizer state"
KINDS = {
    "keras": Kind("`.keras`", "m.keras", save, whole, ALL),
    "h5": Kind("`.h5`", "m.h5", save, whole, ALL),
    "weights-h5": Kind("`.weights.h5`", "m.weights.h5", save_weights, alone, "weights, optimizer state"),
    "weights-json": Kind("`.weights.json`", "m.weights.json", save_shards, alone, "weights, optimizer state"),
    "h5-weights": Kind("`.h5` by `save_weights`", "m.h5", save_weights, alone, "weights"),
    "npz": Kind("`.npz`", "m.npz", save_weights, alone, "weights"),
    "safetensors": Kind("`.safetensors`", "m.safetensors", save_weights, alone, "weights"),
}


def _numpy_saves(path, arrays):
    np.savez(path, **arrays)


def _numpy_loads(path):
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def _safetensors_saves(path, arrays):
    from safetensors.numpy import save_file

    save_file(arrays, path)


def _safetensors_loads(path):
    from safetensors.numpy import load_file

    return load_file(path)


# Libraries that know arrays by their names and no models.
LIBRARIES = {"NumPy": (_numpy_saves, _numpy_loads), "safetensors": (_safetensors_saves, _safetensors_loads)}


class Row(NamedTuple):
    """A way from who writes a kind of file to who reads it, and the file of tests that goes it."""

    kind: str
    writer: str
    reader: str
    test: str = "test_formats.py"
    label: str = ""
    kept: str = ""

    def __str__(self) -> str:
        return f"{self.kind}-from-{self.writer}-to-{self.reader}".replace(" ", "-")

    def line(self):
        label, kept = self.label or KINDS[self.kind].label, self.kept or KINDS[self.kind].kept
        return f"| {label} | {self.writer} | {self.reader} | {kept} | `tests/files/{self.test}` `{self}` |"


BOTH_WAYS = (("Plait", "Plait"), ("Plait", "Keras 3"), ("Keras 3", "Plait"))
KERAS_2 = "`.h5` by `keras_version=2`"
ROWS = [
    *(Row(kind, *way) for kind in ("keras", "h5", "weights-h5", "weights-json") for way in BOTH_WAYS),
    *(Row("h5-weights", *way) for way in BOTH_WAYS[:2]),
    *(
        Row(kind, *way)
        for kind, other in (("npz", "NumPy"), ("safetensors", "safetensors"))
        for way in (("Plait", "Plait"), ("Plait", other), (other, "Plait"))
    ),
]
ROWS_OF_KERAS_2 = [
    Row("h5-keras-2", "Plait", "Plait", "test_keras_2.py", KERAS_2, "layers, weights"),
    Row("h5-keras-2", "Plait", "Keras 2", "test_keras_2.py", KERAS_2, "layers, weights"),
    Row("h5-keras-2", "Keras 2", "Plait", "test_keras_2.py", "`.h5`", "layers, weights, compile"),
]


def table():
    """Returns the table of docs/files.md."""
    head = ["| file | written by | read by | kept | test |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(row.line() for row in [*ROWS, *ROWS_OF_KERAS_2])])


def distinct(model):
    """Gives a model weights of which no two are alike, and returns it."""
    model.set_weights([array + 0.01 * (number + 1) for number, array in enumerate(model.get_weights())])
    return model


def by_path(model):
    """Returns a model's arrays by the names of its layers."""
    values, _ = model.pure()
    return {path: np.asarray(value) for path, value in values.items()}


def fresh(K, name):
    """Returns a model whose layers are counted from 1."""
    names.clear()
    return MODELS[name](K)
