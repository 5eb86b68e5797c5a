"""Layer normalization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY
from typing import Any

from plait import constraints, initializers, regularizers
from plait.core import registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import standardization
from plait.graph import checks
from plait.graph.layer import Layer
from plait.graph.shapes import Shape
from plait.layers.normalization import affine, axes


@registry.register
@dataclass(eq=False, repr=False)
class LayerNormalization(Layer):
    """Brings each example to mean 0 and variance 1 over certain axes, then multiplies by gamma and adds beta.

    Statistics are float32 also under mixed precision.

    Shapes:  any -> the same
    Weights: gamma if scale, beta if center; the sizes of the axes
    Args:    axis: the axis of the features, or several axes.
             epsilon: is added to the variance.
             rms_scaling: only divide by the standard deviation, and multiply by gamma, as Keras did before it had
             RMSNormalization.
    Errors:  ValueError for an axis that the inputs do not have, or whose size is not known.
    Source:  J. Ba et al., Layer Normalization, 2016.
    """

    axis: int | Sequence[int] = -1
    epsilon: float = 0.001
    center: bool = True
    scale: bool = True
    beta_initializer: initializers.Like = "zeros"
    gamma_initializer: initializers.Like = "ones"
    beta_regularizer: regularizers.Like = None
    gamma_regularizer: regularizers.Like = None
    beta_constraint: constraints.Like = None
    gamma_constraint: constraints.Like = None
    _: KW_ONLY
    rms_scaling: bool = False

    supports_masking = True

    def check(self) -> None:
        """Checks the axes, and looks the names up."""
        # The statistics of what comes in are not to be those of its half precision.
        self.autocast = False
        axes.check_axes(self)
        checks.looked_up(self)

    def build(self, input_shape: Shape) -> None:
        """Declares gamma and beta."""
        self.axis = sorted(axes.as_list(self.axis))
        shape = axes.sizes_of(self, input_shape)
        self.gamma = affine.declare_gamma(self, shape, self.scale or self.rms_scaling)
        self.beta = affine.declare_beta(self, shape, self.center and not self.rms_scaling)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Normalizes."""
        gamma, beta = (None if one is None else values[one] for one in (self.gamma, self.beta))
        over: dict[str, Any] = {"axes": axes.as_list(self.axis), "epsilon": self.epsilon}
        if self.rms_scaling:
            outputs = standardization.deviation_normalize(inputs, gamma, **over)
        else:
            outputs = standardization.layer_normalize(inputs, gamma, beta, **over)
        return outputs.astype(self.compute_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape."""
        return axes.check_there(self, input_shape)
