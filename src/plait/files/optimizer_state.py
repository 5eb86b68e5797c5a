"""The slots of an optimizer in the order in which Keras lists an optimizer's variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors
from plait.optimizers.several import Several, SeveralSlots

# The slots in Keras's order: those of one row for one weight after the other, row by row. No optimizer has all.
_ROWS = [
    ["average"],
    ["accumulated"],
    ["momentum", "velocity"],
    ["velocity_hat"],
    ["square"],
    ["move"],
    ["mean"],
    ["accumulator", "linear"],
    ["sum_of_squares"],
    ["e_g", "e_x"],
    ["mu"],
    ["row", "column", "estimate"],
    ["rule"],
]
# One for all weights, at the end.
_COMMON = ["u_product"]

# The name of a slot, and the path of the weight it is for.
Key = tuple[str, str | None]
_STEPS: Key = ("steps", None)
_RATE: Key = ("learning_rate", None)


def arrays(optimizer: Any, slots: Any, paths: Sequence[str]) -> list[np.ndarray]:
    """Returns the slots as Keras lists them: steps, learning rate unless it is a schedule's, slots by weight.

    For an optimizer made of several these are two numbers of its own, of which the second says nothing, and theirs.

    Args:   paths: of the weights that are trained, in the model's order.
    Errors: ValueError for an optimizer that keeps what Keras has no place for.
    """
    if isinstance(optimizer, Several):
        parts = zip(optimizer.parted(dict.fromkeys(paths)), slots.parts, strict=True)
        listed = [array for (one, own), part in parts for array in arrays(one, part, own)]
        return [np.asarray(slots.steps), np.asarray(0, np.float32), *listed]
    rate = 0.0 if callable(optimizer.learning_rate) else optimizer.learning_rate
    leaves = dict(zip(_keys(slots), jax.tree.leaves(slots), strict=True)) | {_RATE: rate}
    return [np.asarray(leaves[key], np.float32 if key == _RATE else None)
            for key in _order(optimizer, leaves, paths)]  # fmt: skip


@dataclass(frozen=True)
class Matched:
    """Arrays of a file, by what they are to an optimizer; for one that is made of several, what they are to each."""

    optimizer: Any
    template: Any
    given: Mapping[Key, Any]
    parts: tuple[Matched, ...] = ()


def matched(optimizer: Any, found: Sequence[Any], weights: Mapping[str, Any], is_by_slot: bool = False) -> Matched:
    """Returns these arrays by the names of slots and the paths of weights.

    Args:   found: as a file lists them; only their shapes are looked at.
            weights: those that are trained, by path, in the model's order.
            is_by_slot: whether they are listed slot by slot, as before Keras 2.11.
    Errors: ValueError if there are more arrays or fewer, or of other shapes.
    """
    made, left = _first(optimizer, list(found), weights, is_by_slot, is_all=True)
    if left:
        kept = len(found) - len(left)
        raise ValueError(errors.explain(f"{type(optimizer).__name__} keeps {kept} arrays, got {len(found)}."))
    return made


def _first(
    optimizer: Any, found: list[Any], weights: Mapping[str, Any], is_by_slot: bool, is_all: bool
) -> tuple[Matched, list[Any]]:
    """Returns what the first of these arrays are, and the arrays that are left; none are to be if these are all."""
    specs = {path: jax.ShapeDtypeStruct(weight.shape, weight.dtype) for path, weight in weights.items()}
    if isinstance(optimizer, Several):
        left, parts = found[2:], []
        for one, own in optimizer.parted(specs):
            part, left = _first(one, left, {path: weights[path] for path in own}, is_by_slot, is_all=False)
            parts.append(part)
        return Matched(optimizer, None, dict(zip([_STEPS], found, strict=False)), tuple(parts)), left
    template = jax.eval_shape(optimizer.init, specs)
    known = dict(zip(_keys(template), jax.tree.leaves(template), strict=True))
    wanted = known | {_RATE: jax.ShapeDtypeStruct((), np.float32)}
    order = _order(optimizer, wanted, list(weights), is_by_slot)
    # Before Keras 3 the rate was in the config alone.
    if is_by_slot or (is_all and len(found) == len(order) - 1):
        order = [key for key in order if key != _RATE]
    if is_by_slot:
        # Where there is nothing to keep, Keras 2.2 lists an array of one zero.
        found = [*found[: len(order)], *(one for one in found[len(order) :] if one.shape != (1,))]
        # Some optimizers of that time do not say how many steps they took.
        order = order[1:] if len(found) == len(order) - 1 else order
    if len(order) > len(found):
        raise ValueError(errors.explain(f"{type(optimizer).__name__} keeps {len(order)} arrays, got {len(found)}."))
    given = dict(zip(order, found, strict=False))
    for key, array in given.items():
        if array.shape != wanted[key].shape:
            name = "/".join(filter(None, key))
            raise ValueError(
                errors.explain(
                    f'{type(optimizer).__name__} keeps "{name}" of shape {wanted[key].shape}, got {array.shape}.'
                )
            )
    return Matched(optimizer, template, given), found[len(order) :]


def slots(of: Matched) -> tuple[Any, dict[Any, float]]:
    """Returns the slots of these arrays, read one by one, and the learning rates that are among them, by optimizer."""
    # A rule of optax's may count the steps once more.
    steps = of.given.get(_STEPS, np.zeros((), np.int32))
    if of.parts:
        made = [slots(part) for part in of.parts]
        rates = {optimizer: rate for _, known in made for optimizer, rate in known.items()}
        return SeveralSlots(jnp.asarray(np.asarray(steps), np.int32), tuple(part for part, _ in made)), rates
    filled = [
        jnp.asarray(np.asarray(of.given.get(key, steps)).astype(leaf.dtype, copy=False))
        for key, leaf in zip(_keys(of.template), jax.tree.leaves(of.template), strict=True)
    ]
    rates = {of.optimizer: float(np.asarray(of.given[_RATE]))} if _RATE in of.given else {}
    return jax.tree.unflatten(jax.tree.structure(of.template), filled), rates


def _keys(slots: Any) -> list[Key]:
    """Returns for each leaf the name of its slot, and the path of the weight it is for."""
    found = []
    for path, _ in jax.tree_util.tree_flatten_with_path(slots)[0]:
        names = [part.name for part in path if isinstance(part, jax.tree_util.GetAttrKey)]
        weights = [part.key for part in path if isinstance(part, jax.tree_util.DictKey)]
        found.append((names[-1], weights[-1] if weights else None))
    return found


def _order(optimizer: Any, known: Mapping[Key, Any], paths: Sequence[str], is_by_slot: bool = False) -> list[Key]:
    # Keras keeps a rate that is a number, and none that a function gives.
    head: list[Key] = [_STEPS, *([] if callable(optimizer.learning_rate) else [_RATE])]
    listed = [[name] for row in _ROWS for name in row] if is_by_slot else _ROWS
    rows = [(name, path) for row in listed for path in paths for name in row]
    order = [*head, *(key for key in [*rows, *((name, None) for name in _COMMON)] if key in known)]
    left_over = known.keys() - set(order) - {(name, None) for name in ("count", _RATE[0])}
    if left_over or _STEPS not in known:
        kept = ", ".join(sorted({f'"{name}"' for name, _ in left_over})) or "no steps"
        raise ValueError(
            errors.explain(f"{type(optimizer).__name__} keeps {kept}, for which a file of Keras's has no place.")
        )
    return order
