"""Activations as layers of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import InitVar
from typing import Any

import jax.numpy as jnp
import numpy as np

from plait import activations, constraints, initializers, regularizers
from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.graph import checks
from plait.graph.layer import Layer
from plait.graph.shapes import InputSpec, Shape


class _Elementwise(Layer):
    """Is what layers derive from whose outputs have the shape of the inputs."""

    supports_masking = True

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape."""
        return input_shape

    def _at_least_zero(self, *names: str) -> None:
        for name in names:
            value = getattr(self, name)
            if not isinstance(value, int | float | np.number) or value < 0:
                raise ValueError(errors.explain(f"{self} needs a number of 0 or more for {name}, got {value!r}."))


@registry.register
@dataclass(eq=False, repr=False)
class Activation(_Elementwise):
    """Applies an activation.

    Shapes: any -> the same
    Args:   activation: a name in `plait.activations`, or a function of one array.
    Errors: ValueError for an unknown name.
    """

    activation: activations.Like

    def check(self) -> None:
        """Looks the name up."""
        checks.looked_up(self)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Activates."""
        return activations.get(self.activation)(inputs)


@registry.register
@dataclass(eq=False, repr=False)
class ReLU(_Elementwise):
    """Keeps what is above the threshold, up to `max_value`; below it the slope is `negative_slope`.

    Shapes: any -> the same
    Args:   max_value, negative_slope, threshold: 0 or more; None leaves out the upper bound.
    Errors: ValueError if one is negative.
    """

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0

    def check(self) -> None:
        """Checks the numbers."""
        self._at_least_zero("negative_slope", "threshold", *(["max_value"] if self.max_value is not None else []))

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Activates."""
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)


@registry.register
@dataclass(eq=False, repr=False)
class LeakyReLU(_Elementwise):
    """Keeps what is positive, and multiplies what is negative by a small slope.

    Shapes: any -> the same
    Args:   negative_slope: 0 or more. `alpha` is its older name.
    Errors: ValueError if it is negative.
    """

    negative_slope: float = 0.3
    alpha: InitVar[float | None] = None

    def __post_init__(
        self, input_shape: Any, batch_input_shape: Any, batch_size: Any, input_dim: Any, alpha: float | None
    ) -> None:
        if alpha is not None:
            self.negative_slope = alpha
        super().__post_init__(input_shape, batch_input_shape, batch_size, input_dim)

    def check(self) -> None:
        """Checks the slope."""
        self._at_least_zero("negative_slope")

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Activates."""
        return activations.leaky_relu(inputs, self.negative_slope)


@registry.register
@dataclass(eq=False, repr=False)
class ELU(_Elementwise):
    """Keeps what is positive; what is negative becomes `alpha * (exp(x) - 1)`.

    Shapes: any -> the same
    Source: D.-A. Clevert et al., Fast and Accurate Deep Network Learning by ELUs, 2015.
    """

    alpha: float = 1.0

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Activates."""
        return activations.elu(inputs, self.alpha)


@registry.register
@dataclass(eq=False, repr=False)
class Softmax(_Elementwise):
    """Makes numbers along an axis probabilities.

    What is masked is left out, and gets the probability 0.

    Shapes: any -> the same; a mask has the inputs' shape, with 1 where it is shared, or only their first axes
    Args:   axis: along which the outputs sum to 1, or several such axes.
    Errors: ValueError if the mask has another shape.
    """

    axis: int | Sequence[int] = -1

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Activates what is not masked."""
        axis = self.axis if isinstance(self.axis, int) else tuple(self.axis)
        if ctx.mask is None:
            return activations.softmax(inputs, axis)
        mask = self._for_elements(ctx.mask, inputs.shape)
        # Minus infinity would give NaN where all is masked.
        lowest = jnp.finfo(inputs.dtype).min / 2
        return jnp.where(mask, activations.softmax(jnp.where(mask, inputs, lowest), axis), 0)

    def _for_elements(self, mask: Any, shape: tuple[int, ...]) -> Any:
        aligned = (*mask.shape, *[1] * (len(shape) - mask.ndim))
        if len(aligned) != len(shape) or any(
            size not in (1, whole) for size, whole in zip(aligned, shape, strict=True)
        ):
            raise ValueError(f"{self} needs a mask for inputs of shape {shape}, got one of shape {mask.shape}.")
        return jnp.broadcast_to(mask.astype(bool).reshape(aligned), shape)


@registry.register
@dataclass(eq=False, repr=False)
class PReLU(_Elementwise):
    """Keeps what is positive, and multiplies what is negative by slopes that are learned.

    Shapes:  any -> the same
    Weights: alpha, the shape of one example, with 1 on the shared axes
    Args:    shared_axes: the axes, from 1, along which slopes are shared; e.g. (1, 2) for images.
    Errors:  ValueError if an axis that is not shared has no known size.
    Source:  K. He et al., Delving Deep into Rectifiers, 2015.
    """

    alpha_initializer: initializers.Like = "Zeros"
    alpha_regularizer: regularizers.Like = None
    alpha_constraint: constraints.Like = None
    shared_axes: int | Sequence[int] | None = None

    def check(self) -> None:
        """Looks the names up."""
        checks.looked_up(self)
        if isinstance(self.shared_axes, int):
            self.shared_axes = (self.shared_axes,)

    def build(self, input_shape: Shape) -> None:
        """Declares the slopes."""
        shared = tuple(self.shared_axes or ())  # type: ignore[arg-type]
        own = {axis: self.known_axis(input_shape, axis) for axis in range(1, len(input_shape)) if axis not in shared}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=own)
        self.alpha = self.declare(
            "alpha",
            tuple(own.get(axis, 1) for axis in range(1, len(input_shape))),
            self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Activates."""
        return activations.relu(inputs) - values[self.alpha][None] * activations.relu(-inputs)
