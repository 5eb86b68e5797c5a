"""The densely connected layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, InitVar
from typing import Any

from plait import activations, constraints, initializers, regularizers
from plait.core import registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import dense
from plait.graph import checks
from plait.graph.layer import Layer
from plait.graph.shapes import InputSpec, Shape


@registry.register
@dataclass(eq=False, repr=False)
class Dense(Layer):
    """Computes `activation(inputs @ kernel + bias)` along the last axis.

    Shapes:  (batch, ..., features) -> (batch, ..., units)
    Weights: kernel (features, units); bias (units,) if use_bias
    Errors:  ValueError if units is not a positive integer, or inputs have no feature axis.
    """

    units: int
    activation: activations.Like = None
    use_bias: bool = True
    kernel_initializer: initializers.Like = "glorot_uniform"
    bias_initializer: initializers.Like = "zeros"
    kernel_regularizer: regularizers.Like = None
    bias_regularizer: regularizers.Like = None
    # By name only: Keras has activity_regularizer in between.
    _: KW_ONLY
    kernel_constraint: constraints.Like = None
    bias_constraint: constraints.Like = None
    lora_rank: InitVar[Any] = None
    lora_alpha: InitVar[Any] = None
    quantization_config: InitVar[Any] = None

    supports_masking = True
    input_spec = InputSpec(min_ndim=2)

    def __post_init__(self, *common: Any) -> None:
        *common, lora_rank, lora_alpha, quantization_config = common  # type: ignore[assignment]
        super().__post_init__(*common)
        checks.absent(self, lora_rank=lora_rank, lora_alpha=lora_alpha, quantization_config=quantization_config)

    def check(self) -> None:
        """Checks the number of units, and looks the names up."""
        checks.positive(self, "units")
        checks.looked_up(self)

    def build(self, input_shape: Shape) -> None:
        """Declares kernel and bias."""
        features = self.known_axis(input_shape, -1)
        self.input_spec = InputSpec(min_ndim=2, axes={-1: features})
        self.kernel = self.declare(
            "kernel",
            (features, self.units),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias: Weight | None = None
        if self.use_bias:
            self.bias = self.declare(
                "bias",
                (self.units,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Multiplies, adds, activates."""
        kernel = values[self.kernel]
        outputs = dense.multiply(inputs.astype(kernel.dtype), kernel)
        if self.bias is not None:
            outputs = outputs + values[self.bias].reshape((1,) * (outputs.ndim - 1) + (-1,))
        return self.activation(outputs)  # type: ignore[operator, misc]

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with the last axis of `units`."""
        return (*input_shape[:-1], self.units)
