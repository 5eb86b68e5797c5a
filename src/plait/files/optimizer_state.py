"""The slots of an optimizer in the order in which Keras lists an optimizer's variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np

from plait.core import errors

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
    ["rule"],
]
# One for all weights, at the end.
_COMMON = ["u_product"]
_LEARNING_RATE = "learning_rate"

Key = tuple[str, str | None]


def arrays(optimizer: Any, slots: Any, paths: Sequence[str]) -> list[np.ndarray]:
    """Returns the slots as Keras lists them: steps, learning rate unless it is a schedule's, slots by weight.

    Args:   paths: of the weights that are trained, in the model's order.
    Errors: ValueError for an optimizer that keeps what Keras has no place for.
    """
    rate = 0.0 if callable(optimizer.learning_rate) else optimizer.learning_rate
    leaves = dict(zip(_keys(slots), jax.tree.leaves(slots), strict=True)) | {(_LEARNING_RATE, None): rate}
    return [np.asarray(leaves[key], np.float32 if key[0] == _LEARNING_RATE else None)
            for key in _order(optimizer, leaves, paths)]  # fmt: skip


def slots(optimizer: Any, found: Sequence[np.ndarray], weights: Mapping[str, Any]) -> tuple[Any, float | None]:
    """Returns the slots that these arrays were listed from, and the learning rate if it was among them.

    Args:   weights: those that are trained, by path, in the model's order.
    Errors: ValueError if there are more arrays or fewer, or of other shapes.
    """
    specs = {path: jax.ShapeDtypeStruct(weight.shape, weight.dtype) for path, weight in weights.items()}
    template = jax.eval_shape(optimizer.init, specs)
    keys, leaves = _keys(template), jax.tree.leaves(template)
    wanted = dict(zip(keys, leaves, strict=True)) | {(_LEARNING_RATE, None): jax.ShapeDtypeStruct((), np.float32)}
    order = _order(optimizer, wanted, list(weights))
    if len(order) != len(found):
        raise ValueError(errors.explain(f"{type(optimizer).__name__} keeps {len(order)} arrays, got {len(found)}."))
    for key, array in zip(order, found, strict=True):
        if array.shape != wanted[key].shape:
            name = "/".join(filter(None, key))
            raise ValueError(
                errors.explain(
                    f'{type(optimizer).__name__} keeps "{name}" of shape {wanted[key].shape}, got {array.shape}.'
                )
            )
    given = dict(zip(order, found, strict=True))
    steps = given["steps", None]
    # A rule of optax's may count the steps once more.
    filled = [np.asarray(given.get(key, steps), leaf.dtype) for key, leaf in zip(keys, leaves, strict=True)]
    rate = given.get((_LEARNING_RATE, None))
    return jax.tree.unflatten(jax.tree.structure(template), filled), None if rate is None else float(rate)


def _keys(slots: Any) -> list[Key]:
    """Returns for each leaf the name of its slot, and the path of the weight it is for."""
    found = []
    for path, _ in jax.tree_util.tree_flatten_with_path(slots)[0]:
        names = [part.name for part in path if isinstance(part, jax.tree_util.GetAttrKey)]
        weights = [part.key for part in path if isinstance(part, jax.tree_util.DictKey)]
        found.append((names[-1], weights[-1] if weights else None))
    return found


def _order(optimizer: Any, known: Mapping[Key, Any], paths: Sequence[str]) -> list[Key]:
    # Keras keeps a rate that is a number, and none that a function gives.
    head: list[Key] = [("steps", None), *([] if callable(optimizer.learning_rate) else [(_LEARNING_RATE, None)])]
    rows = [(name, path) for row in _ROWS for path in paths for name in row]
    order = [*head, *(key for key in [*rows, *((name, None) for name in _COMMON)] if key in known)]
    left_over = known.keys() - set(order) - {(name, None) for name in ("count", _LEARNING_RATE)}
    if left_over or ("steps", None) not in known:
        kept = ", ".join(sorted({f'"{name}"' for name, _ in left_over})) or "no steps"
        raise ValueError(
            errors.explain(f"{type(optimizer).__name__} keeps {kept}, for which a file of Keras's has no place.")
        )
    return order
