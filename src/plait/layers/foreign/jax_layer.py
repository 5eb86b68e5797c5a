"""A function of JAX as a layer."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import InitVar
from typing import Any

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.layers.foreign.foreign import Foreign, parameters

_OF_CALL = ("params", "state", "rng", "inputs", "training")
_OF_INIT = ("rng", "inputs", "training")


@registry.register
@dataclass(eq=False, repr=False)
class JaxLayer(Foreign):
    """Computes by a function of JAX, whose trees of parameters become weights.

    Shapes:  as the function's
    Weights: the arrays in `params`, which are learned, and in `state`, named after their places: `dense/kernel`
    Args:    call_fn: a function with a parameter `inputs` and any of `params`, `state`, `rng` (None outside of
                training) and `training`. It returns the outputs; with a parameter `state`, outputs and new state.
             init_fn: a function of `inputs` (ones of their shape) and any of `rng` and `training` (True) that returns
                the params; the params and the state, if `call_fn` takes one. It is called where neither is given.
             params, state: trees of arrays to start from.
             seed: makes the draws of `rng` differ from those with another seed.
             native_serialization_platforms: Keras's, for TensorFlow; of no use here.
    Errors:  TypeError for no function; ValueError for one with other parameters, or nothing to start from.
    """

    call_fn: Callable[..., Any]
    init_fn: Callable[..., Any] | None = None
    params: InitVar[Any] = None
    state: InitVar[Any] = None
    seed: int | None = None
    native_serialization_platforms: Any = None

    def __post_init__(
        self, input_shape: Any, batch_input_shape: Any, batch_size: Any, input_dim: Any, params: Any, state: Any
    ) -> None:
        self._given = params, state
        super().__post_init__(input_shape, batch_input_shape, batch_size, input_dim)

    def check(self) -> None:
        """Looks at the parameters of the functions, and takes the arrays there are."""
        self._wanted = parameters(self, self.call_fn, "call_fn", _OF_CALL)
        if self.init_fn is not None:
            parameters(self, self.init_fn, "init_fn", _OF_INIT)
        given = self.__dict__.pop("_given")
        if any(tree is not None for tree in given):
            self.adopts(*given)
        elif {"params", "state"} & set(self._wanted) and self.init_fn is None:
            raise ValueError(
                errors.explain(
                    f"{self} needs an init_fn, params or state to start from, since its call_fn takes some.",
                    "Give an init_fn(rng, inputs), or the arrays themselves: params=….",
                )
            )

    def first(self) -> Callable[[Any, Any], tuple[Any, Any]]:
        """Returns a function that calls `init_fn`."""
        if not {"params", "state"} & set(self._wanted):
            return lambda key, inputs: (None, None)
        assert self.init_fn is not None
        wanted = parameters(self, self.init_fn, "init_fn", _OF_INIT)
        return functools.partial(_first, self.init_fn, wanted, "state" in self._wanted)

    @property
    def draws(self) -> bool:
        """Whether the function asks for a key."""
        return "rng" in self._wanted

    def computes(self, params: Any, state: Any, inputs: Any, key: Any, training: bool) -> tuple[Any, Any]:
        """Calls the function on what it asks for."""
        given = {"params": params, "state": state, "rng": key, "inputs": inputs, "training": training}
        result = self.call_fn(*(given[name] for name in self._wanted))
        return _pair(result, "call_fn", "outputs, new_state") if "state" in self._wanted else (result, state)


# Set by the dataclass as the defaults of the constructor's arguments.
del JaxLayer.params, JaxLayer.state  # type: ignore[attr-defined]


def _first(init: Callable[..., Any], wanted: tuple[str, ...], has_state: bool, key: Any, inputs: Any) -> Any:
    given = {"rng": key, "inputs": inputs, "training": True}
    result = init(*(given[name] for name in wanted))
    return _pair(result, "init_fn", "params, state") if has_state else (result, None)


def _pair(result: Any, what: str, wanted: str) -> tuple[Any, Any]:
    if not isinstance(result, tuple) or len(result) != 2:
        raise ValueError(
            errors.explain(f"A {what} whose layer has a state returns {wanted}, got {errors.described(result)}.")
        )
    return result
