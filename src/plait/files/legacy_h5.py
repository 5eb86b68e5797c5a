"""Whole models and weights in `.h5` files, as Keras 2 wrote them and Keras 3 still can.

The layers that have weights are matched in their order, or by their names; inside a layer the trained weights come
before the others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from plait.core import errors
from plait.core.weight import Weight
from plait.files import keras_file, legacy_config, weights
from plait.files.hdf5 import Reader
from plait.files.stored import Stored

WEIGHTS, OPTIMIZER = "model_weights", "optimizer_weights"
# Where Keras 3 has the weights that no layer of a model holds, but the model itself.
OWN = "top_level_model_weights"


def load(
    path: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None,
    compile: bool,
    from_config: Callable[[Any, Any], Any],
) -> Any:
    """Returns the model in a file; arguments and errors as for `keras_file.load`."""
    with Reader(os.fspath(path)) as reader:
        text = reader.text_attribute("", "model_config")
        if text is None:
            raise ValueError(
                errors.explain("The file holds weights and no model.", "Make the model, and use model.load_weights(…).")
            )
        is_keras_2 = _is_of_keras_2(reader)
        config = keras_file.parsed(text)
        if legacy_config.lists_one(reader.text_attribute("", "keras_version")):
            config = legacy_config.single_ended(config)
        model = keras_file.made(
            config, custom_objects, lambda one, objects: from_config(legacy_config.modern(one, is_keras_2), objects)
        )
        training = reader.text_attribute("", "training_config")
        if compile and training:
            grammar = legacy_config.training_of_keras_2 if is_keras_2 else legacy_config.training
            with keras_file.understood():
                keras_file.compile_as(model, keras_file.parsed(training), custom_objects, grammar)
        read(model, reader, by_name=False, skip_mismatch=False)
    return model


def load_weights(model: Any, path: str | os.PathLike[str], skip_mismatch: bool = False, by_name: bool = False) -> None:
    """Gives a model the weights in a file; see `Model.load_weights`."""
    weights.check_built(model, "given weights")
    with Reader(os.fspath(path)) as reader:
        read(model, reader, by_name, skip_mismatch)


def read(model: Any, reader: Reader, by_name: bool, skip_mismatch: bool) -> None:
    """Does so from an open file.

    Errors: ValueError with a table of what does not fit; nothing is changed then.
    """
    root = WEIGHTS if WEIGHTS in reader.groups("") else ""
    wanted, rows = {}, []
    for where, own, paths in _pairs(model, reader, root, by_name):
        for number in range(max(len(own), len(paths))):
            if number >= len(paths):
                rows.append((where, f"{own[number].path} {own[number].shape}", "nothing"))
            elif number >= len(own):
                rows.append((paths[number], "nothing", str(reader.shape(paths[number]))))
            elif paths[number] in wanted:
                raise ValueError(errors.explain(f'The file cannot be trusted: it lists "{paths[number]}" twice.'))
            else:
                wanted[paths[number]] = own[number]
    state = _state(model, reader) if root and not by_name else None
    weights.assign(model, reader, wanted, rows, skip_mismatch, state)


def listed(layer: Any) -> list[Weight]:
    """Returns the weights of a layer in the order of these files."""
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _pairs(model: Any, reader: Reader, root: str, by_name: bool) -> Iterator[tuple[str, list[Weight], list[str]]]:
    """Yields what belongs together: a group, the weights of a layer, and the paths of the group's arrays."""
    held = {name: _paths(reader, _inside(root, name)) for name in reader.list_attribute(root, "layer_names")}
    held = {name: paths for name, paths in held.items() if paths}
    layers = [layer for layer in model.layers if layer.weights]
    if by_name:
        named = {layer.name: listed(layer) for layer in layers}
        yield from ((_inside(root, name), named[name], paths) for name, paths in held.items() if name in named)
        return
    names = list(held)
    for number in range(max(len(held), len(layers))):
        name = names[number] if number < len(names) else f"(layer {number + 1})"
        own = listed(layers[number]) if number < len(layers) else []
        yield _inside(root, name), own, held.get(name, [])
    kept = _paths(reader, _inside(root, OWN)) if OWN in reader.groups(root) else []
    yield _inside(root, OWN), model.own_weights, kept


def _paths(reader: Reader, group: str) -> list[str]:
    return [f"{group}/{name}" for name in reader.list_attribute(group, "weight_names")]


def _inside(root: str, name: str) -> str:
    return f"{root}/{name}" if root else name


def _is_of_keras_2(reader: Reader) -> bool:
    return not (reader.text_attribute("", "keras_version") or "2").startswith("3")


def _state(model: Any, reader: Reader) -> Any:
    """Returns the optimizer's slots, learning rates and weights; None where the file has none for this one."""
    if model.compiled is None or OPTIMIZER not in reader.groups(""):
        return None
    stored = [Stored(reader, path) for path in _paths(reader, OPTIMIZER)]
    return weights.state_of(model, stored, is_by_slot=_is_by_slot(reader))


def _is_by_slot(reader: Reader) -> bool:
    """Whether the optimizer is of the kind from before Keras 2.11, which lists the arrays of a slot side by side."""
    training = reader.text_attribute("", "training_config")
    optimizer = keras_file.parsed(training).get("optimizer_config") if training else None
    if not _is_of_keras_2(reader) or not isinstance(optimizer, Mapping):
        return False
    return not str(optimizer.get("class_name")).startswith(legacy_config.CUSTOM)
