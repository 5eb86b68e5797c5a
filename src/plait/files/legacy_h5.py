"""Whole models and weights in `.h5` files, as Keras 2 wrote them and Keras 3 still can.

The layers that have weights are matched in their order, or by their names; inside a layer the trained weights come
before the others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from plait.core import errors
from plait.files import keras_file, legacy_config, weights
from plait.files.hdf5 import Reader
from plait.graph.layer import Layer

_WEIGHTS, _OPTIMIZER = "model_weights", "optimizer_weights"


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
        is_keras_2 = not (reader.text_attribute("", "keras_version") or "2").startswith("3")
        config = keras_file.parsed(text)
        model = keras_file.made(
            config, custom_objects, lambda one, objects: from_config(legacy_config.modern(one, is_keras_2), objects)
        )
        training = reader.text_attribute("", "training_config")
        if compile and training:
            keras_file.compile_as(model, _compile_config(keras_file.parsed(training)), custom_objects)
        read(model, reader, by_name=False, skip_mismatch=False)
    return model


def _compile_config(config: Mapping[str, Any]) -> dict[str, Any]:
    optimizer = config.get("optimizer_config", config.get("optimizer"))
    named = ("loss", "loss_weights", "metrics", "weighted_metrics")
    return {"optimizer": optimizer, **{name: config.get(name) for name in named}}


def load_weights(model: Any, path: str | os.PathLike[str], by_name: bool, skip_mismatch: bool) -> None:
    """Gives a model the weights in a file; see `Model.load_weights`."""
    weights.check_built(model, "given weights")
    with Reader(os.fspath(path)) as reader:
        read(model, reader, by_name, skip_mismatch)


def read(model: Any, reader: Reader, by_name: bool, skip_mismatch: bool) -> None:
    """Does so from an open file.

    Errors: ValueError with a table of what does not fit; nothing is changed then.
    """
    root = _WEIGHTS if _WEIGHTS in reader.groups("") else ""
    wanted, rows = {}, []
    for where, layer, paths in _pairs(model, reader, root, by_name):
        own = [] if layer is None else [*layer.trainable_weights, *layer.non_trainable_weights]
        for number in range(max(len(own), len(paths))):
            if number >= len(paths):
                rows.append((where, f"{own[number].path} {own[number].shape}", "nothing"))
            elif number >= len(own):
                rows.append((paths[number], "nothing", str(reader.shape(paths[number]))))
            else:
                wanted[paths[number]] = own[number]
    state = _state(model, reader) if root and not by_name else None
    weights.assign(model, reader, wanted, rows, skip_mismatch, state)


def _pairs(model: Any, reader: Reader, root: str, by_name: bool) -> Iterator[tuple[str, Layer | None, list[str]]]:
    """Yields what belongs together: the group of a layer, the layer, and the paths of the group's arrays."""
    held = {name: _paths(reader, _inside(root, name)) for name in reader.list_attribute(root, "layer_names")}
    held = {name: paths for name, paths in held.items() if paths}
    layers = [layer for layer in model.layers if layer.weights]
    if by_name:
        named = {layer.name: layer for layer in layers}
        yield from ((_inside(root, name), named[name], paths) for name, paths in held.items() if name in named)
        return
    for number in range(max(len(held), len(layers))):
        name = list(held)[number] if number < len(held) else f"(layer {number + 1})"
        layer = layers[number] if number < len(layers) else None
        yield _inside(root, name), layer, held.get(name, [])


def _paths(reader: Reader, group: str) -> list[str]:
    return [f"{group}/{name}" for name in reader.list_attribute(group, "weight_names")]


def _inside(root: str, name: str) -> str:
    return f"{root}/{name}" if root else name


def _state(model: Any, reader: Reader) -> Any:
    """Returns the optimizer's slots, learning rate and weights; None where the file has none of Keras 3's."""
    if model.compiled is None or _OPTIMIZER not in reader.groups(""):
        return None
    return weights.state_of(model, [reader.read(path) for path in _paths(reader, _OPTIMIZER)])
