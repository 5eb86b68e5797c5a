"""A module of Flax's NNX as a layer."""

from __future__ import annotations

import inspect
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.layers.foreign.foreign import Foreign


@registry.register
@dataclass(eq=False, repr=False)
class NNXLayer(Foreign):
    """Computes by a module of `flax.nnx`, whose variables become weights: each `Param` is learned, the others kept.

    In training the streams of its `Rngs` start anew from the key of the call; the module itself stays as it is.

    Shapes:  as the module's
    Weights: the variables, named after their places: `linear/kernel/value`
    Args:    module: called on the inputs, and `training` if it has a parameter of that name. Before, its attributes
                `deterministic` and `use_running_average` are set as in training or not.
             seed: makes the draws differ from those with another seed.
    Errors:  TypeError for what is no module.
    """

    module: Any
    seed: int | None = None

    def check(self) -> None:
        """Takes the module's variables."""
        # Imported with the layer, and not with Plait.
        from flax import nnx

        if not isinstance(self.module, nnx.Module):
            raise TypeError(errors.explain(f"{self} needs a flax.nnx.Module, got {errors.described(self.module)}."))
        self._takes_training = "training" in inspect.signature(self.module.__call__).parameters
        self._graph, params, self._streams, state = nnx.split(self.module, nnx.Param, nnx.RngState, ...)
        self.adopts(params, state)

    def computes(self, params: Any, state: Any, inputs: Any, key: Any, training: bool) -> tuple[Any, Any]:
        """Calls a module like the one given, with these variables."""
        from flax import nnx

        module = nnx.merge(self._graph, params, _started(self._streams, key), state)
        for attribute in ("deterministic", "use_running_average"):
            module.set_attributes(raise_if_not_found=False, **{attribute: not training})
        outputs = module(inputs, **({"training": training} if self._takes_training else {}))
        return outputs, nnx.split(module, nnx.Param, nnx.RngState, ...)[-1]


def _started(streams: Any, key: Any) -> Any:
    """Returns the streams of random numbers, each with a key of its own made from this one."""
    if key is None:
        return streams
    typed = jax.random.wrap_key_data(key)
    leaves, structure = jax.tree.flatten(streams)
    return jax.tree.unflatten(
        structure,
        [
            jax.random.fold_in(typed, number) if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) else leaf
            for number, leaf in enumerate(leaves)
        ],
    )
