"""A module of Flax's linen as a layer."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import InitVar
from typing import Any

import jax

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.layers.foreign.foreign import Foreign, parameters


@registry.register
@dataclass(eq=False, repr=False)
class FlaxLayer(Foreign):
    """Computes by a module of `flax.linen`, whose variables become weights: its params are learned, the others kept.

    Shapes:  as the module's
    Weights: the variables, named after their places: `params/Dense_0/kernel`
    Args:    module: its method takes `inputs`, and `training` if it has a parameter of that name.
             method: another one than `__call__`: its name, or a function of (module, inputs) and maybe training.
             variables: to start from, as `module.init` gives them; by default what it gives for the inputs.
             seed: makes the draws of dropout differ from those with another seed.
    Errors:  TypeError for what is no module; ValueError for a method with other parameters.
    """

    module: Any
    method: Any = None
    variables: InitVar[Any] = None
    seed: int | None = None

    def __post_init__(
        self, input_shape: Any, batch_input_shape: Any, batch_size: Any, input_dim: Any, variables: Any
    ) -> None:
        self._given = variables
        super().__post_init__(input_shape, batch_input_shape, batch_size, input_dim)

    def check(self) -> None:
        """Looks at the parameters of the method, and takes the variables there are."""
        if not all(hasattr(self.module, name) for name in ("init", "apply")):
            raise TypeError(errors.explain(f"{self} needs a flax.linen.Module, got {errors.described(self.module)}."))
        if getattr(self.method, "__self__", None) is self.module:
            self.method = self.method.__name__
        if isinstance(self.method, str) and not hasattr(self.module, self.method):
            raise ValueError(errors.explain(f"The module of {self} has no method {self.method!r}."))
        method: Any = getattr(self.module, self.method or "__call__") if not callable(self.method) else self.method
        # A function gets the module first.
        method = functools.partial(method, self.module) if callable(self.method) else method
        self._takes_training = "training" in parameters(self, method, "method", ("inputs", "training"))
        variables = self.__dict__.pop("_given")
        if variables is not None:
            self.adopts(*_parted(variables))

    def first(self) -> Callable[[Any, Any], tuple[Any, Any]]:
        """Returns a function that calls the module's `init`."""
        return functools.partial(_first, self.module, self.method, {"training": True} if self._takes_training else {})

    def computes(self, params: Any, state: Any, inputs: Any, key: Any, training: bool) -> tuple[Any, Any]:
        """Calls the module, which may change all variables but its params."""
        # Imported with the layer, and not with Plait.
        from flax.linen import DenyList

        return self.module.apply(
            {**params, **state},
            inputs,
            rngs={} if key is None else {"dropout": key},
            method=self.method,
            mutable=DenyList(["params"]),
            **({"training": training} if self._takes_training else {}),
        )


# Set by the dataclass as the default of the constructor's argument.
del FlaxLayer.variables


def _first(module: Any, method: Any, arguments: dict[str, Any], key: Any, inputs: Any) -> tuple[Any, Any]:
    keys = dict(zip(("params", "dropout"), jax.random.split(key), strict=True))
    return _parted(module.init(keys, inputs, method=method, **arguments))


def _parted(variables: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns the params, under their name, and all other variables."""
    params = {name: tree for name, tree in variables.items() if name == "params"}
    return params, {name: tree for name, tree in variables.items() if name != "params"}
