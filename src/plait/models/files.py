"""Models written to files and read from them: which format a name asks for."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Mapping
from typing import Any

from plait.core import errors, registry
from plait.files import formats, keras_file, legacy_h5, legacy_h5_writer, shards

_LEGACY = (".h5", ".hdf5")


def save_model(
    model: Any, filepath: str | os.PathLike[str], overwrite: bool = True, zipped: bool | None = None
) -> None:
    """Writes a model to a file; see `Model.save`."""
    model.save(filepath, overwrite, zipped)


def save(model: Any, path: str | os.PathLike[str], overwrite: bool, zipped: bool | None, keras_version: int) -> None:
    """Writes a model; see `Model.save`."""
    if zipped is False:
        raise ValueError(
            errors.explain(
                f"{model} is written as one file, and not as a folder, got zipped=False.",
                "Leave zipped out; `unzip` makes a folder of a .keras file.",
            )
        )
    is_keras_file = str(path).endswith(".keras")
    if not is_keras_file and formats.ending(path) not in _LEGACY:
        raise _unwritable(model, path, "'.keras' or '.h5'")
    if is_keras_file and keras_version != 3:
        raise ValueError(
            errors.explain(
                f"Keras {keras_version} reads no .keras files, got {str(path)!r}.", "Save it as an .h5 file."
            )
        )
    _check_may_be_written(path, overwrite)
    if is_keras_file:
        keras_file.save(model, path)
    else:
        legacy_h5_writer.save(model, path, keras_version)


def save_weights(model: Any, path: str | os.PathLike[str], overwrite: bool, max_shard_size: float | None) -> None:
    """Writes the weights of a model; see `Model.save_weights`."""
    ending = formats.ending(path)
    if not ending:
        *others, last = map(repr, formats.WEIGHTS)
        raise _unwritable(model, path, f"{', '.join(others)} or {last}")
    _check_may_be_written(path, overwrite)
    if max_shard_size is None:
        formats.WEIGHTS[ending].save(model, path)
    elif ending == shards.ENDING:
        shards.save(model, path, max_shard_size)
    else:
        raise ValueError(
            errors.explain(
                f"Weights in several files need a name that ends with {shards.ENDING!r}, got {str(path)!r}.",
                "Leave max_shard_size out to write one file.",
            )
        )


def load_weights(model: Any, path: str | os.PathLike[str], skip_mismatch: bool, by_name: bool) -> None:
    """Gives the weights of a model the values in a file; see `Model.load_weights`."""
    _check_is_there(path)
    if by_name:
        if not str(path).endswith(_LEGACY):
            raise ValueError(errors.explain(f"Only an .h5 file of Keras 2 is read by_name, got {str(path)!r}."))
        legacy_h5.load_weights(model, path, skip_mismatch, by_name=True)
    elif str(path).endswith(".keras"):
        keras_file.load_weights(model, path, skip_mismatch)
    else:
        # Whatever the name, as before there were others.
        formats.WEIGHTS[formats.ending(path) or ".weights.h5"].load(model, path, skip_mismatch)


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
    if str(filepath).endswith(_LEGACY):
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


def _unwritable(model: Any, path: Any, endings: str) -> ValueError:
    return ValueError(
        errors.explain(
            f"{model} is written to a name that ends with {endings}, got {str(path)!r}.",
            "model.save writes whole models (.keras), model.save_weights weights (.weights.h5).",
        )
    )


def _check_may_be_written(path: Any, overwrite: bool) -> None:
    if not overwrite and pathlib.Path(path).exists():
        raise FileExistsError(f"There is a file {str(path)!r} already, and overwrite is False.")


def _check_is_there(path: Any) -> None:
    if not pathlib.Path(path).is_file():
        raise FileNotFoundError(f"There is no file {str(path)!r}.")
