"""A module of Equinox as a layer."""

from __future__ import annotations

import inspect
from dataclasses import InitVar
from typing import Any

import jax

from plait.core import errors, nest, registry
from plait.core.fields import dataclass
from plait.layers.foreign.foreign import Foreign


@registry.register
@dataclass(eq=False, repr=False)
class EquinoxLayer(Foreign):
    """Computes by a module of Equinox, for each example of a batch; its arrays of floats are learned.

    Shapes:  (batch, …) -> (batch, …), where the module takes one example
    Weights: the arrays of the module, and those of its state, named after their places: `layers/0/weight`
    Args:    module: called on one example, the state if there is one, and `key=` if it has a parameter of that name. In
                training its `inference` is False, and else True.
             state: of a module made by `equinox.nn.make_with_state`.
             axis_name: of the batch, for a layer such as `equinox.nn.BatchNorm`.
             batched: False for a module that takes a whole batch.
             seed: makes the draws differ from those with another seed.
    Errors:  TypeError for what is no module.
    """

    module: Any
    state: InitVar[Any] = None
    axis_name: str = "batch"
    batched: bool = True
    seed: int | None = None

    def __post_init__(
        self, input_shape: Any, batch_input_shape: Any, batch_size: Any, input_dim: Any, state: Any
    ) -> None:
        self._given = state
        super().__post_init__(input_shape, batch_input_shape, batch_size, input_dim)

    def check(self) -> None:
        """Takes the arrays of the module and its state."""
        # Imported with the layer, and not with Plait.
        import equinox

        if not isinstance(self.module, equinox.Module):
            raise TypeError(errors.explain(f"{self} needs an equinox.Module, got {errors.described(self.module)}."))
        state = self.__dict__.pop("_given")
        self._has_state = state is not None
        self._takes_key = "key" in inspect.signature(type(self.module).__call__).parameters
        params, self._rest = equinox.partition(self.module, equinox.is_inexact_array)
        self.adopts(params, state)

    @property
    def draws(self) -> bool:
        """Whether the module asks for a key."""
        return self._takes_key

    def computes(self, params: Any, state: Any, inputs: Any, key: Any, training: bool) -> tuple[Any, Any]:
        """Calls the module with these arrays."""
        import equinox

        module = equinox.nn.inference_mode(equinox.combine(params, self._rest), value=not training)

        def one(inputs: Any, state: Any, key: Any) -> tuple[Any, Any]:
            before = (inputs, state) if self._has_state else (inputs,)
            outputs = module(*before, **({} if key is None else {"key": key}))
            return outputs if self._has_state else (outputs, None)

        if not self.batched:
            return one(inputs, state, key)
        count = nest.flatten(inputs)[0].shape[0]
        keys = None if key is None else jax.random.split(key, count)
        return jax.vmap(one, in_axes=(0, None, 0), out_axes=(0, None), axis_name=self.axis_name)(inputs, state, keys)


# Set by the dataclass as the default of the constructor's argument.
del EquinoxLayer.state  # type: ignore[attr-defined]
