"""Constraints: what every training step does to a weight after its update, a pure function of the weight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp

from plait.core import arguments, names, registry
from plait.core.fields import dataclass

Like: TypeAlias = "str | Constraint | Callable[..., Any] | dict[str, Any] | None"

# Keeps a norm of 0 from dividing by 0; the value is Keras's.
_EPSILON = 1e-7


@dataclass(eq=False)
class Constraint(arguments.Checked, registry.Described):
    """Is what constraints derive from; your own defines `__call__(w)`, and `get_config` to be saved."""

    keras_module = "keras.constraints"

    def __call__(self, w: jax.Array) -> jax.Array:
        """Returns the weight that `w` becomes."""
        raise NotImplementedError(f"{type(self).__name__} needs a method __call__(w) that returns an array.")


@registry.register
@dataclass(eq=False)
class MaxNorm(Constraint):
    """Scales vectors that are longer than `max_value` down to it.

    Args: axis: along which a vector lies, one or several: 0 for Dense, (0, 1, 2) for Conv2D.
    """

    max_value: float = 2
    axis: Any = 0

    def __call__(self, w: jax.Array) -> jax.Array:
        """Returns the weight that `w` becomes."""
        norms = _norms(w, self.axis)
        return w * (jnp.clip(norms, 0, self.max_value) / (_EPSILON + norms))


@registry.register
@dataclass(eq=False)
class NonNeg(Constraint):
    """Sets negative elements to 0."""

    def __call__(self, w: jax.Array) -> jax.Array:
        """Returns the weight that `w` becomes."""
        return jnp.maximum(w, 0)


@registry.register
@dataclass(eq=False)
class UnitNorm(Constraint):
    """Scales vectors to length 1.

    Args: axis: along which a vector lies, one or several: 0 for Dense, (0, 1, 2) for Conv2D.
    """

    axis: Any = 0

    def __call__(self, w: jax.Array) -> jax.Array:
        """Returns the weight that `w` becomes."""
        return w / (_EPSILON + _norms(w, self.axis))


@registry.register
@dataclass(eq=False)
class MinMaxNorm(Constraint):
    """Scales vectors so that their length comes to lie between two bounds.

    Args: rate: which part of the way to the bound one step goes, 0 to 1.
          axis: along which a vector lies, one or several: 0 for Dense, (0, 1, 2) for Conv2D.
    """

    min_value: float = 0.0
    max_value: float = 1.0
    rate: float = 1.0
    axis: Any = 0

    def __call__(self, w: jax.Array) -> jax.Array:
        """Returns the weight that `w` becomes."""
        norms = _norms(w, self.axis)
        wanted = self.rate * jnp.clip(norms, self.min_value, self.max_value) + (1 - self.rate) * norms
        return w * (wanted / (_EPSILON + norms))


def _norms(w: jax.Array, axis: Any) -> jax.Array:
    # A config read from a file holds a list where the user wrote a tuple.
    axes = tuple(axis) if isinstance(axis, list) else axis
    return jnp.sqrt(jnp.sum(jnp.square(w), axis=axes, keepdims=True))


max_norm = MaxNorm
non_neg = NonNeg
unit_norm = UnitNorm
min_max_norm = MinMaxNorm
# As Keras 1 and 2 also spell them.
maxnorm = MaxNorm
nonneg = NonNeg
unitnorm = UnitNorm

_TABLE = {
    spelling: cls
    for cls in (MaxNorm, NonNeg, UnitNorm, MinMaxNorm)
    for spelling in (cls.__name__, names.snake_case(cls.__name__), cls.__name__.lower())
}


def get(identifier: Any) -> Callable[[Any], Any] | None:
    """Returns the constraint of a name, a config, an object or a function of one array; None for None.

    Errors: ValueError for an unknown name; TypeError for what can be no constraint.
    """
    return None if identifier is None else registry.get(identifier, _TABLE, "constraint")


def serialize(constraint: Any) -> Any:
    """Returns the config of a constraint."""
    return registry.serialize(constraint)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Callable[[Any], Any] | None:
    """Returns what `serialize` described, looked up among Plait's constraints and these objects.

    Errors: ValueError for a name that is not registered; nothing is imported.
    """
    with registry.custom_object_scope(custom_objects or {}):
        return get(config)
