"""A function as a layer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import InitVar
from typing import Any

from plait import activations
from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.graph import adapter, operators, shapes
from plait.graph.layer import Layer


@registry.register
@dataclass(eq=False, repr=False)
class Lambda(Layer):
    """Applies a function of arrays.

    Its config holds the function's name and never code, so it can be saved if the function is one of `plait.ops` or
    `plait.activations`, or is registered.

    Shapes: as the function's
    Args:   function: takes the inputs, the `arguments`, and `mask` and `training` if it has parameters of these names.
            output_shape: without the batch axis, or a function of the input shape; found by tracing if not given.
            mask: the mask of the outputs, or a function of inputs and mask that gives it.
            arguments: further arguments of the function.
    Errors: TypeError if it is no function; ValueError by `get_config` if the function has no registered name.
    """

    function: Callable[..., Any]
    # Not a field: the layer has a property of this name.
    output_shape: InitVar[Any] = None
    mask: Any = None
    arguments: Mapping[str, Any] | None = None

    def __post_init__(
        self, input_shape: Any, batch_input_shape: Any, batch_size: Any, input_dim: Any, output_shape: Any
    ) -> None:
        self._given_shape = output_shape
        super().__post_init__(input_shape, batch_input_shape, batch_size, input_dim)

    def check(self) -> None:
        """Looks a name up, and what the function wants to know."""
        if isinstance(self.function, str):
            self.function = _named(self.function)
        if not callable(self.function):
            raise TypeError(errors.explain(f"{self} needs a function, got {self.function!r}."))
        self.arguments = dict(self.arguments or {})
        self._wanted = {"mask", "training"} & set(_parameters(self.function)) - set(self.arguments)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Calls the function; layers and weights that it uses stand for their values, as in a Keras-style `call`."""
        return adapter.apply_call(self, self.function, self._wanted, values, inputs, ctx, self.arguments)  # type: ignore[arg-type]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shape that was given."""
        if self._given_shape is None:
            return super().compute_output_shape(input_shape)
        if callable(self._given_shape):
            return self._given_shape(input_shape)
        first = input_shape if shapes.is_shape(input_shape) else next(iter(input_shape))
        return (first[0], *self._given_shape)

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Returns the mask that was given, or what its function makes of this one."""
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def loses_mask(self) -> bool:
        """Whether neither the function nor anybody else sees to the mask."""
        return self.mask is None and "mask" not in self._wanted

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, functions by their names.

        Errors: ValueError if a function has no registered name.
        """
        return {**super().get_config(), "output_shape": registry.serialize(self._given_shape)}


# Set by the dataclass as the default of the constructor's argument; here stands the property of all layers.
del Lambda.output_shape  # type: ignore[attr-defined]


def _named(name: str) -> Callable[..., Any]:
    try:
        return operators.named(name)
    except ValueError:
        return activations.get(name)


def _parameters(function: Callable[..., Any]) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except ValueError:  # written in C, without a signature
        return []
