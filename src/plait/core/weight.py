"""The handle of one array that a model learns or keeps."""

from __future__ import annotations

import contextlib
import functools
import math
import operator
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors


class Scope(Protocol):
    """What stands for handles while a layer computes: for weights, and for metrics, which hold a state."""

    def value(self, handle: Any) -> Any:
        """Returns the array, or the state, in force."""

    def assign(self, handle: Any, value: Any) -> None:
        """Sets what is in force from here on."""


# None outside of layers: there each weight holds its own array.
_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)


@contextlib.contextmanager
def standing_for(scope: Scope | None) -> Iterator[None]:
    """Lets this scope say what the weights are."""
    token = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(token)


def scope_in_force() -> Scope | None:
    """Returns what says what the weights are; None where each holds its own array."""
    return _scope.get()


class Weight:
    """A mutable handle: what an array is to be, and its value once something needs it.

    A new Weight is only declared: it has a shape and no memory. Its value is made at first read, or when a program
    asks for all of a model's values at once. Between dispatches of a program the handle is the truth; inside one,
    `values[handle]` is: a layer's `apply` that uses the handle itself as an array fails, while in a Keras-style `call`
    it stands for that array.
    """

    __slots__ = ("__weakref__", "_array", "_lent", "autocast", "constraint", "dtype", "initializer", "is_learned",
                 "name", "place", "regularizer", "shape", "trainable")  # fmt: skip

    # NumPy asks right-hand operands first when this is larger than its own 0: `array + weight` reaches __radd__.
    __array_priority__ = 100

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
        # As it was declared: freezing a weight does not move it in the list of weights.
        self.is_learned = trainable
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
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def path(self) -> str:
        """Where it is in its model, e.g. `"encoder/dense/kernel"`, whatever else was built."""
        return self.place()

    @property
    def value(self) -> jax.Array:
        """The array, made now if it was only declared. It stays valid whatever is trained afterwards.

        Errors: TypeError inside `apply`, where arrays are looked up in `values`.
        """
        scope = _scope.get()
        return self.held() if scope is None else scope.value(self)

    def held(self) -> jax.Array:
        """Returns the handle's own array, whatever stands for it in the layer that computes now."""
        self.materialise()
        self._lent = True
        return self._array  # type: ignore[return-value]

    def materialise(self) -> None:
        """Draws the initial value, unless there is a value already."""
        if self._array is None:
            values = self.initializer.draw(self.shape, self.dtype, self.place())  # type: ignore[attr-defined]
            # Also where the first read is inside a function that JAX traces: the value outlives the trace. Put, and
            # not made by jax.numpy, which would compile a program for each shape and copy the numbers once more.
            with jax.ensure_compile_time_eval():
                self._array = jax.device_put(values)

    def __getstate__(self) -> dict[str, Any]:
        """Returns all of it but its place, which the layer that has it tells it again."""
        return {name: getattr(self, name) for name in self.__slots__ if name not in ("__weakref__", "place")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
        self.place = functools.partial(str, self.name)  # where no layer has it

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

    def assign(self, value: Any) -> Weight:
        """Sets the value; a training step that starts later uses it. In a Keras-style `call` it is new running state.

        Errors: ValueError if the shape is another one; nothing is changed then.
        """
        array = value.value if isinstance(value, Weight) else value
        if np.shape(array) != self.shape:
            raise ValueError(
                errors.explain(f'Weight "{self.name}" has shape {self.shape}, got a value of shape {np.shape(array)}.')
            )
        scope = _scope.get()
        if scope is not None:
            scope.assign(self, jnp.asarray(array).astype(self.dtype))
        else:
            # A copy: the caller may go on writing to a NumPy array that JAX would only borrow.
            self._array, self._lent = jnp.array(array, dtype=self.dtype, copy=True), False
        return self

    def assign_add(self, value: Any) -> Weight:
        """Adds to the value."""
        return self.assign(self.value + value)

    def assign_sub(self, value: Any) -> Weight:
        """Subtracts from the value."""
        return self.assign(self.value - value)

    def numpy(self) -> np.ndarray:
        """Returns the value as a NumPy array of the caller's own."""
        return np.array(self.value if _scope.get() else self.peek())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self.numpy()
        return array if dtype is None else array.astype(dtype)

    def __jax_array__(self) -> Any:
        return self.value

    def __getitem__(self, key: Any) -> Any:
        return self.value[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.value)

    def __len__(self) -> int:
        return len(self.value)

    def __getattr__(self, name: str) -> Any:
        # What arrays can be asked, `weight.sum()`, `weight.T` …
        if name.startswith("_") or not hasattr(jax.Array, name):
            raise AttributeError(f"A weight has no attribute {name!r}.")
        return getattr(self.value, name)

    def __repr__(self) -> str:
        state = "" if self.is_materialised else ", declared only"
        return f"<Weight {self.name} shape={self.shape} dtype={self.dtype}{state}>"


def _operator(function: Callable[..., Any]) -> Callable[..., Any]:
    def of_value(self: Weight, *others: Any) -> Any:
        # A symbolic tensor makes a node of it, which keeps the handle.
        if any(getattr(other, "__array_priority__", 0) > Weight.__array_priority__ for other in others):
            return NotImplemented
        return function(self.value, *(other.value if isinstance(other, Weight) else other for other in others))

    return of_value


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    _function = getattr(operator, _name)
    setattr(Weight, f"__{_name}__", _operator(_function))
    setattr(Weight, f"__r{_name}__", _operator(lambda a, b, f=_function: f(b, a)))
for _name in ("neg", "abs", "lt", "le", "gt", "ge"):
    setattr(Weight, f"__{_name}__", _operator(getattr(operator, _name)))

# JAX takes the arguments of its compiled functions apart: there the weight becomes its array.
jax.tree_util.register_pytree_node(Weight, lambda weight: ((weight.value,), None), lambda _, arrays: arrays[0])
