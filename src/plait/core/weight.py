"""The handle of one array that a model learns or keeps."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors


class Weight:
    """A mutable handle: what an array is to be, and its value once something needs it.

    A new Weight is only declared: it has a shape and no memory. Its value is made at first read, or when a program
    asks for all of a model's values at once. Between dispatches of a program the handle is the truth; inside one,
    `values[handle]` is, and the handle itself is no array: using it as one there fails.
    """

    __slots__ = ("__weakref__", "_array", "_lent", "autocast", "constraint", "dtype", "initializer", "name", "place",
                 "regularizer", "shape", "trainable")  # fmt: skip

    def __init__(
        self,
        name: str,
        shape: tuple[int, ...],
        dtype: str,
        initializer: Callable[..., Any],
        *,
        place: Callable[[], str],
        trainable: bool = True,
        regularizer: Callable[[Any], Any] | None = None,
        constraint: Callable[[Any], Any] | None = None,
        autocast: bool = True,
    ) -> None:
        self.name = name
        self.shape = shape
        self.dtype = dtype
        self.initializer = initializer
        self.place = place
        self.trainable = trainable
        self.regularizer = regularizer
        self.constraint = constraint
        # Whether layers see it in the dtype they compute in; running statistics stay as precise as they are kept.
        self.autocast = autocast
        self._array: jax.Array | None = None
        # Whether someone outside may hold the array: then it is copied once before it is donated.
        self._lent = False

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def is_materialised(self) -> bool:
        """Whether the value exists in memory."""
        return self._array is not None

    @property
    def value(self) -> jax.Array:
        """The array, made now if it was only declared. It stays valid whatever is trained afterwards."""
        self.materialise()
        self._lent = True
        return self._array  # type: ignore[return-value]

    def materialise(self) -> None:
        """Draws the initial value, unless there is a value already."""
        if self._array is None:
            values = self.initializer.draw(self.shape, self.dtype, self.place())  # type: ignore[attr-defined]
            # Also where the first read is inside a function that JAX traces: the value outlives the trace.
            with jax.ensure_compile_time_eval():
                self._array = jnp.asarray(values)

    def take(self) -> jax.Array:
        """Returns an array that may be donated: the value, or a copy if the value is lent. Used by programs."""
        array = self.peek()
        if self._lent:
            self.put(jnp.copy(array))
        return self.peek()

    def peek(self) -> jax.Array:
        """Returns the array to read from, not to keep and not to donate. Used by programs."""
        self.materialise()
        return self._array  # type: ignore[return-value]

    def put(self, array: jax.Array) -> None:
        """Takes the value a program made. Used by programs."""
        self._array, self._lent = array, False

    def assign(self, value: Any) -> None:
        """Sets the value; a training step that starts later uses it.

        Errors: ValueError if the shape is another one; nothing is changed then.
        """
        array = value.value if isinstance(value, Weight) else value
        if np.shape(array) != self.shape:
            raise ValueError(
                errors.explain(f'Weight "{self.name}" has shape {self.shape}, got a value of shape {np.shape(array)}.')
            )
        # A copy: the caller may go on writing to a NumPy array that JAX would only borrow.
        self._array, self._lent = jnp.array(array, dtype=self.dtype, copy=True), False

    def assign_add(self, value: Any) -> None:
        """Adds to the value."""
        self.assign(self.value + value)

    def assign_sub(self, value: Any) -> None:
        """Subtracts from the value."""
        self.assign(self.value - value)

    def numpy(self) -> np.ndarray:
        """Returns the value as a NumPy array of the caller's own."""
        return np.array(self.peek())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self.numpy()
        return array if dtype is None else array.astype(dtype)

    def __repr__(self) -> str:
        state = "" if self.is_materialised else ", declared only"
        return f"<Weight {self.name} shape={self.shape} dtype={self.dtype}{state}>"
