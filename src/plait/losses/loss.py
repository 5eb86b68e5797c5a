"""What a loss is: one number per sample, which `reduction.py` makes one number of."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import arguments, errors, names, nest, policy, registry
from plait.losses import bounds
from plait.losses.reduction import REDUCTIONS, Reduction, reduce, where_all

TargetKind = Literal["like_outputs", "class_ids", "one_hot", "unknown", "any"]


class Loss(arguments.Checked, registry.Described):
    """Measures how wrong predictions are; subclass it and define `call`.

    Args:   name: shown in reports; by default the name of the class in snake_case.
            reduction: "sum_over_batch_size" (also "mean"), "sum", "mean_with_sample_weight", "none" or None.
            dtype: what it is computed in; by default `plait.config.floatx()`, also under mixed precision.
    Errors: ValueError for an unknown reduction.
    """

    keras_module = "keras.losses"

    #: What the targets are: of the shape of the outputs, ids of classes, one-hot (or soft) classes, what a function
    #: takes (they are not to be broadcast then), or what one likes.
    target_kind: ClassVar[TargetKind] = "any"

    def __init__(
        self, name: str | None = None, reduction: Reduction = "sum_over_batch_size", dtype: Any = None
    ) -> None:
        if reduction not in REDUCTIONS:
            raise errors.unknown("reduction", reduction, map(str, REDUCTIONS))
        self.name = name or names.snake_case(type(self).__name__)
        self.reduction = reduction
        self.dtype = policy.get(dtype).compute_dtype if dtype else policy.floatx()

    @property
    def mixes_batch(self) -> bool:
        """Whether the loss of one row depends on other rows, so that none may be there only to fill up the batch."""
        return False

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns one loss per sample (or per time step, pixel …)."""
        raise NotImplementedError(f"{type(self).__name__} must define call(self, y_true, y_pred).")

    def counted(self, y_true: Any, y_pred: Any) -> Any:
        """Returns a mask over the values of `call`: False where the target is none; None if all are."""
        return None

    def __call__(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None, rows: Any = None
    ) -> jax.Array:
        """Returns the loss of a batch, reduced; see `reduce` for the arguments."""
        if rows is not None and self.mixes_batch:
            raise ValueError(
                errors.explain(
                    f'The loss "{self.name}" compares the rows of a batch, so rows that only fill it up are in it.',
                    "Train on batches that need no filling up.",
                )
            )
        y_pred = nest.walk(self._cast, y_pred)
        y_true = nest.walk(jnp.asarray if self.target_kind == "class_ids" else self._cast, y_true)
        values = self.call(y_true, y_pred)
        if values is None:
            raise TypeError(
                errors.explain(
                    f'The loss "{self.name}" returned None; it needs to return one number per sample, or one for all.'
                )
            )
        values = jnp.asarray(values).astype(self.dtype)
        counted = self.counted(y_true, y_pred)
        if counted is not None:
            mask = where_all(values.shape, mask, counted)
        return reduce(values, sample_weight, mask, self.reduction, rows)

    def _cast(self, array: Any) -> jax.Array:
        return jnp.asarray(array).astype(self.dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns the name and the reduction; a subclass adds its own arguments."""
        return {"name": self.name, "reduction": self.reduction}


class FormulaLoss(Loss):
    """Makes a loss of a function of arrays: a dataclass whose further fields are its arguments."""

    target_kind: ClassVar[TargetKind] = "like_outputs"
    function: ClassVar[Callable[..., Any]]

    #: The arguments that may not be just any value.
    limits: ClassVar[Mapping[str, bounds.Bounds]] = {}

    name: str
    reduction: Reduction
    dtype: Any

    def __post_init__(self) -> None:
        bounds.check(self, self.limits)
        super().__init__(self.name, self.reduction, self.dtype)

    @property
    def mixes_batch(self) -> bool:
        """Whether the axis that the function goes along is that of the batch."""
        axis = getattr(self, "axis", -1)
        return axis is None or 0 in np.ravel(axis)

    def __call__(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None, rows: Any = None
    ) -> jax.Array:
        """Returns the loss of a batch, reduced; see `reduce` for the arguments."""
        given = [one for one in (sample_weight, mask, rows) if one is not None]
        if np.ndim(y_pred) == 1 and any(np.ndim(one) for one in given):
            # The only axis is then known to be the batch, and not that of the outputs.
            y_true, y_pred = (jnp.asarray(y).reshape(-1, 1) for y in (y_true, y_pred))
        return super().__call__(y_true, y_pred, sample_weight, mask, rows)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns the function's value, one number per sample."""
        return type(self).function(y_true, y_pred, **self._arguments())

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that make this loss again."""
        return {**super().get_config(), **self._arguments()}

    def _arguments(self) -> dict[str, Any]:
        fields: Any = dataclasses.fields(self)  # type: ignore[arg-type]
        return {f.name: getattr(self, f.name) for f in fields if f.name not in ("name", "reduction", "dtype")}


@registry.register
class FunctionLoss(Loss):
    """Makes a loss of any function of (y_true, y_pred) that returns one number per sample, or one for all.

    Args: fn: what computes the values; further arguments by name are handed to it.
    """

    target_kind: ClassVar[TargetKind] = "unknown"

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: Reduction = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **arguments: Any,
    ) -> None:
        super().__init__(name or getattr(fn, "__name__", None), reduction, dtype)
        self.fn = fn
        self.arguments = arguments

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns what the function returns."""
        return self.fn(y_true, y_pred, **self.arguments)

    def get_config(self) -> dict[str, Any]:
        """Returns the function's registered name and its arguments."""
        return {
            **super().get_config(),
            "fn": registry.serialize(self.fn),
            **registry.serialize(self.arguments),
        }
