"""Weights to and from files of Keras 3: which array of the file is which weight, and what training needs besides."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from plait.core import errors
from plait.core.weight import Weight
from plait.files import assets, atomic, hdf5, layout, optimizer_state
from plait.graph import walks

# Where Keras keeps what is no weight of a layer.
_OPTIMIZER = "optimizer"
_MEAN_LOSS = "metrics/mean"
_NOT_LAYERS = ("optimizer/", "metrics/", "_metrics/", "_loss_tracker/", "_compile_metrics/", "loss/", "_losses/")
# Of what does not fit, this many rows are shown.
_MOST_ROWS = 20
# How many calls lie between a warning here and who saves.
_TO_THE_CALLER = 8

# What does not fit: the path in the file, what the model has there, and what the file has.
Row = tuple[str, str, str]


def save(model: Any, path: str | os.PathLike[str]) -> None:
    """Writes the weights, and the optimizer's state if the model is compiled, in the place of the file if there is one.

    Errors: ValueError if the model is not built; OSError where it cannot be written, and the old file is whole then.
    """
    check_built(model, "saved")
    with atomic.replacing(path) as new:
        write(model, new)


def write(model: Any, file: Any) -> None:
    """Writes all of it to a new HDF5 file."""
    hdf5.write(file, _groups(model))


def _groups(model: Any) -> Iterator[tuple[str, str | None, Iterable[Any]]]:
    for place in layout.places(model):
        yield place.path, place.layer.name, (weight.numpy() for weight in place.weights)
    if model.compiled is None:
        return
    # Keras counts its loss in these two, and misses them in a file of a compiled model.
    yield _MEAN_LOSS, "loss", [np.float32(0), np.float32(0)]
    weights = _trained(model)
    slots = model.compiled.slots.of(weights)
    try:
        state = optimizer_state.arrays(model.optimizer, slots, list(weights))
    except ValueError as error:
        warnings.warn(
            f"{model} is saved without how far its optimizer is: {error}", UserWarning, stacklevel=_TO_THE_CALLER
        )
        return
    yield _OPTIMIZER, model.optimizer.name, state


def load(model: Any, path: str | os.PathLike[str], skip_mismatch: bool = False) -> None:
    """Gives the weights the values in a file, and the optimizer its state if the file has one for it.

    Args:   skip_mismatch: whether to leave out what does not fit, and to say what that was.
    Errors: ValueError with a table of what is missing, too much or of another shape; nothing is changed then.
    """
    check_built(model, "given weights")
    with hdf5.Reader(os.fspath(path)) as reader:
        read(model, reader, skip_mismatch)


def read(model: Any, reader: hdf5.Reader, skip_mismatch: bool = False) -> None:
    """Does so from an open file."""
    wanted = {
        place.dataset(number): weight for place in layout.places(model) for number, weight in enumerate(place.weights)
    }
    held = reader.paths()
    rows = [
        (path, "nothing", str(reader.shape(path)))
        for path in held
        if path not in wanted and not path.startswith(_NOT_LAYERS) and not path.endswith(f"/{assets.FACTORS}")
    ]
    there = set(held)
    rows += [(path, _described(weight), "nothing") for path, weight in wanted.items() if path not in there]
    count = sum(path.startswith(f"{_OPTIMIZER}/vars/") for path in held)
    state = None
    if model.compiled is not None and count:
        state = state_of(model, [reader.read(f"{_OPTIMIZER}/vars/{number}") for number in range(count)])
    assign(model, reader, {path: wanted[path] for path in wanted if path in there}, rows, skip_mismatch, state)


def assign(
    model: Any, reader: hdf5.Reader, wanted: Mapping[str, Weight], rows: list[Row], skip_mismatch: bool, state: Any
) -> None:
    """Gives weights the arrays at these paths, and the optimizer its state.

    Args:   rows: what does not fit already; arrays of another shape are found here.
            state: what `state_of` gave.
    Errors: ValueError with a table of what does not fit, unless it is to be skipped; nothing is changed then.
    """
    misshapen = [
        (path, _described(weight), str(shape))
        for path, weight in wanted.items()
        if (shape := reader.shape(path)) != weight.shape
    ]
    rows = sorted([*rows, *misshapen])
    if rows and not skip_mismatch:
        raise ValueError(errors.explain(f"{model} and the file do not fit each other.", *_table(rows)))
    left_out = {path for path, _, _ in rows}
    fitting = {path: weight for path, weight in wanted.items() if path not in left_out}
    if rows and not fitting:
        raise ValueError(errors.explain(f"Nothing in the file fits {model}.", *_table(rows)))
    # All of them before the first is put in its place: what cannot be read leaves the model as it was.
    values = [(weight, jnp.asarray(reader.read(path)).astype(weight.dtype)) for path, weight in fitting.items()]
    for weight, value in values:
        weight.put(value)
    if state is not None and not rows:
        slots, rate, weights = state
        model.compiled.slots.start_from(slots, weights)
        if rate is not None:
            model.optimizer.learning_rate = rate
    if rows:
        warnings.warn("\n".join([f"{model} leaves out what does not fit:", *_table(rows)]), UserWarning, stacklevel=4)


def _described(weight: Weight) -> str:
    return f"{weight.path} {weight.shape}"


def _table(rows: list[Row]) -> list[str]:
    shown = [("in the file", "the model has", "the file has"), *rows[:_MOST_ROWS]]
    widths = [max(len(row[column]) for row in shown) for column in range(3)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in shown]
    return [*lines, *([f"… and {len(rows) - _MOST_ROWS} more."] if len(rows) > _MOST_ROWS else [])]


def state_of(model: Any, found: list[np.ndarray]) -> Any:
    """Returns slots, learning rate and trained weights; None, with a warning, where they are for another model."""
    weights = _trained(model)
    try:
        slots, rate = optimizer_state.slots(model.optimizer, found, weights)
    except ValueError as error:
        warnings.warn(
            f"The optimizer of {model} starts anew, as the file's state is not for it: {error}",
            UserWarning,
            stacklevel=5,
        )
        return None
    return slots, rate, weights


def _trained(model: Any) -> dict[str, Weight]:
    """Returns the weights that training changes, by path, in the model's order."""
    paths = {weight: path for path, weight in walks.weight_paths(model).items()}
    return {paths[weight]: weight for weight in model.trainable_weights}


def check_built(model: Any, wanted: str) -> None:
    """Errors: ValueError for a model whose weights are not known yet."""
    if not model.built:
        raise ValueError(
            errors.explain(
                f"{model} is not built, and cannot be {wanted}: it has no weights yet.",
                "Start it from an Input, or call it on data first.",
            )
        )
