"""The handle of one array in a metric's own state, for metrics written as in Keras."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

if TYPE_CHECKING:
    from plait.metrics.metric import Metric


class Variable:
    """Reads and assigns one entry of the metric's state, and computes like the array that it holds."""

    def __init__(self, metric: Metric, name: str) -> None:
        self._metric = metric
        self.name = name

    @property
    def value(self) -> jax.Array:
        """The array."""
        return self._metric.state[self.name]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, which does not change."""
        return self.value.shape

    @property
    def dtype(self) -> Any:
        """The dtype, which does not change."""
        return self.value.dtype

    def assign(self, value: Any) -> None:
        """Sets the array.

        Errors: ValueError if it has another shape.
        """
        value = jnp.asarray(value).astype(self.dtype)
        if value.shape != self.shape:
            raise ValueError(f'The variable "{self.name}" has shape {self.shape}, got a value of {value.shape}.')
        self._metric.assign({**self._metric.state, self.name: value})

    def assign_add(self, value: Any) -> None:
        """Adds to the array."""
        self.assign(self.value + jnp.asarray(value).astype(self.dtype))

    def assign_sub(self, value: Any) -> None:
        """Subtracts from the array."""
        self.assign(self.value - jnp.asarray(value).astype(self.dtype))

    def numpy(self) -> np.ndarray:
        """Returns the array as a NumPy array."""
        return np.asarray(self.value)

    def __jax_array__(self) -> jax.Array:
        return self.value

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.value, dtype=dtype)

    def __getitem__(self, index: Any) -> jax.Array:
        return self.value[index]

    def __repr__(self) -> str:
        return f"<Variable {self.name} of {self._metric.name}: {self.value}>"


def _forward(operation: Any) -> Any:
    return lambda self, other: operation(self.value, other.value if isinstance(other, Variable) else other)


def _backward(operation: Any) -> Any:
    return lambda self, other: operation(other, self.value)


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
    setattr(Variable, f"__{_name}__", _forward(getattr(operator, _name)))
    setattr(Variable, f"__r{_name}__", _backward(getattr(operator, _name)))
