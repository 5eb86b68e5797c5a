"""Batch normalization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from plait import constraints, initializers, regularizers
from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.updated import Updated
from plait.core.weight import Weight
from plait.functional import normalization, precision
from plait.graph import checks
from plait.graph.layer import Layer
from plait.graph.shapes import InputSpec, Shape
from plait.layers.normalization import affine


@registry.register
@dataclass(eq=False, repr=False)
class BatchNormalization(Layer):
    """Normalizes each feature by its mean and variance: those of the batch in training, else running averages.

    In training the running averages follow the batches. A frozen layer neither changes them nor uses the batch.
    Statistics are float32 also under mixed precision.

    Shapes:  (batch, ..., features on `axis`, ...) -> the same
    Weights: gamma if scale, beta if center, moving_mean, moving_variance; with renorm also moving_stddev,
             renorm_mean, renorm_stddev; (features,) each
    Args:    axis: the axis of the features, whose statistics are kept apart.
             momentum: how much of a running average stays at each step, from 0 to 1.
             epsilon: is added to the variance.
             renorm: correct the batch towards the running averages, within `renorm_clipping`, a dict of rmin, rmax,
             dmax; `renorm_momentum` is of the averages that this uses.
             synchronized: for Keras's sake; statistics are those of the whole batch, on however many devices it lies.
    Errors:  ValueError for a wrong argument, or an axis that the inputs do not have.
    Source:  S. Ioffe, C. Szegedy, Batch Normalization, 2015; S. Ioffe, Batch Renormalization, 2017.
    """

    axis: int = -1
    momentum: float = 0.99
    epsilon: float = 0.001
    center: bool = True
    scale: bool = True
    beta_initializer: initializers.Like = "zeros"
    gamma_initializer: initializers.Like = "ones"
    moving_mean_initializer: initializers.Like = "zeros"
    moving_variance_initializer: initializers.Like = "ones"
    beta_regularizer: regularizers.Like = None
    gamma_regularizer: regularizers.Like = None
    beta_constraint: constraints.Like = None
    gamma_constraint: constraints.Like = None
    renorm: bool = False
    renorm_clipping: Mapping[str, float] | None = None
    renorm_momentum: float = 0.99
    synchronized: bool = False

    supports_masking = True
    mixes_batch = True

    def check(self) -> None:
        """Checks the numbers, and looks the names up."""
        if not isinstance(self.axis, int | np.integer) or isinstance(self.axis, bool):
            raise ValueError(errors.explain(f"{self} needs one integer for axis, got {self.axis!r}."))
        self.axis = int(self.axis)
        checks.rates(self, "momentum", "renorm_momentum")
        checks.looked_up(self)
        problem = _problem_with_clipping(self.renorm_clipping or {})
        if problem:
            raise ValueError(errors.explain(f"{self} needs {problem}."))

    def build(self, input_shape: Shape) -> None:
        """Declares gamma and beta, and the running statistics."""
        shape = (self.known_axis(input_shape, self.axis),)
        axis = self.axis % len(input_shape)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={axis: shape[0]})
        self.gamma = affine.declare_gamma(self, shape, self.scale)
        self.beta = affine.declare_beta(self, shape, self.center)
        mean = initializers.get(self.moving_mean_initializer)
        variance = initializers.get(self.moving_variance_initializer)
        self.moving_mean = self._declare_running("moving_mean", shape, mean)
        self.moving_variance = self._declare_running("moving_variance", shape, variance)
        if self.renorm:
            stddev = _Root(variance)
            self.moving_stddev = self._declare_running("moving_stddev", shape, stddev)
            self.renorm_mean = self._declare_running("renorm_mean", shape, mean)
            self.renorm_stddev = self._declare_running("renorm_stddev", shape, stddev)

    def _declare_running(self, name: str, shape: tuple[int, ...], initializer: initializers.Initializer) -> Weight:
        # float32 even under mixed precision: a bfloat16 running mean stops moving after ~200 steps.
        return self.declare(name, shape, initializer, trainable=False, autocast=False)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Normalizes, and lets the running averages follow in training."""
        gamma, beta = (None if one is None else values[one] for one in (self.gamma, self.beta))
        if not ctx.training or self in ctx.frozen or not self.trainable:
            mean, variance = values[self.moving_mean], values[self.moving_variance]
            return self._normalized(inputs, mean, variance, gamma, beta)
        mean, variance = normalization.batch_moments(inputs, self.axis, ctx.mask)
        if self.renorm:
            gamma, beta = normalization.corrected(
                gamma,
                beta,
                *normalization.renorm_corrections(
                    mean,
                    variance,
                    values[self.renorm_mean],
                    values[self.renorm_stddev],
                    epsilon=self.epsilon,
                    clipping=normalization.Clipping(**(self.renorm_clipping or {})),
                ),
            )
        outputs = self._normalized(inputs, mean, variance, gamma, beta)
        return Updated(outputs, self._followed(values, mean, variance))

    def _normalized(self, inputs: Any, mean: Any, variance: Any, gamma: Any, beta: Any) -> Any:
        # Integers are normalized too, and what comes of them is none.
        floats = precision.at_least_float32(inputs)
        outputs = normalization.normalize(floats, mean, variance, gamma, beta, epsilon=self.epsilon, axis=self.axis)
        return outputs.astype(self.compute_dtype)

    def _followed(self, values: Mapping[Weight, Any], mean: Any, variance: Any) -> dict[Weight, Any]:
        """Returns the running averages after a batch with these moments."""

        def follow(handle: Weight, new: Any, momentum: float = self.momentum) -> Any:
            return normalization.moving_average(values[handle], new, momentum)

        moving_mean = follow(self.moving_mean, mean)
        if not self.renorm:
            return {self.moving_mean: moving_mean, self.moving_variance: follow(self.moving_variance, variance)}
        stddev = jnp.sqrt(variance + self.epsilon)
        moving_stddev = follow(self.moving_stddev, stddev)
        return {
            self.moving_mean: moving_mean,
            self.moving_variance: normalization.variance_of(moving_stddev, self.epsilon),
            self.moving_stddev: moving_stddev,
            self.renorm_mean: follow(self.renorm_mean, mean, self.renorm_momentum),
            self.renorm_stddev: follow(self.renorm_stddev, stddev, self.renorm_momentum),
        }

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape."""
        return input_shape


def _problem_with_clipping(clipping: Mapping[str, float]) -> str | None:
    unknown = [key for key in clipping if key not in normalization.Clipping._fields]
    if unknown:
        return f"only rmin, rmax and dmax in renorm_clipping, got {unknown[0]!r}"
    bounds = normalization.Clipping(**clipping)
    if bounds.rmin is not None and bounds.rmax is not None and bounds.rmax < bounds.rmin:
        return f"rmax of renorm_clipping to be at least rmin, got rmin={bounds.rmin}, rmax={bounds.rmax}"
    if bounds.dmax is not None and bounds.dmax < 0:
        return f"dmax of renorm_clipping to be 0 or more, got {bounds.dmax}"
    return None


class _Root(initializers.Initializer):
    """Makes the square roots of what another initializer makes."""

    def __init__(self, squares: initializers.Initializer) -> None:
        self.squares = squares

    def draw(self, shape: Sequence[int], dtype: Any, place: str) -> np.ndarray:
        """Returns the values, on the host, of the weight at this place of a model."""
        return np.sqrt(self.squares.draw(shape, dtype, place))
