"""Whole models in `.keras` files: a zip archive of `metadata.json`, `config.json` and `model.weights.h5`.

What a model is made of is looked up by name among Plait's own classes and what the caller registered; nothing in a file
is imported, unpickled or run.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from plait.core import errors, registry
from plait.files import archive_writer, assets, atomic, compile_config, legacy_config, weights
from plait.files.archive import Archive
from plait.files.hdf5 import Reader
from plait.files.hdf5_writer import Writer

METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
# Whose format this is; readers go by it.
KERAS_VERSION = "3.15.1"
# Configs nest a few levels for each model in a model.
_MOST_DEPTH = 200
# Each takes some hundred bytes once it is parsed; the words of a vocabulary are the most that any model has.
_MOST_VALUES = 5_000_000
# What a layer raises for arguments that no config of its own has: a stranger's file, or a class that changed.
_NO_CONFIG = (LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError, AssertionError, MemoryError)


def save(model: Any, path: str | os.PathLike[str]) -> None:
    """Writes a model, in the place of the file if there is one.

    Errors: ValueError if it is not built, or a part of it cannot be described; OSError where it cannot be written. The
            old file is whole then.
    """
    weights.check_built(model, "saved")
    config = json.dumps(_described(model), allow_nan=True)
    date = datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
    metadata = json.dumps({"keras_version": KERAS_VERSION, "date_saved": date})
    with atomic.replacing(path) as new:
        with Writer(new, archive_writer.ROOM) as writer:
            weights.write(model, writer)
        archive_writer.wrap(new, WEIGHTS, {METADATA: metadata, CONFIG: config})


def _described(model: Any) -> dict[str, Any]:
    described = {**registry.serialize(model), "build_config": {"input_shape": None}}
    if model.has_keras_call:
        described["build_config"] = {"input_shape": model.get_build_config()["input_shape"]}
    training = compiled_as(model)
    return described if training is None else {**described, "compile_config": training}


def compiled_as(model: Any) -> dict[str, Any] | None:
    """Returns what compile was given; None if it was not called, or, with a warning, if that cannot be written."""
    if model.compiled is None:
        return None
    try:
        return model.get_compile_config()
    except (ValueError, TypeError, NotImplementedError) as error:
        warnings.warn(
            f"{model} is saved without what compile() was given, as that cannot be written: {error}",
            UserWarning,
            stacklevel=6,
        )
        return None


def load(
    path: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None,
    compile: bool,
    from_config: Callable[[Any, Any], Any],
) -> Any:
    """Returns the model in a file.

    Args:   from_config: makes a model of a config and custom objects.
    Errors: ValueError for a file that is damaged, holds what is not registered, or could not come from an honest
            program; FileNotFoundError if it is not there.
    """
    with Archive(os.fspath(path)) as archive:
        config = parsed(archive.text(CONFIG))
        training = config.pop("compile_config", None)
        build_config = config.pop("build_config", None)
        version = _version(archive)
        is_keras_2 = version.startswith("2")
        if legacy_config.lists_one(version):
            config = legacy_config.single_ended(config)
        model = made(
            config,
            custom_objects,
            lambda one, objects: from_config(legacy_config.modern(one, True) if is_keras_2 else one, objects),
        )
        with understood():
            if not model.built and isinstance(build_config, Mapping) and build_config.get("input_shape"):
                model.build_for_shape(build_config["input_shape"])
        with archive.open(WEIGHTS) as member, Reader(member) as reader:
            with understood():
                assets.read(model, archive, reader)
                if compile and training:
                    grammar = legacy_config.training_of_keras_2 if is_keras_2 else _grammar(reader)
                    compile_as(model, training, custom_objects, grammar)
            weights.read(model, reader)
    return model


def load_weights(model: Any, path: str | os.PathLike[str], skip_mismatch: bool = False) -> None:
    """Gives a model the weights in a file; arguments and errors as for `weights.load`."""
    weights.check_built(model, "given weights")
    with Archive(os.fspath(path)) as archive, archive.open(WEIGHTS) as member, Reader(member) as reader:
        weights.read(model, reader, skip_mismatch)


def _grammar(reader: Reader) -> Callable[[Any], dict[str, Any]]:
    """Returns what makes of a config of Keras 3 one that names all that its compile made."""
    return compile_config.scaled if weights.has_scale(reader) else dict


def _version(archive: Archive) -> str:
    """Returns which Keras wrote it, whose names mean what they meant then: 2.12 or later, or 3."""
    metadata = parsed(archive.text(METADATA)) if METADATA in archive else {}
    return str(metadata.get("keras_version"))


def made(config: Any, custom_objects: Any, from_config: Callable[[Any, Any], Any]) -> Any:
    """Returns the model of a config.

    Errors: ValueError for whatever is wrong with it.
    """
    with understood():
        return from_config(config, custom_objects)


@contextlib.contextmanager
def understood() -> Iterator[None]:
    """Errors: ValueError for whatever a config makes a class raise that no config of its own does."""
    try:
        yield
    except _NO_CONFIG as error:
        problem = errors.explain(f"The config in the file describes no model: {type(error).__name__}: {error}")
        raise ValueError(problem) from error


def compile_as(
    model: Any,
    config: Mapping[str, Any],
    custom_objects: Mapping[str, Any] | None,
    grammar: Callable[[Any], dict[str, Any]] = dict,
) -> None:
    """Compiles a model as a config says, which may name the caller's own classes and functions.

    Args: grammar: brings the config into that of Keras 3.
    """
    with registry.custom_object_scope(custom_objects or {}):
        model.compile_from_config(grammar(config))


def parsed(text: str) -> dict[str, Any]:
    """Returns a config.

    Errors: ValueError for what is no JSON object, or larger or nested deeper than any model is.
    """
    if sum(text.count(mark) for mark in ",[{") > _MOST_VALUES:
        raise ValueError(errors.explain(f"The config of the model has more than {_MOST_VALUES} values."))
    try:
        config = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(errors.explain(f"The config of the model is no JSON that can be read: {error}.")) from error
    if not isinstance(config, dict):
        raise ValueError(errors.explain(f"The config of a model is a JSON object, got {type(config).__name__}."))
    _check_depth(config)
    return config


def _check_depth(config: Any) -> None:
    level, depth = [config], 0
    while level:
        depth += 1
        if depth > _MOST_DEPTH:
            raise ValueError(errors.explain(f"The config of the model is nested deeper than {_MOST_DEPTH} levels."))
        level = [
            value
            for one in level
            if isinstance(one, dict | list)
            for value in (one.values() if isinstance(one, dict) else one)
        ]
