"""The densely connected layer between any axes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import InitVar
from typing import Any

import jax.numpy as jnp

from plait import activations, constraints, initializers, regularizers
from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import einsum
from plait.graph import checks
from plait.graph.layer import Layer
from plait.graph.shapes import InputSpec, Shape


@registry.register
@dataclass(eq=False, repr=False)
class EinsumDense(Layer):
    """Multiplies inputs and a kernel as an equation in Einstein's notation says, adds a bias, activates.

    Shapes:  as the equation's
    Weights: kernel, the sizes of its letters; bias if bias_axes
    Args:    equation: such as `"abc,cd->abd"`; "..." on the left or the right stands for any axes.
             output_shape: the sizes of the outputs, without the batch and without the axes of "..."; None for a size
             that the inputs have.
             bias_axes: the letters of the outputs that the bias has.
    Errors:  ValueError for a wrong argument, or inputs that do not fit the equation.
    """

    equation: str
    # Not a field: the layer has a property of this name.
    output_shape: InitVar[Any] = None
    activation: activations.Like = None
    bias_axes: str | None = None
    kernel_initializer: initializers.Like = "glorot_uniform"
    bias_initializer: initializers.Like = "zeros"
    kernel_regularizer: regularizers.Like = None
    bias_regularizer: regularizers.Like = None
    kernel_constraint: constraints.Like = None
    bias_constraint: constraints.Like = None
    lora_rank: InitVar[Any] = None
    lora_alpha: InitVar[Any] = None
    gptq_unpacked_column_size: InitVar[Any] = None
    quantization_config: InitVar[Any] = None

    def __post_init__(self, *common: Any) -> None:
        *common, output_shape, lora_rank, lora_alpha, column_size, quantization_config = common  # type: ignore[assignment]
        self._given_shape = (output_shape,) if isinstance(output_shape, int) else output_shape
        super().__post_init__(*common)
        checks.absent(
            self,
            lora_rank=lora_rank,
            lora_alpha=lora_alpha,
            gptq_unpacked_column_size=column_size,
            quantization_config=quantization_config,
        )

    def check(self) -> None:
        """Checks the equation and the output shape, and looks the names up."""
        checks.looked_up(self)
        given = self._given_shape
        is_shape = isinstance(given, list | tuple)
        if not is_shape or not all(size is None or (isinstance(size, int) and size > 0) for size in given):
            raise ValueError(
                errors.explain(f"{self} needs positive integers and None for output_shape, got {given!r}.")
            )
        self._given_shape = tuple(given)
        try:
            self._parsed = einsum.parsed(self.equation)
        except (TypeError, ValueError) as error:
            raise ValueError(errors.explain(f"{self} cannot take this equation: {error}")) from None

    def _sizes(self, input_shape: Shape) -> einsum.Sizes:
        try:
            return einsum.sizes(self._parsed, tuple(input_shape), self._given_shape, self.bias_axes)
        except ValueError as error:
            raise ValueError(
                errors.explain(
                    f"{self} cannot take inputs of shape {tuple(input_shape)}: {error}",
                    f"Its equation is {self.equation!r}, and its output_shape {self._given_shape}.",
                )
            ) from None

    def build(self, input_shape: Shape) -> None:
        """Declares kernel and bias."""
        sizes = self._sizes(input_shape)
        summed = [self._parsed.kernel[axis] for axis in sizes.input_axes]
        left = len(input_shape) - len(self._parsed.inputs) if self._parsed.elided == "left" else 0
        axes = [left + self._parsed.inputs.index(letter) for letter in summed]
        self.input_spec = InputSpec(
            ndim=len(input_shape), axes={axis: self.known_axis(input_shape, axis) for axis in axes}
        )
        self.kernel = self.declare(
            "kernel",
            sizes.kernel,  # type: ignore[arg-type]
            self._for_axes(sizes),
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias: Weight | None = None
        if sizes.bias is not None:
            self.bias = self.declare(
                "bias",
                sizes.bias,  # type: ignore[arg-type]
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def _for_axes(self, sizes: einsum.Sizes) -> Any:
        """Returns the kernel's initializer, told which axes are the inputs' and which the outputs' if it asks."""
        initializer: Any = self.kernel_initializer
        if not hasattr(initializer, "input_axes") or None not in (initializer.input_axes, initializer.output_axes):
            return initializer
        return dataclasses.replace(initializer, input_axes=sizes.input_axes, output_axes=sizes.output_axes)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Multiplies, adds, activates."""
        kernel = values[self.kernel]
        outputs = jnp.einsum(self.equation, inputs.astype(kernel.dtype), kernel)
        if self.bias is not None:
            bias = values[self.bias]
            outputs = outputs + bias.reshape((1,) * (outputs.ndim - bias.ndim) + bias.shape)
        return self.activation(outputs)  # type: ignore[operator, misc]

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the shape that the equation gives."""
        return self._sizes(input_shape).outputs

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, as plain data."""
        return {**super().get_config(), "output_shape": registry.serialize(self._given_shape)}


# Set by the dataclass as the default of the constructor's argument; here stands the property of all layers.
del EinsumDense.output_shape  # type: ignore[attr-defined]
