"""Numbers brought to the mean 0 and the variance 1 of all the data."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import InitVar
from typing import Any

import jax.numpy as jnp
import numpy as np

from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import scaling
from plait.graph.shapes import InputSpec, Shape, Spec
from plait.layers.preprocessing import adapting
from plait.layers.preprocessing.data_layer import DataLayer


@registry.register
@dataclass(eq=False, repr=False)
class Normalization(DataLayer):
    """Shifts and scales numbers by a mean and a variance that are given, or found by `adapt(data)`.

    The arithmetic is float32 also under mixed precision.

    Shapes:  any -> the same
    Weights: mean and variance, of the sizes of the axes in `axis`, and count, which is not used; none if mean and
             variance are given
    Args:    axis: the axes along which each position has its own mean and variance; None for one of all numbers.
             mean, variance: numbers, or arrays of them for the last of these axes.
             invert: turn numbers that were normalized into those they were.
    Errors:  ValueError for only one of mean and variance, for shapes that do not fit, or an axis that is not there.
    """

    axis: int | Sequence[int] | None = -1
    # Not fields: once it is built, the attributes are what it computes with, and None before.
    mean: InitVar[Any] = None
    variance: InitVar[Any] = None
    invert: bool = False

    supports_masking = True

    def __post_init__(self, *common: Any) -> None:
        *common, mean, variance = common  # type: ignore[assignment]
        self._given = (mean, variance)
        super().__post_init__(*common)

    def check(self) -> None:
        """Checks the axes, and what is given for them."""
        # The mean is taken away first: in half precision two large numbers may be one.
        self.autocast = False
        axes = () if self.axis is None else (self.axis,) if isinstance(self.axis, int | np.integer) else self.axis
        if isinstance(axes, str) or not all(isinstance(axis, int | np.integer) for axis in axes):
            raise ValueError(errors.explain(f"{self} needs integers or None for axis, got {self.axis!r}."))
        self.axis = self._axes = tuple(int(axis) for axis in axes)
        mean, variance = self._given
        if (mean is None) != (variance is None):
            raise ValueError(
                errors.explain(
                    f"{self} needs both mean and variance or neither, got mean={mean!r} and variance={variance!r}."
                )
            )
        if np.shape(mean) != np.shape(variance):
            raise ValueError(
                errors.explain(
                    f"{self} needs a mean and a variance of one shape, got {np.shape(mean)} and {np.shape(variance)}."
                )
            )
        if np.ndim(mean) > len(self._axes):
            raise ValueError(
                errors.explain(
                    f"{self} needs a mean with at most as many axes as there are in axis={self.axis}, "
                    f"got shape {np.shape(mean)}."
                )
            )

    def build(self, input_shape: Shape) -> None:
        """Declares mean, variance and count, unless the two are given."""
        kept = self._kept(input_shape)
        sizes = tuple(self.known_axis(input_shape, axis) for axis in kept)
        if kept:
            self.input_spec = InputSpec(ndim=len(input_shape), axes=dict(zip(kept, sizes, strict=True)))
        # From the first of these axes on, so that one mean for all fits inputs of any number of axes.
        after = range(min(kept, default=len(input_shape)), len(input_shape))
        self._broadcast = tuple(input_shape[axis] if axis in kept else 1 for axis in after)
        if self._given[0] is None:
            self._moments: tuple[Any, Any] = (
                self.declare("mean", sizes, "zeros", trainable=False, autocast=False),
                self.declare("variance", sizes, "ones", trainable=False, autocast=False),
            )
            self.count = self.declare("count", (), "zeros", dtype="int32", trainable=False)
        else:
            mean, variance = (self._fitted(given, sizes) for given in self._given)
            self._moments = (mean, variance)
        self.mean, self.variance = self._moments  # type: ignore[attr-defined]  # fields only for the constructor

    def _fitted(self, given: Any, sizes: tuple[int, ...]) -> np.ndarray:
        try:
            return np.broadcast_to(np.asarray(given), sizes)
        except ValueError as error:
            raise ValueError(
                errors.explain(
                    f"{self} needs a mean and a variance that fit the sizes {sizes} of the axes {self._axes} of its "
                    f"inputs, got shape {np.shape(given)}."
                )
            ) from error

    def _kept(self, shape: Shape) -> tuple[int, ...]:
        """Returns the axes that have means of their own, counted from the front.

        Errors: ValueError for one that is not there.
        """
        count = len(shape)
        if any(not -count <= axis < count for axis in self._axes):
            raise ValueError(
                errors.explain(f"{self} needs inputs that have the axes {self._axes}, got shape {tuple(shape)}.")
            )
        return tuple(sorted({axis % count for axis in self._axes}))

    def adapt(self, data: Any) -> None:
        """Finds mean and variance of an array or list, or of all batches that an iterable gives.

        Errors: ValueError if they were given, or for data of other sizes than the layer was built for.
        """
        if self._given[0] is not None:
            raise ValueError(
                errors.explain(f"{self} was given its mean and variance, and cannot be adapted.", "Leave them out.")
            )
        found = functools.reduce(
            scaling.Moments.joined, map(self._moments_of, adapting.batches(self, data, self.kinds))
        )
        for weight, value in zip(self._moments, (found.mean, found.variance), strict=True):
            weight.assign(value)

    def _moments_of(self, batch: np.ndarray) -> scaling.Moments:
        self.prepare(Spec(batch.shape, "float32"), {}, errors.call_site())
        kept = self._kept(batch.shape)
        return scaling.Moments.of(batch, tuple(axis for axis in range(batch.ndim) if axis not in kept))

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Normalizes, or inverts that."""
        mean, variance = (
            jnp.asarray(values[one] if isinstance(one, Weight) else one, self.precise_dtype) for one in self._moments
        )
        compute = scaling.restored if self.invert else scaling.standardized
        outputs = compute(
            inputs.astype(self.precise_dtype),
            scaling.aligned(mean.reshape(self._broadcast), inputs.ndim),
            scaling.aligned(variance.reshape(self._broadcast), inputs.ndim),
        )
        return outputs.astype(self.compute_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, mean and variance as they were given."""
        mean, variance = (None if one is None else np.asarray(one).tolist() for one in self._given)
        return {**super().get_config(), "mean": mean, "variance": variance}
