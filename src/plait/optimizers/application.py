"""What `optimizer.apply` does: a part of the step that is traced now or, outside of any, a step of its own at once."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors
from plait.core.weight import Weight
from plait.optimizers import brought, stateless

# Takes an optimizer, gradients and weights, in the step that is traced now; None outside of any.
_application: ContextVar[Callable[[Any, Sequence[Any], Any], None] | None] = ContextVar("application", default=None)


@contextlib.contextmanager
def applying(function: Callable[[Any, Sequence[Any], Any], None]) -> Iterator[None]:
    """Lets this function of an optimizer, gradients and weights do what their `apply` asks for."""
    token = _application.set(function)
    try:
        yield
    finally:
        _application.reset(token)


class Standing:
    """Keeps the slots of an optimizer for the weights it was built for, from one `apply` to the next."""

    def __init__(self, optimizer: Any, weights: Mapping[str, Weight]) -> None:
        # Weakly: the optimizer keeps this, and both go when their last user does.
        itself, reference = weakref.ref(self), weakref.ref(optimizer)
        self.weights = weights
        slots = brought.started(optimizer, {path: weight.peek() for path, weight in weights.items()})
        # An optax transformation may give the array of a weight, which may be donated by a program.
        self.slots = jax.tree.map(lambda leaf: jnp.array(leaf, copy=True), slots)
        optimizer.serves(weights, lambda: kept.slots if (kept := itself()) else None)
        # Compiled: outside of a program each operation would be dispatched by itself, and compiled for each new shape.
        self._step = jax.jit(lambda *arrays: stateless.stepped(reference(), weights, *arrays))

    def apply(self, learning_rate: Any, grads: Sequence[Any]) -> None:
        """Changes the weights by their gradients."""
        # Taken: what comes back may be what was given, and then nobody else may hold it.
        values = [weight.take() for weight in self.weights.values()]
        values, self.slots = self._step(self.slots, np.asarray(learning_rate, np.float32), list(grads), values)
        for weight, value in zip(self.weights.values(), values, strict=True):
            weight.put(value)


def apply(optimizer: Any, grads: Sequence[Any], weights: Sequence[Any] | None) -> None:
    """Hands gradients and weights to the step that is traced now, or makes a step at once."""
    application = _application.get() or _apply_at_once
    application(optimizer, grads, weights)


def _apply_at_once(optimizer: Any, grads: Sequence[Any], weights: Sequence[Any] | None) -> None:
    who = type(optimizer).__name__
    if any(isinstance(grad, jax.core.Tracer) for grad in grads):
        raise RuntimeError(
            errors.explain(
                f"{who} cannot apply gradients while JAX traces a function, except in a model's train_step.",
                "There stateless_apply, or update on dicts, gives new values for old ones.",
            )
        )
    if weights is not None and not optimizer.built:
        optimizer.build(weights)
    standing = optimizer.standing()
    if weights is not None and list(weights) != list(standing.weights.values()):
        raise ValueError(
            errors.explain(
                f"{who} was built for {errors.counted(len(standing.weights), 'weight')}, and not for those given now.",
                "Give all of them each time, in one order, or take an optimizer for each set of weights.",
            )
        )
    standing.apply(0.0 if optimizer.has_schedule else optimizer.current_learning_rate(None), grads)
