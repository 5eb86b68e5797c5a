"""Group normalization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from plait import constraints, initializers, regularizers
from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import standardization
from plait.graph import checks
from plait.graph.layer import Layer
from plait.graph.shapes import InputSpec, Shape
from plait.layers.normalization import affine, axes


@registry.register
@dataclass(eq=False, repr=False)
class GroupNormalization(Layer):
    """Brings each group of channels of each example to mean 0 and variance 1, then multiplies by gamma and adds beta.

    Statistics are float32 also under mixed precision.

    Shapes:  (batch, ..., channels on `axis`, ...) -> the same
    Weights: gamma if scale, beta if center; (channels,) each
    Args:    groups: how many groups; divides the number of channels. -1 for one per channel (instance normalization).
             axis: the axis of the channels.
             epsilon: is added to the variance.
    Errors:  ValueError for a wrong argument, or channels that cannot be shared out.
    Source:  Y. Wu, K. He, Group Normalization, 2018.
    """

    groups: int = 32
    axis: int = -1
    epsilon: float = 0.001
    center: bool = True
    scale: bool = True
    beta_initializer: initializers.Like = "zeros"
    gamma_initializer: initializers.Like = "ones"
    beta_regularizer: regularizers.Like = None
    gamma_regularizer: regularizers.Like = None
    beta_constraint: constraints.Like = None
    gamma_constraint: constraints.Like = None

    supports_masking = True

    def check(self) -> None:
        """Checks the groups and the axis, and looks the names up."""
        # The statistics of what comes in are not to be those of its half precision.
        self.autocast = False
        if self.groups != -1:
            checks.positive(self, "groups")
        if not isinstance(self.axis, int) or isinstance(self.axis, bool) or self.axis == 0:
            self._refuse_axis()
        checks.looked_up(self)

    def _refuse_axis(self) -> NoReturn:
        raise ValueError(
            errors.explain(
                f"{self} needs one integer for axis, got {self.axis!r}.", "Axis 0 is the batch, which is not grouped."
            )
        )

    def build(self, input_shape: Shape) -> None:
        """Declares gamma and beta."""
        axes.check_there(self, input_shape)
        if self.axis % len(input_shape) == 0:
            self._refuse_axis()
        channels = self.known_axis(input_shape, self.axis)
        self.groups = channels if self.groups == -1 else self.groups
        if channels % self.groups:
            raise ValueError(
                errors.explain(
                    f"{self} needs channels that {self.groups} groups can share equally, got {channels} on axis "
                    f"{self.axis}: shape {tuple(input_shape)}.",
                    "groups must divide the number of channels; groups=-1 is one group per channel.",
                )
            )
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels}, axis_name="channels")
        self.gamma = affine.declare_gamma(self, (channels,), self.scale)
        self.beta = affine.declare_beta(self, (channels,), self.center)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Normalizes."""
        gamma, beta = (None if one is None else values[one] for one in (self.gamma, self.beta))
        outputs = standardization.group_normalize(
            inputs, self.groups, gamma, beta, axis=self.axis, epsilon=self.epsilon
        )
        return outputs.astype(self.compute_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape."""
        return axes.check_there(self, input_shape)
