"""Whole models and weights written to `.h5` files, for Keras 3 or for Keras 2.

Both keep weights in the same way: a group for each layer, and in it what Keras calls them. How the layers are described
is another grammar in each.
"""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from plait.core import errors, registry
from plait.core.weight import Weight
from plait.files import atomic, keras_2_config, keras_file, legacy_h5, weights
from plait.files.hdf5_writer import Writer
from plait.graph import walks
from plait.losses import lookup
from plait.losses.loss import FormulaLoss

# Whose format it is: readers go by it. What Keras 2 computes on decides how it takes kernels of convolutions.
_VERSIONS = {3: (keras_file.KERAS_VERSION, "jax"), 2: ("2.2.4", "tensorflow")}
# What Keras calls a model that has a graph.
_FUNCTIONAL = "Functional"


def save(model: Any, path: str | os.PathLike[str], keras_version: int = 3) -> None:
    """Writes a model, in the place of the file if there is one.

    Args:   keras_version: whose grammar the layers are described in. Of a model for Keras 2 it is not kept how it is
                trained.
    Errors: ValueError if it is not built, computes by a `call` of its own, or has what that Keras has not; OSError
            where it cannot be written. The old file is whole then.
    """
    weights.check_built(model, "saved")
    if keras_version not in _VERSIONS:
        raise ValueError(errors.explain(f"A model is saved for Keras 2 or 3, got keras_version={keras_version!r}."))
    if not model.has_graph:
        raise ValueError(
            errors.explain(
                f"{model} computes by a call of its own, and an .h5 file says nothing of the shapes it takes.",
                'Save it as ".keras", or its weights with save_weights.',
            )
        )
    described = registry.serialize(model)
    config = keras_2_config.ancient(described) if keras_version == 2 else _rooted(described)
    training = _training_config(model) if keras_version == 3 else None
    with atomic.replacing(path) as new, Writer(new) as writer:
        _note_version(writer, "", keras_version)
        writer.note("", "model_config", json.dumps(config))
        _write(model, writer, legacy_h5.WEIGHTS, keras_version)
        if training:
            writer.note("", "training_config", json.dumps(training))
            _write_state(model, writer)


def save_weights(model: Any, path: str | os.PathLike[str]) -> None:
    """Writes the weights alone, as Keras 2 did; errors as `save`."""
    weights.check_built(model, "saved")
    with atomic.replacing(path) as new, Writer(new) as writer:
        _write(model, writer, "", keras_version=3)


def _rooted(described: dict[str, Any]) -> dict[str, Any]:
    # At the root Keras 3 reads what it wrote before it named modules; within, it reads what it writes today.
    name = described["registered_name"] or described["class_name"]
    return {"class_name": _FUNCTIONAL if name == "Model" else name, "config": described["config"]}


def _training_config(model: Any) -> dict[str, Any] | None:
    config = keras_file.compiled_as(model)
    if config is None:
        return None
    rest = {name: value for name, value in config.items() if name != "optimizer"}
    return {**rest, "loss": _in_full(config["loss"]), "optimizer_config": config["optimizer"]}


def _in_full(loss: Any) -> Any:
    """Returns what was given as loss, with the full names of functions: in these files Keras 3 knows no "mse"."""
    if isinstance(loss, list):
        return [_in_full(one) for one in loss]
    if isinstance(loss, dict) and "class_name" not in loss:
        return {name: _in_full(one) for name, one in loss.items()}
    found = lookup.TABLE.get(loss) if isinstance(loss, str) else None
    return found.function.__name__ if found is not None and issubclass(found, FormulaLoss) else loss


def _write(model: Any, writer: Writer, root: str, keras_version: int) -> None:
    """Writes the weights of each layer to a group of its own, and those that are the model's own to one more."""
    prefix = f"{root}/" if root else ""
    suffix = ":0" if keras_version == 2 else ""
    writer.note_list(root, "layer_names", [layer.name for layer in model.layers])
    _note_version(writer, root, keras_version)
    for layer in model.layers:
        paths = {weight: f"{layer.name}/{path}{suffix}" for path, weight in walks.weight_paths(layer).items()}
        _write_group(writer, f"{prefix}{layer.name}", [(paths[one], one) for one in legacy_h5.listed(layer)])
    if keras_version == 3:
        own = [(f"{model.name}/{number}_{one.name}", one) for number, one in enumerate(model.own_weights)]
        _write_group(writer, f"{prefix}{legacy_h5.OWN}", own)


def _write_group(writer: Writer, group: str, named: list[tuple[str, Weight]]) -> None:
    writer.note_list(group, "weight_names", [name for name, _ in named])
    for name, weight in named:
        writer.put(f"{group}/{name}", np.asarray(weight.peek()))


def _write_state(model: Any, writer: Writer) -> None:
    state = weights.listed_state(model)
    if not state:
        return
    names = [f"{model.optimizer.name}/{number}" for number in range(len(state))]
    writer.note_list(legacy_h5.OPTIMIZER, "weight_names", names)
    for name, array in zip(names, state, strict=True):
        writer.put(f"{legacy_h5.OPTIMIZER}/{name}", array)


def _note_version(writer: Writer, group: str, keras_version: int) -> None:
    version, backend = _VERSIONS[keras_version]
    writer.note(group, "keras_version", version)
    writer.note(group, "backend", backend)
