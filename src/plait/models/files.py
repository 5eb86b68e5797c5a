"""Models written to files and read from them: which format a name asks for."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Mapping
from typing import Any

from plait.core import errors, registry
from plait.files import keras_file, legacy_h5, weights
from plait.files.archive import Archive
from plait.files.hdf5 import Reader


def save(model: Any, path: str | os.PathLike[str], overwrite: bool) -> None:
    """Writes a model; see `Model.save`."""
    _check_target(model, path, ".keras", overwrite)
    keras_file.save(model, path)


def save_weights(model: Any, path: str | os.PathLike[str], overwrite: bool) -> None:
    """Writes the weights of a model; see `Model.save_weights`."""
    _check_target(model, path, ".weights.h5", overwrite)
    weights.save(model, path)


def load_weights(model: Any, path: str | os.PathLike[str], skip_mismatch: bool, by_name: bool) -> None:
    """Gives the weights of a model the values in a file; see `Model.load_weights`."""
    _check_is_there(path)
    if by_name or (str(path).endswith((".h5", ".hdf5")) and not str(path).endswith(".weights.h5")):
        legacy_h5.load_weights(model, path, by_name, skip_mismatch)
        return
    if not str(path).endswith(".keras"):
        weights.load(model, path, skip_mismatch)
        return
    weights.check_built(model, "given weights")
    with Archive(path) as archive, archive.open(keras_file.WEIGHTS) as member, Reader(member) as reader:
        weights.read(model, reader, skip_mismatch)


def load_model(
    filepath: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Any:
    """Returns the model in a `.keras` file, or in an `.h5` file of Keras 2 or 3; compiled and as far trained as it was.

    Args:   custom_objects: classes and functions by name, beside those that are registered.
            compile: whether to compile it as it was.
            safe_mode: taken for Keras's sake. Nothing in a file is ever run or imported, whatever it says.
    Errors: FileNotFoundError; ValueError for a file that is damaged, names what is not registered, or does not fit
            together; what does not is said in a table.
    """
    _check_is_there(filepath)
    if str(filepath).endswith(".keras"):
        return keras_file.load(filepath, custom_objects, compile, _model)
    if str(filepath).endswith((".h5", ".hdf5")):
        return legacy_h5.load(filepath, custom_objects, compile, _model)
    raise ValueError(
        errors.explain(
            f"load_model reads .keras and .h5 files, got {str(filepath)!r}.", "For weights, use model.load_weights(…)."
        )
    )


def _model(config: Any, custom_objects: Mapping[str, Any] | None) -> Any:
    with registry.sharing():
        model = registry.deserialize(config, custom_objects)
    if not hasattr(model, "compile_from_config"):
        raise ValueError(errors.explain(f"The file holds a {type(model).__name__}, not a model."))
    return model


def _check_target(model: Any, path: Any, ending: str, overwrite: bool) -> None:
    if not str(path).endswith(ending):
        raise ValueError(
            errors.explain(
                f"{model} is written to a name that ends with {ending!r}, got {str(path)!r}.",
                "model.save writes whole models (.keras), model.save_weights weights (.weights.h5).",
            )
        )
    if not overwrite and pathlib.Path(path).exists():
        raise FileExistsError(f"There is a file {str(path)!r} already, and overwrite is False.")


def _check_is_there(path: Any) -> None:
    if not pathlib.Path(path).is_file():
        raise FileNotFoundError(f"There is no file {str(path)!r}.")
