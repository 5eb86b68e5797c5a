"""Regularizers: from a weight, or from the output of a layer, to one number that is added to the loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import arguments, errors, registry
from plait.core.fields import dataclass

Like: TypeAlias = "str | Regularizer | Callable[..., Any] | dict[str, Any] | None"


@dataclass(eq=False)
class Regularizer(arguments.Checked, registry.Described):
    """Is what regularizers derive from; your own defines `__call__(x)`, and `get_config` to be saved."""

    keras_module = "keras.regularizers"

    def __call__(self, x: jax.Array) -> Any:
        """Returns the term of the loss that belongs to `x`."""
        raise NotImplementedError(f"{type(self).__name__} needs a method __call__(x) that returns a number.")


@registry.register
@dataclass(eq=False)
class L1(Regularizer):
    """Computes `l1 * sum(|x|)`.

    Errors: ValueError for a strength that is negative or not finite.
    """

    l1: float = 0.01

    def __post_init__(self) -> None:
        self.l1 = _strength(self, "l1", self.l1)

    def __call__(self, x: jax.Array) -> jax.Array:
        """Returns the term of the loss that belongs to `x`."""
        return self.l1 * jnp.sum(jnp.abs(x))


@registry.register
@dataclass(eq=False)
class L2(Regularizer):
    """Computes `l2 * sum(x**2)`.

    Errors: ValueError for a strength that is negative or not finite.
    """

    l2: float = 0.01

    def __post_init__(self) -> None:
        self.l2 = _strength(self, "l2", self.l2)

    def __call__(self, x: jax.Array) -> jax.Array:
        """Returns the term of the loss that belongs to `x`."""
        return self.l2 * jnp.sum(jnp.square(x))


@registry.register
@dataclass(eq=False)
class L1L2(Regularizer):
    """Computes `l1 * sum(|x|) + l2 * sum(x**2)`.

    Errors: ValueError for a strength that is negative or not finite.
    """

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        self.l1, self.l2 = _strength(self, "l1", self.l1), _strength(self, "l2", self.l2)

    def __call__(self, x: jax.Array) -> jax.Array:
        """Returns the term of the loss that belongs to `x`."""
        return self.l1 * jnp.sum(jnp.abs(x)) + self.l2 * jnp.sum(jnp.square(x))


@registry.register
@dataclass(eq=False)
class OrthogonalRegularizer(Regularizer):
    """Computes `factor` times the mean |cosine| between any two different rows (or columns) of a matrix.

    Args:   mode: `"rows"` or `"columns"`, which of them are to become orthogonal.
    Errors: ValueError for another mode, for a factor that is negative or not finite, and when it is called on what is
            no matrix.
    """

    factor: float = 0.01
    mode: str = "rows"

    def __post_init__(self) -> None:
        self.factor = _strength(self, "factor", self.factor)
        if self.mode not in ("rows", "columns"):
            raise errors.unknown("mode of OrthogonalRegularizer", self.mode, ("rows", "columns"))

    def __call__(self, x: jax.Array) -> jax.Array:
        """Returns the term of the loss that belongs to `x`."""
        if x.ndim != 2:
            raise ValueError(f"OrthogonalRegularizer needs a matrix, got an array of shape {x.shape}.")
        rows = x if self.mode == "rows" else x.T
        norms = jnp.linalg.norm(rows, axis=1, keepdims=True)
        rows = rows / jnp.where(norms == 0, 1, norms)
        count = rows.shape[0]
        cosines = jnp.abs(rows @ rows.T) * (1 - jnp.eye(count, dtype=x.dtype))
        return self.factor * jnp.sum(cosines) / (count * (count - 1))


def _strength(regularizer: Regularizer, name: str, value: Any) -> float:
    is_number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not is_number or not 0 <= value < np.inf:
        who = type(regularizer).__name__
        raise ValueError(
            errors.explain(
                f"{who} needs a finite number of 0 or more for {name}, got {value!r}.",
                "It says how much of the penalty counts: 0 leaves the penalty out.",
            )
        )
    return float(value)


l1 = L1
l2 = L2
l1_l2 = L1L2
orthogonal_regularizer = OrthogonalRegularizer

_TABLE = {cls.__name__: cls for cls in (L1, L2, L1L2, OrthogonalRegularizer)} | {
    "l1": L1,
    "l2": L2,
    "l1_l2": L1L2,
    "l1l2": L1L2,
    "orthogonal_regularizer": OrthogonalRegularizer,
}


def get(identifier: Any) -> Callable[[Any], Any] | None:
    """Returns the regularizer of a name, a config, an object or a function of one array; None for None.

    Errors: ValueError for an unknown name; TypeError for what can be no regularizer.
    """
    return None if identifier is None else registry.get(identifier, _TABLE, "regularizer")


def serialize(regularizer: Any) -> Any:
    """Returns the config of a regularizer."""
    return registry.serialize(regularizer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Callable[[Any], Any] | None:
    """Returns what `serialize` described, looked up among Plait's regularizers and these objects.

    Errors: ValueError for a name that is not registered; nothing is imported.
    """
    with registry.custom_object_scope(custom_objects or {}):
        return get(config)
