"""What a metric is: a pure triple init, update and value, and Keras's stateful calls on top of it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from plait.core import arguments, errors, names, nest, policy, registry
from plait.core.weight import scope_in_force, standing_for
from plait.metrics.variable import Variable

# Arrays of JAX; what `init` returns may be of NumPy, which compiles nothing.
State = dict[str, Any]


class Metric(arguments.Checked, registry.Described):
    """Measures predictions over many batches; subclass it in one of two ways.

    As pure functions: define `init() -> state`, `update(state, y_true, y_pred, weight=None) -> state` and
    `value(state) -> number`, where a state is a dict of float32 arrays of fixed shapes.
    As in Keras: call `add_weight` in `__init__`, and define `update_state` and `result`.

    Args: dtype: kept for `get_config`; states are float32.
          name: shown in reports; by default the name of the class in snake_case.
    """

    keras_module = "keras.metrics"

    #: Whether a better model has more ("up") or less ("down") of it; None where that is not known.
    direction: ClassVar[str | None] = None

    _state: Any = None
    _declared: Any = None

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self.name = name or names.snake_case(type(self).__name__)
        self.dtype = policy.get(dtype).compute_dtype if dtype else policy.floatx()

    @property
    def mixes_batch(self) -> bool:
        """Whether rows count together, so that none may be there only to fill up the batch, not even at weight 0."""
        return False

    # ------------------------------------------------------------------------------------------ pure

    def build(self, y_true_shape: Sequence[int | None], y_pred_shape: Sequence[int | None]) -> None:
        """Tells the shapes that will come, for a state whose shape depends on them."""

    def init(self) -> State:
        """Returns the state of nothing seen."""
        return {name: make() for name, make in (self._declared or {}).items()}

    def update(self, state: State, y_true: Any, y_pred: Any, weight: Any = None) -> State:
        """Returns the state with one more batch seen.

        Args: weight: (batch,) or (batch, ...); 0 for what must not count; None if all counts alike.
        """
        raise NotImplementedError(f"{type(self).__name__} must define update, or update_state.")

    def value(self, state: State) -> jax.Array:
        """Returns what a state amounts to."""
        raise NotImplementedError(f"{type(self).__name__} must define value, or result.")

    def result(self, state: State | None = None) -> jax.Array:
        """Returns what a state amounts to; without one, what the metric's own amounts to."""
        return self.value(self.state if state is None else state)

    # ------------------------------------------------------------------------------------------ stateful

    @property
    def state(self) -> State:
        """The metric's own state, which only the stateful calls use; in a layer that computes, the one in force."""
        scope = scope_in_force()
        if scope is not None:
            return scope.value(self)
        if self._state is None:
            self._state = jax.device_put(self.init())
        return self._state

    def held(self) -> State:
        """Returns the metric's own state, whatever stands for it in the layer that computes now."""
        return self.init() if self._state is None else self._state

    def assign(self, state: State) -> None:
        """Sets the state; while a layer computes, the one in force there."""
        scope = scope_in_force()
        if scope is None:
            self._state = state
        else:
            scope.assign(self, state)

    @property
    def variables(self) -> list[jax.Array]:
        """The arrays of the metric's own state, in the order in which `init` names them."""
        state = self.state  # whose names JAX may have sorted
        return [state[name] for name in self.init()]

    def update_state(self, *data: Any, sample_weight: Any = None, **named: Any) -> None:
        """Counts one more batch: `update_state(y_true, y_pred, sample_weight=None)`."""
        data = tuple(nest.walk(_array, one) for one in data)
        named = {name: nest.walk(_array, one) for name, one in named.items()}
        if sample_weight is not None:
            named["weight"] = jnp.asarray(sample_weight)
        self.assign(self.update(self.state, *data, **named))

    def stateless_update_state(self, metric_variables: Sequence[Any], *data: Any, **named: Any) -> list[Any]:
        """Returns the variables after one more batch, as Keras does on JAX; arguments as for `update_state`.

        Errors: ValueError for another number of variables.
        """
        with self._standing_at(metric_variables):
            self.update_state(*data, **named)
            return self.variables

    def stateless_result(self, metric_variables: Sequence[Any]) -> Any:
        """Returns what these variables amount to.

        Errors: ValueError for another number of variables.
        """
        with self._standing_at(metric_variables):
            return self.result()

    def stateless_reset_state(self) -> list[Any]:
        """Returns the variables of nothing seen."""
        return list(self.init().values())

    @contextlib.contextmanager
    def _standing_at(self, variables: Sequence[Any]) -> Iterator[None]:
        kept = self._state
        try:
            with standing_for(None):
                self.take(variables)
                yield
        finally:
            self._state = kept

    def take(self, variables: Sequence[Any]) -> None:
        """Makes these the arrays of the metric's own state, in the order of `variables`.

        Errors: ValueError for another number of them.
        """
        wanted = list(self.init())
        if len(variables) != len(wanted):
            raise ValueError(
                errors.explain(
                    f'The metric "{self.name}" needs {errors.counted(len(wanted), "variable")}, got {len(variables)}.',
                    "Give those of metric.variables.",
                )
            )
        self.assign(dict(zip(wanted, map(jnp.asarray, variables), strict=True)))

    def reset_state(self) -> None:
        """Forgets what was seen."""
        if scope_in_force() is None:
            self._state = None
        else:
            self.assign(self.init())

    def __call__(self, *data: Any, **named: Any) -> jax.Array:
        """Counts one more batch, and returns the result over all so far."""
        self.update_state(*data, **named)
        return self.result()

    def add_weight(
        self,
        shape: tuple[int, ...] = (),
        initializer: str | Callable[..., Any] | None = None,
        dtype: Any = None,
        name: str | None = None,
    ) -> Variable:
        """Returns a new variable of the metric's own state, for the methods `update_state` and `result`.

        Args:   initializer: "zeros" (also None), "ones", or a function of (shape, dtype).
        Errors: ValueError for another name of an initializer.
        """
        self._declared = self._declared or {}
        name = name or f"variable_{len(self._declared)}"
        self._declared[name] = functools.partial(_made, _maker(initializer), tuple(shape))
        self._state = None
        return Variable(self, name)

    add_variable = add_weight

    def get_config(self) -> dict[str, Any]:
        """Returns the name and the dtype; a subclass adds its own arguments."""
        return {"name": self.name, "dtype": self.dtype}


def _array(one: Any) -> Any:
    return None if one is None else jnp.asarray(one)


def _maker(initializer: Any) -> Callable[..., Any]:
    makers = {None: jnp.zeros, "zeros": jnp.zeros, "ones": jnp.ones}
    if isinstance(initializer, str) and initializer not in makers:
        raise errors.unknown("initializer of a metric", initializer, ["zeros", "ones"])
    return initializer if callable(initializer) else makers[initializer]


def _made(make: Callable[..., Any], shape: tuple[int, ...]) -> jax.Array:
    return jnp.asarray(make(shape, dtype=jnp.float32))
