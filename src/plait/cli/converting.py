"""`plait convert IN OUT`: the same model or weights in another kind of file."""

from __future__ import annotations

import argparse
import pathlib
from typing import Any

from plait.cli import words
from plait.core import errors
from plait.files import formats
from plait.files.hdf5 import Reader
from plait.models.files import load_model
from plait.models.loading import model_from_json

_MODELS = (".keras", ".h5", ".hdf5")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    parser.add_argument("input", type=pathlib.Path, help="a file of a model or of weights")
    parser.add_argument("output", type=pathlib.Path, help="what it becomes is told by how the name ends")
    parser.add_argument(
        "--model", type=pathlib.Path, help="a model that the weights are for: .keras, .h5, or .json of to_json()"
    )
    parser.add_argument("--skip-mismatch", action="store_true", help="leave out weights that do not fit the model")
    parser.add_argument("--keras-version", type=int, choices=(2, 3), default=3, help="who is to open an .h5 file")
    parser.add_argument("--force", action="store_true", help="replace a file that is there")


def main(args: argparse.Namespace) -> int:
    """Writes what a file holds to another one, whole or not at all."""
    with words.explained("convert"):
        _check(args)
        if _has_model(args.input):
            _write(load_model(args.input), args)
        elif args.model:
            model = _model(args.model)
            model.load_weights(args.input, skip_mismatch=args.skip_mismatch)
            _write(model, args)
        else:
            _copy(args.input, args.output)
    print(f"{args.output} is written.")
    return 0


def _check(args: argparse.Namespace) -> None:
    for path in filter(None, (args.input, args.model)):
        if not path.is_file():
            raise FileNotFoundError(f"There is no file {str(path)!r}.")
    if args.output.exists() and not args.force:
        raise FileExistsError(f"There is a file {str(args.output)!r} already. Give --force to replace it.")
    if not _is_model(args.output) and not formats.ending(args.output):
        known = ", ".join(dict.fromkeys([*_MODELS, *formats.WEIGHTS]))
        raise ValueError(f"The name of what is written ends with {known}, got {str(args.output)!r}.")


def _is_model(path: pathlib.Path) -> bool:
    """Whether a file of this name holds a whole model; an `.h5` file may hold weights alone."""
    return path.name.endswith(_MODELS) and not path.name.endswith(".weights.h5")


def _has_model(path: pathlib.Path) -> bool:
    if not _is_model(path) or path.suffix == ".keras":
        return _is_model(path)
    with Reader(str(path)) as reader:
        return reader.text_attribute("", "model_config") is not None


def _model(path: pathlib.Path) -> Any:
    if path.suffix != ".json":
        return load_model(path)
    try:
        return model_from_json(path.read_text())
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{str(path)!r} describes no model: {type(error).__name__}: {error}") from error


def _write(model: Any, args: argparse.Namespace) -> None:
    if _is_model(args.output):
        model.save(args.output, keras_version=args.keras_version)
    else:
        model.save_weights(args.output)


def _copy(source: pathlib.Path, target: pathlib.Path) -> None:
    """Copies arrays to a file that finds them alike.

    Errors: ValueError where only a model could tell which is which.
    """
    known = formats.WEIGHTS.get(formats.ending(source))
    if known is None:
        raise ValueError(f"The name of what is read ends with {', '.join(formats.WEIGHTS)}, got {str(source)!r}.")
    wanted = None if _is_model(target) else formats.WEIGHTS[formats.ending(target)]
    if wanted is None or wanted.copy is None or wanted.found_by != known.found_by:
        other = "a whole model" if wanted is None else f"by {wanted.found_by}"
        raise ValueError(
            errors.explain(
                f"{str(source)!r} holds weights by {known.found_by}, and {str(target)!r} is {other}: it takes the "
                "model to tell which is which.",
                "Give it as --model FILE: a .keras or .h5 file with a model, or the .json that model.to_json() gave.",
            )
        )
    with known.reader(str(source)) as found:
        wanted.copy(found, target)
