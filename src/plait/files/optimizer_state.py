"""The slots of an optimizer in the order in which Keras lists an optimizer's variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors
from plait.optimizers.loss_scale import LossScaleOptimizer, ScaledSlots
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
_GOOD_STEPS: Key = ("good_steps", None)
_SCALE: Key = ("scale", None)
# What stands before those of the optimizer inside one that scales the loss: its own steps and rate stay 0 in Keras.
_OF_SCALE: list[Key] = [_STEPS, _RATE, _GOOD_STEPS, _SCALE]


def arrays(optimizer: Any, slots: Any, paths: Sequence[str]) -> list[np.ndarray]:
    """Returns the slots as Keras lists them: steps, learning rate unless it is a schedule's, slots by weight.

    For an optimizer made of several these are two numbers of its own, of which the second says nothing, and theirs; for
    one that scales the loss four, of which the first two say nothing, and those of the optimizer inside.

    Args:   paths: of the weights that are trained, in the model's order.
    Errors: ValueError for an optimizer that keeps what Keras has no place for.
    """
    if isinstance(optimizer, LossScaleOptimizer):
        own = [np.int32(0), np.float32(0), slots.good_steps, slots.scale]
        return [*map(np.asarray, own), *arrays(optimizer.inner_optimizer, slots.inner, paths)]
    if isinstance(optimizer, Several):
        parts = zip(optimizer.parted(dict.fromkeys(paths)), slots.parts, strict=True)
        listed = [array for (one, own), part in parts for array in arrays(one, part, own)]
        return [np.asarray(slots.steps), np.asarray(0, np.float32), *listed]
    rate = 0.0 if callable(optimizer.learning_rate) else optimizer.learning_rate
    leaves = dict(zip(_keys(slots), jax.tree.leaves(slots), strict=True)) | {_RATE: rate}
    return [np.asarray(leaves[key], np.float32 if key == _RATE else None)
            for key in _order(optimizer, leaves, paths)]  # fmt: skip


def inside(optimizer: Any, listed: Sequence[Any]) -> Sequence[Any]:
    """Returns which of these arrays are those of the optimizer inside one that scales the loss; none for any other."""
    return listed[len(_OF_SCALE) :] if isinstance(optimizer, LossScaleOptimizer) else []


def is_of_scale(count: int, inside: int) -> bool:
    """Whether so many arrays, and so many of an optimizer inside, are those of one that scales the loss."""
    return inside > 0 and count == len(_OF_SCALE) + inside


@dataclass(frozen=True)
class Matched:
    """Arrays of a file, by what they are to an optimizer; for one around others, what they are to each of these."""

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
    own, around = _around(optimizer, specs)
    if own:
        given = dict(zip(own, found, strict=False))
        _check_shapes(optimizer, given, dict.fromkeys(own, ()))
        left, parts = found[len(own) :], []
        for one, paths in around:
            part, left = _first(one, left, {path: weights[path] for path in paths}, is_by_slot, is_all=False)
            parts.append(part)
        return Matched(optimizer, None, given, tuple(parts)), left
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
    _check_shapes(optimizer, given, {key: leaf.shape for key, leaf in wanted.items()})
    return Matched(optimizer, template, given), found[len(order) :]


def _around(optimizer: Any, specs: Mapping[str, Any]) -> tuple[list[Key], list[tuple[Any, list[str]]]]:
    """Returns what an optimizer around others lists before these, and each of them with the paths of its weights."""
    if isinstance(optimizer, LossScaleOptimizer):
        return _OF_SCALE, [(optimizer.inner_optimizer, list(specs))]
    return ([_STEPS, _RATE], optimizer.parted(specs)) if isinstance(optimizer, Several) else ([], [])


def _check_shapes(optimizer: Any, given: Mapping[Key, Any], wanted: Mapping[Key, tuple[int, ...]]) -> None:
    for key, array in given.items():
        if array.shape != wanted[key]:
            name = "/".join(filter(None, key))
            raise ValueError(
                errors.explain(f'{type(optimizer).__name__} keeps "{name}" of shape {wanted[key]}, got {array.shape}.')
            )


def slots(of: Matched) -> tuple[Any, dict[Any, float]]:
    """Returns the slots of these arrays, read one by one, and the learning rates that are among them, by optimizer."""
    # A rule of optax's may count the steps once more.
    steps = of.given.get(_STEPS, np.zeros((), np.int32))
    if isinstance(of.optimizer, LossScaleOptimizer | Several):
        made = [slots(part) for part in of.parts]
        rates = {optimizer: rate for _, known in made for optimizer, rate in known.items()}
        return _of_parts(of, tuple(part for part, _ in made)), rates
    filled = [
        jnp.asarray(np.asarray(of.given.get(key, steps)).astype(leaf.dtype, copy=False))
        for key, leaf in zip(_keys(of.template), jax.tree.leaves(of.template), strict=True)
    ]
    rates = {of.optimizer: float(np.asarray(of.given[_RATE]))} if _RATE in of.given else {}
    return jax.tree.unflatten(jax.tree.structure(of.template), filled), rates


def _of_parts(of: Matched, parts: tuple[Any, ...]) -> Any:
    def scalar(key: Key, dtype: Any) -> jax.Array:
        return jnp.asarray(np.asarray(of.given.get(key, 0)), dtype)

    if isinstance(of.optimizer, Several):
        return SeveralSlots(scalar(_STEPS, np.int32), parts)
    return ScaledSlots(parts[0], scalar(_SCALE, np.float32), scalar(_GOOD_STEPS, np.int32))


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
