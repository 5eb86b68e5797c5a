"""Where a graph begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from plait.core import errors, names, policy, registry
from plait.core.context import Context
from plait.core.weight import Weight
from plait.graph.before import TEXT
from plait.graph.layer import Layer
from plait.graph.node import Node
from plait.graph.shapes import Shape, Spec
from plait.graph.tensor import SymbolicTensor


@registry.register
class InputLayer(Layer):
    """Stands for data that will be given. Made by `Input`, or first in a Sequential model.

    Args: shape, batch_size, dtype, batch_shape, name: as for `Input`.
          input_tensor: the symbolic tensor of another graph that this input takes the place of.
    """

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        batch_shape: Any = None,
        name: str | None = None,
        **legacy: Any,
    ) -> None:
        shape = legacy.pop("input_shape", shape)
        batch_shape = legacy.pop("batch_input_shape", batch_shape)
        for unused in ("sparse", "ragged", "optional"):
            if legacy.pop(unused, None):
                raise ValueError(f"Input does not take {unused} data; give dense arrays.")
        if legacy:
            raise TypeError(f"Input got an unexpected argument {next(iter(legacy))!r}.")
        self.batch_shape = _batch_shape(shape, batch_size, batch_shape)
        named = name is not None
        super().__init__(name=name or names.automatic("input"), dtype="float32")
        self._is_named = named
        self.input_dtype = _dtype_name(dtype or policy.floatx())
        self.built = True
        self._begin(errors.call_site())

    def _begin(self, site: errors.CallSite | None) -> None:
        # The node is held here, as no other layer's call holds it.
        self._entry = Node(self, [], {}, Spec(self.batch_shape, self.input_dtype), [False], site)

    def __getstate__(self) -> dict[str, Any]:
        """Returns all attributes, and of its node the line that made it."""
        return {**super().__getstate__(), "_entry": self._entry.site}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._begin(state["_entry"])

    @classmethod
    def at(cls, tensor: SymbolicTensor, name: str | None = None) -> InputLayer:
        """Returns the layer that lets data in at a tensor: its own, or a new one where that is made by another."""
        made_by = tensor.node.layer
        if isinstance(made_by, cls):
            return made_by
        return cls(batch_shape=tensor.shape, dtype=tensor.dtype, name=name or f"{made_by.name}_input")

    @property
    def tensor(self) -> SymbolicTensor:
        """The tensor that stands for the data."""
        return self._entry.tensor(0)

    def _tensors_at(self, index: int | None, what: str) -> Any:
        return self.batch_shape if what.endswith("shape") else self.tensor

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context, **_: Any) -> Any:
        """Returns the data as it is."""
        return inputs

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, in Keras's grammar."""
        return {
            "batch_shape": list(self.batch_shape),
            "dtype": self.input_dtype,
            "sparse": False,
            "ragged": False,
            "name": self.name,
        }


def Input(  # noqa: N802 - Keras's name
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    batch_shape: Any = None,
    name: str | None = None,
    **legacy: Any,
) -> SymbolicTensor:
    """Returns the symbolic tensor that a graph starts from.

    Args:   shape: of one example, without the batch axis; None for a size that varies.
            batch_size: the size of the batch axis, if it is fixed.
            dtype: what data given to it are converted to; float32 if not given, "string" for text.
            batch_shape: the shape with the batch axis, in place of `shape` and `batch_size`.
            name: what data are addressed by in a dict; `input_1`, `input_2`, … if not given.
    Errors: ValueError if there is no shape, or a size is not positive.
    """
    return InputLayer(shape, batch_size, dtype, batch_shape, name, **legacy).tensor


def _dtype_name(dtype: Any) -> str:
    if dtype is str or (isinstance(dtype, str) and dtype == TEXT):
        return TEXT
    try:
        return jnp.dtype(dtype).name
    except TypeError:
        known = ["float32", "float16", "bfloat16", "int32", "uint8", "bool", TEXT]
        raise errors.unknown("dtype of an Input", dtype, known) from None


def _batch_shape(shape: Any, batch_size: int | None, batch_shape: Any) -> Shape:
    if (shape is None) == (batch_shape is None):
        got = "both" if shape is not None else "neither"
        raise ValueError(
            errors.explain(
                f"Input needs either shape or batch_shape, got {got}.", "For example: Input(shape=(28, 28, 1))."
            )
        )
    if batch_shape is None:
        if isinstance(shape, int | np.integer):
            raise ValueError(
                errors.explain(f"Input needs a tuple as its shape, got {shape}.", f"Write Input(shape=({shape},)).")
            )  # fmt: skip
        batch_shape = (batch_size, *shape)
    return tuple(_size(size, batch_shape) for size in batch_shape)


def _size(size: Any, batch_shape: Any) -> int | None:
    """Returns the size of an axis, which may come as an integer of NumPy's."""
    if size is None:
        return None
    is_integer = isinstance(size, int | np.integer) and not isinstance(size, bool)
    if not is_integer or size < 0:
        raise ValueError(
            errors.explain(f"Input needs sizes that are whole numbers or None, got {size!r} in {tuple(batch_shape)}.")
        )
    return int(size)
