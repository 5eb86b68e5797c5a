"""Weights to and from files of Keras 3: which array of the file is which weight, and what training needs besides."""

from __future__ import annotations

import itertools
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors
from plait.core.weight import Weight
from plait.files import arrays, assets, atomic, cudnn, hdf5, layout, older_forms, optimizer_state
from plait.files.hdf5_writer import Writer
from plait.files.stored import Stored
from plait.graph import walks

# Where Keras keeps what is no weight of a layer.
_OPTIMIZER = "optimizer/vars"
_INSIDE = "optimizer/inner_optimizer/vars"
_MEAN_LOSS = "metrics/mean/vars"
_NOT_LAYERS = ("optimizer/", "metrics/", "_metrics/", "_loss_tracker/", "_compile_metrics/", "loss/", "_losses/")
# Of what does not fit, this many rows are shown.
_MOST_ROWS = 20
# Up to this many bytes, the values that a load replaces are kept until all the new ones are read.
_MOST_AT_ONCE = 64 * 2**20
# How many calls lie between a warning here and who saves.
_TO_THE_CALLER = 7

# What does not fit: the path in the file, what the model has there, and what the file has.
Row = tuple[str, str, str]


def save(model: Any, path: str | os.PathLike[str]) -> None:
    """Writes the weights, and the optimizer's state if the model is compiled, in the place of the file if there is one.

    Errors: ValueError if the model is not built; OSError where it cannot be written, and the old file is whole then.
    """
    check_built(model, "saved")
    with atomic.replacing(path) as new, Writer(new) as writer:
        write(model, writer)


def copy(found: arrays.Arrays, path: str | os.PathLike[str]) -> None:
    """Writes the arrays of another file of this kind, in the place of the file if there is one."""
    with atomic.replacing(path) as new, Writer(new) as writer:
        arrays.copy(found, writer)


def write(model: Any, writer: arrays.Writer) -> None:
    """Writes all of it to a new file."""
    for group, name, values in _groups(model):
        writer.name(group, name)
        numbers = itertools.count()
        for value in values:
            writer.put(f"{group}/{next(numbers)}", value)
            # Before the next one is made; enumerate would hold it until then, too.
            del value
    for place in layout.places(model):
        for path, array in place.layer.extra_in_files.items():
            writer.put("/".join(filter(None, [place.path, path])), array)


def _groups(model: Any) -> Iterator[tuple[str, str | None, Iterable[Any]]]:
    for place in layout.places(model):
        yield place.group, place.layer.name, (np.asarray(weight.peek()) for weight in place.weights)
    if model.compiled is None:
        return
    # Keras counts its loss in these two, and misses them in a file of a compiled model.
    yield _MEAN_LOSS, "loss", [np.float32(0), np.float32(0)]
    if state := listed_state(model):
        yield _OPTIMIZER, model.optimizer.name, state
        # Keras reads these a second time.
        if inside := optimizer_state.inside(model.optimizer, state):
            yield _INSIDE, model.optimizer.inner_optimizer.name, inside


def listed_state(model: Any) -> list[np.ndarray]:
    """Returns the optimizer's state in Keras's order; nothing, with a warning, where Keras has no place for it."""
    weights = _trained(model)
    try:
        return optimizer_state.arrays(model.optimizer, model.compiled.slots.of(weights), list(weights))
    except ValueError as error:
        warnings.warn(
            f"{model} is saved without how far its optimizer is: {error}", UserWarning, stacklevel=_TO_THE_CALLER
        )
        return []


def load(model: Any, path: str | os.PathLike[str], skip_mismatch: bool = False) -> None:
    """Gives the weights the values in a file, and the optimizer its state if the file has one for it.

    Args:   skip_mismatch: whether to leave out what does not fit, and to say what that was.
    Errors: ValueError with a table of what is missing, too much or of another shape; nothing is changed then.
    """
    check_built(model, "given weights")
    with hdf5.Reader(os.fspath(path)) as reader:
        read(model, reader, skip_mismatch)


def read(model: Any, reader: arrays.Arrays, skip_mismatch: bool = False) -> None:
    """Does so from an open file."""
    # As the file spells a path, by how Plait does.
    spelled = {layout.plain(path): path for path in reader.paths()}
    wanted = {
        spelled.get(path, path): weight
        for place in layout.places(model, layout.is_doubled(spelled))
        for number, weight in enumerate(place.weights)
        for path in [cudnn.place(place.dataset(number), spelled)]
    }
    ours = [path for plain, path in spelled.items() if path in wanted or not _is_no_weight(plain)]
    rows = unmatched(wanted, reader, ours)
    there = set(spelled.values())
    count = _count(spelled, _OPTIMIZER)
    state = None
    if model.compiled is not None and count:
        paths = [f"{_OPTIMIZER}/{number}" for number in range(count)]
        state = state_of(model, [Stored(reader, spelled.get(path, path)) for path in paths])
    assign(model, reader, {path: wanted[path] for path in wanted if path in there}, rows, skip_mismatch, state)


def has_scale(reader: arrays.Arrays) -> bool:
    """Whether an open file has the state of an optimizer that scales the loss."""
    paths = [layout.plain(path) for path in reader.paths()]
    return optimizer_state.is_of_scale(_count(paths, _OPTIMIZER), _count(paths, _INSIDE))


def _count(paths: Iterable[str], group: str) -> int:
    return sum(path.startswith(f"{group}/") for path in paths)


def _is_no_weight(path: str) -> bool:
    return path.startswith(_NOT_LAYERS) or path.endswith(f"/{assets.FACTORS}")


def unmatched(wanted: Mapping[str, Weight], reader: arrays.Arrays, held: Iterable[str]) -> list[Row]:
    """Returns a row for each path that only the file has, and for each that only the model has."""
    there = set(held)
    rows = [(path, "nothing", str(reader.shape(path))) for path in there if path not in wanted]
    return rows + [(path, _described(weight), "nothing") for path, weight in wanted.items() if path not in there]


def assign(
    model: Any,
    reader: arrays.Arrays,
    wanted: Mapping[str, Weight],
    rows: list[Row],
    skip_mismatch: bool,
    state: Any,
    way_out: str | None = None,
) -> None:
    """Gives weights the arrays at these paths, and the optimizer its state.

    Args:   rows: what does not fit already; arrays of another shape are found here.
            state: what `state_of` gave.
            way_out: what to do about what does not fit.
    Errors: ValueError with a table of what does not fit, unless it is to be skipped, or for a GRU that computes other
            than the one in the file; nothing is changed then.
    """
    reader = older_forms.converted(reader, model, wanted)
    misshapen = [
        (path, _described(weight), str(shape))
        for path, weight in wanted.items()
        if (shape := reader.shape(path)) != weight.shape
    ]
    rows = sorted([*rows, *misshapen])
    if rows and not skip_mismatch:
        raise ValueError(errors.explain(f"{model} and the file do not fit each other.", *_table(rows), way_out))
    left_out = {path for path, _, _ in rows}
    fitting = {path: weight for path, weight in wanted.items() if path not in left_out}
    if rows and not fitting:
        raise ValueError(errors.explain(f"Nothing in the file fits {model}.", *_table(rows), way_out))
    _put(reader, fitting)
    if state is not None and not rows:
        slots, rates, weights = state
        model.compiled.slots.start_from(slots, weights)
        for optimizer, rate in rates.items():
            optimizer.learning_rate = rate
    if rows:
        warnings.warn("\n".join([f"{model} leaves out what does not fit:", *_table(rows)]), UserWarning, stacklevel=4)


def _put(reader: arrays.Arrays, weights: Mapping[str, Weight]) -> None:
    """Gives weights the arrays at these paths: all of them, or none where one cannot be read."""

    def array(path: str, weight: Weight) -> jax.Array:
        # Not jnp.asarray, which has it in memory once more. And not before it is there is the next one read: else many
        # would be under way, each of them in memory twice.
        return jax.block_until_ready(jax.device_put(reader.read(path)).astype(weight.dtype))

    replaced = sum(
        weight.size * jnp.dtype(weight.dtype).itemsize for weight in weights.values() if weight.is_materialised
    )
    if replaced <= _MOST_AT_ONCE:
        for weight, value in [(weight, array(path, weight)) for path, weight in weights.items()]:
            weight.put(value)
        return
    # New and old values side by side would take twice the memory. So that all can be read is found out by reading them,
    # and then they are read again, one at a time: from memory mostly, as the system has just seen them. What then still
    # leaves a model half old and half new is Ctrl-C, or a disk that fails between the two times.
    for path in weights:
        reader.read(path)
    for path, weight in weights.items():
        weight.put(array(path, weight))


def _described(weight: Weight) -> str:
    return f"{weight.path} {weight.shape}"


def _table(rows: list[Row]) -> list[str]:
    shown = [("in the file", "the model has", "the file has"), *rows[:_MOST_ROWS]]
    widths = [max(len(row[column]) for row in shown) for column in range(3)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in shown]
    return [*lines, *([f"… and {len(rows) - _MOST_ROWS} more."] if len(rows) > _MOST_ROWS else [])]


def state_of(model: Any, found: Sequence[Any], is_by_slot: bool = False) -> Any:
    """Returns slots, learning rates and trained weights; None, with a warning, where they are for another model.

    Args: found: arrays, or what stands for them and has a shape.
          is_by_slot: whether they are listed slot by slot, as before Keras 2.11.
    """
    weights = _trained(model)
    try:
        matched = optimizer_state.matched(model.optimizer, found, weights, is_by_slot)
    except ValueError as error:
        warnings.warn(
            f"The optimizer of {model} starts anew, as the file's state is not for it: {error}",
            UserWarning,
            stacklevel=5,
        )
        return None
    return *optimizer_state.slots(matched), weights


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
