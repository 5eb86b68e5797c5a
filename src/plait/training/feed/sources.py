"""What data are: arrays to be placed as a whole, or batches, and from where."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from plait.core import errors, nest
from plait.graph.tensor import SymbolicTensor
from plait.training.feed import frames
from plait.training.feed.batches import Source
from plait.training.feed.iterated import Iterated
from plait.training.feed.numbered import Items, Slices


def of(x: Any, y: Any, sample_weight: Any, batch_of: Callable[[int], int]) -> Source | None:
    """Returns the source of batches that data are, or are to be gone over by; None for arrays to be placed as a whole.

    Args:   batch_of: the size of a batch for so many samples.
    Errors: ValueError for targets or sample weights beside what gives batches.
    """
    if not gives_batches(x):
        return _sliced((x, y, sample_weight), batch_of)
    for name, beside in (("y", y), ("sample_weight", sample_weight)):
        if beside is not None:
            raise ValueError(
                errors.explain(
                    f"{name} must not be given beside x that gives batches, which is {errors.described(x)}.",
                    "Let each batch have it: (x, y) or (x, y, sample_weight).",
                )
            )
    if hasattr(x, "as_numpy_iterator"):
        known = int(x.cardinality())
        # TensorFlow's numbers: -1 for no end, -2 for not known.
        batches = {-1: sys.maxsize, -2: None}.get(known, known)
        return Iterated(x, lambda dataset: dataset.as_numpy_iterator(), batches)
    has_numbers = hasattr(x, "__getitem__") and (hasattr(x, "__len__") or hasattr(type(x), "num_batches"))
    if has_numbers and (not hasattr(x, "__iter__") or hasattr(type(x), "on_epoch_end")):
        return Items(x)
    return Iterated(x, batches=_length(x))


def gives_batches(x: Any) -> bool:
    """Whether data are not there as a whole, but come batch by batch."""
    is_array = any(hasattr(x, name) for name in ("__array__", "__array_interface__", "__dlpack__"))
    if is_array or isinstance(x, Sequence | Mapping | SymbolicTensor | type) or frames.is_frame(x):
        return False
    return any(hasattr(x, name) for name in ("__next__", "__iter__", "__getitem__"))


def apart(data: Any, others: Any) -> Any:
    """Returns data whose passes do not count as those of the others, with which they may be one object."""
    return data.anew() if data is others and hasattr(data, "anew") else data


def _sliced(whole: Any, batch_of: Callable[[int], int]) -> Slices | None:
    """Returns slices of arrays that are mapped from a file, or too large for the device."""
    leaves = [leaf for leaf in nest.flatten(whole) if leaf is not None]
    if not _is_large(leaves) or not all(getattr(leaf, "shape", ()) for leaf in leaves):
        return None
    examples = {leaf.shape[0] for leaf in leaves}
    if len(examples) != 1 or examples == {0}:
        return None  # the arrays are refused where all are
    return Slices(nest.walk(_held, whole), batch_of(examples.pop()))


def _held(leaf: Any) -> Any:
    is_held = leaf is None or isinstance(leaf, np.ndarray)
    return leaf if is_held else np.asarray(frames.as_numbers(leaf, "data beside a mapped file"))


def _is_large(leaves: list[Any]) -> bool:
    if any(isinstance(leaf, np.memmap) for leaf in leaves):
        return True
    room = _room()
    # float32, whatever they are now.
    return room is not None and sum(4 * leaf.size for leaf in leaves if isinstance(leaf, np.ndarray)) > room


def _room() -> int | None:
    """Returns how many bytes of data may lie on the device; None for any number.

    A quarter of it: the rest is for weights, slots and what a step computes.
    """
    stats = None if jax.default_backend() == "cpu" else jax.devices()[0].memory_stats()
    return stats["bytes_limit"] // 4 if stats and "bytes_limit" in stats else None


def _length(iterable: Any) -> int | None:
    try:
        return len(iterable)
    except (TypeError, NotImplementedError):  # a loader of PyTorch's has a length and may not know it
        return None
