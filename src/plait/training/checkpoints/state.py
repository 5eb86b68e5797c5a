"""What a checkpoint holds of a run: everything that the next step, or the next line of the history, depends on."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import numpy as np

from plait.core import errors
from plait.graph import walks
from plait.training.checkpoints.folder import Found

_MOST_ROWS = 10
# Of the arrays in a checkpoint, these are the weights, under their paths.
_WEIGHTS = "weights"


class Position(NamedTuple):
    """How far a run is: in the epoch under way, that many steps of it, and what they logged; None before the first."""

    epoch: int
    done: int
    logs: Any


def taken(model: Any, run: Any, position: Position, callbacks: Any, seed: int) -> tuple[dict[str, np.ndarray], Any]:
    """Returns the arrays, copied to the host, and the facts of a run between two dispatches."""
    program, places = run.program, _places(model)
    groups = {
        _WEIGHTS: {places[path]: weight.peek() for path, weight in walks.weight_paths(model).items()},
        "slots": _named(program.state(), places),
        "logs": _named(position.logs),
    }
    arrays = {f"{group}/{name}": np.array(array) for group, named in groups.items() for name, array in named.items()}
    facts: dict[str, Any] = {
        "epoch": position.epoch,
        "done": position.done,
        "has_logs": position.logs is not None,
        "seed": seed,
        "has_stopped": bool(model.stop_training),
        "data": run.feed.state(),
        "learning_rates": [
            None if optimizer.has_schedule else float(optimizer.current_learning_rate(0))
            for optimizer in program.optimizers
        ],
        "callbacks": [],
    }
    for number, callback in enumerate(callbacks.callbacks):
        # Copies: they are written while the callback goes on.
        kept = {name: copy.deepcopy(getattr(callback, name)) for name in callback.kept}
        lists = {name: value for name, value in kept.items() if _holds_arrays(value)}
        for name, value in lists.items():
            arrays |= {f"callbacks/{number}/{name}/{place}": np.array(one) for place, one in enumerate(value)}
        plain = {name: value for name, value in kept.items() if name not in lists}
        counts = {name: len(value) for name, value in lists.items()}
        facts["callbacks"].append({"class": type(callback).__name__, "plain": plain, "arrays": counts})
    return arrays, facts


def put_back(model: Any, run: Any, callbacks: Any, found: Found, held_out: Any = None) -> Position:
    """Gives model, run and callbacks what a checkpoint holds, and returns how far the run was.

    Args:   held_out: what gives the batches of the validation data, if there are some.
    Errors: ValueError for a checkpoint of another model, other data or other callbacks; nothing is changed then.
    """
    arrays, facts, program = found.arrays, found.facts, run.program
    places = _places(model)
    weights = {places[path]: weight for path, weight in walks.weight_paths(model).items()}
    _check_fits(model, weights, _group(arrays, _WEIGHTS))
    run.feed.check_state(facts["data"])
    held_out_then = facts["validation"] if held_out is not None else None
    if held_out_then is not None:
        held_out.check_state(held_out_then)
    kinds = [type(callback).__name__ for callback in callbacks.callbacks]
    if kinds != [one["class"] for one in facts["callbacks"]]:
        there = ", ".join(one["class"] for one in facts["callbacks"])
        raise ValueError(
            errors.explain(
                f"The checkpoint was made with other callbacks: {there}; now there are {', '.join(kinds)}.",
                "Give the same ones, or another folder.",
            )
        )
    blank = program.prepared(*run.feed.sample())
    slots = _arranged(program.state(), _group(arrays, "slots"), "slots of the optimizer", places)
    logs = _arranged(blank, _group(arrays, "logs"), "logs") if facts["has_logs"] else None
    for path, weight in weights.items():
        weight.assign(arrays[f"{_WEIGHTS}/{path}"])
    program.start_from(slots)
    put_rates_back(run, facts["learning_rates"])
    model.stop_training = facts["has_stopped"]
    run.feed.put_back(facts["data"])
    if held_out_then is not None:
        held_out.put_back(held_out_then)
    for number, (callback, kept) in enumerate(zip(callbacks.callbacks, facts["callbacks"], strict=True)):
        for name, value in kept["plain"].items():
            setattr(callback, name, value)
        for name, count in kept["arrays"].items():
            setattr(callback, name, [arrays[f"callbacks/{number}/{name}/{place}"] for place in range(count)])
    return Position(facts["epoch"], facts["done"], jax.device_put(logs))


def put_rates_back(run: Any, rates: list[float | None]) -> None:
    """Gives the optimizers of a run these learning rates; None for one that has a schedule."""
    for optimizer, rate in zip(run.program.optimizers, rates, strict=True):
        if rate is not None:
            optimizer.learning_rate = rate


def _holds_arrays(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, np.ndarray) for one in value)


def _places(model: Any) -> dict[str, str]:
    """Returns for the path of each weight its place, which does not depend on what else the process has built."""
    weights = walks.weight_paths(model)
    places = [weight.path for weight in weights.values()]
    return dict(zip(weights, places if len(set(places)) == len(places) else weights, strict=True))


def _named(tree: Any, places: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Returns the arrays in a tree by where they are in it; the paths of weights among its keys become places."""
    named = {}
    for parts, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]:
        keys = [str(getattr(part, "key", getattr(part, "name", getattr(part, "idx", part)))) for part in parts]
        named["/".join((places or {}).get(key, key) for key in keys)] = leaf
    return named


def _arranged(like: Any, arrays: Mapping[str, np.ndarray], what: str, places: Mapping[str, str] | None = None) -> Any:
    """Returns the arrays in the structure of others, which they are in the place of."""
    wanted = _named(like, places)
    fit = [
        name in arrays and arrays[name].shape == np.shape(leaf) and arrays[name].dtype == leaf.dtype
        for name, leaf in wanted.items()
    ]
    if len(arrays) != len(wanted) or not all(fit):
        raise ValueError(
            errors.explain(
                f"The checkpoint does not hold the {what} that the model is compiled with.",
                "Compile it as it was compiled, or give another folder.",
            )
        )
    return jax.tree.unflatten(jax.tree.structure(like), [arrays[name] for name in wanted])


def _group(arrays: Mapping[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    return {path.removeprefix(f"{name}/"): array for path, array in arrays.items() if path.startswith(f"{name}/")}


def _check_fits(model: Any, weights: Mapping[str, Any], held: Mapping[str, np.ndarray]) -> None:
    mine = {path: f"{weight.shape} {weight.dtype}" for path, weight in weights.items()}
    theirs = {path: f"{array.shape} {array.dtype}" for path, array in held.items()}
    rows = [
        f"{path}: the model has {mine.get(path, 'nothing')}, the checkpoint {theirs.get(path, 'nothing')}"
        for path in {**mine, **theirs}
        if mine.get(path) != theirs.get(path)
    ]
    if rows:
        more = [f"… and {len(rows) - _MOST_ROWS} more."] if len(rows) > _MOST_ROWS else []
        raise ValueError(
            errors.explain(
                f"The checkpoint is of another model than {model}.", *rows[:_MOST_ROWS], *more, "Give another folder."
            )
        )
