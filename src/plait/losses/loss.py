"""What a loss is: one number per sample, and how these become one number."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar, Literal

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import arguments, errors, names, nest, policy, registry
from plait.losses import arrays

Reduction = Literal["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none"] | None
TargetKind = Literal["like_outputs", "class_ids", "one_hot", "unknown", "any"]

_REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)


def reduce(
    values: Any,
    sample_weight: Any = None,
    mask: Any = None,
    reduction: Reduction = "sum_over_batch_size",
    rows: Any = None,
) -> jax.Array:
    """Returns the losses of a batch as one number; with the reduction "none", weighted and as they are.

    A mean divides by the number of values that the mask and `rows` leave in, whatever they weigh: a sample of
    weight 0 still counts as one. "mean_with_sample_weight" divides by the sum of the weights instead.

    Shapes: values (batch, ...); sample_weight and mask (batch,) or (batch, ...); rows (batch,) -> ()
    Args:   mask: False where there is nothing to learn from, e.g. a padded time step.
            rows: False for rows that only fill up the batch: the result is that of the batch without them.
    Errors: ValueError if a shape does not fit, or if a loss that is one number already is to leave out rows.
    """
    values = arrays.floating(values)
    if values.ndim == 0:
        if rows is not None:
            raise ValueError(
                errors.explain(
                    "This loss is one number for the whole batch, so rows that only fill it up are in it.",
                    "Return one number per sample, or train on batches that need no filling up.",
                )
            )
        given = [np.shape(one) for one in (sample_weight, mask) if one is not None]
        values = jnp.broadcast_to(values, np.broadcast_shapes(*given))
    counted = _all(values.shape, mask, rows)
    if sample_weight is not None:
        sample_weight = arrays.spread("sample weight", sample_weight, values.shape, values.dtype)
        values = values * sample_weight
    if counted is not None:
        values = jnp.where(counted, values, 0)  # not a product: what is left out may be infinite or NaN
    if reduction in ("none", None):
        return values
    total = jnp.sum(values)
    if reduction == "sum":
        return total
    if reduction == "mean_with_sample_weight" and sample_weight is not None:
        divisor = jnp.sum(sample_weight if counted is None else jnp.where(counted, sample_weight, 0))
    else:
        divisor = jnp.asarray(values.size if counted is None else jnp.sum(counted)).astype(values.dtype)
    return arrays.quotient(total, divisor)


def _all(shape: tuple[int, ...], *masks: Any) -> jax.Array | None:
    """Returns where every mask that is not None holds, or None if none is given."""
    every = None
    for mask in masks:
        if mask is not None:
            holds = arrays.spread("mask", mask, shape, bool)
            every = holds if every is None else every & holds
    return every


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
        if reduction not in _REDUCTIONS:
            raise errors.unknown("reduction", reduction, map(str, _REDUCTIONS))
        self.name = name or names.snake_case(type(self).__name__)
        self.reduction = reduction
        self.dtype = policy.get(dtype).compute_dtype if dtype else policy.floatx()

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
            mask = _all(values.shape, mask, counted)
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

    name: str
    reduction: Reduction
    dtype: Any

    def __post_init__(self) -> None:
        super().__init__(self.name, self.reduction, self.dtype)

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
