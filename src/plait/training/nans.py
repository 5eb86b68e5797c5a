"""Where the first NaN or infinity of a training step comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors, nest
from plait.graph import watching
from plait.training.program import Data, Program, gathered


def watched(program: Any, model: Any) -> Watched:
    """Returns a program each of whose steps is looked at.

    Errors: ValueError for a model whose steps are its own.
    """
    if not isinstance(program, Program):
        raise ValueError(
            errors.explain(
                f"debug_nans looks into the steps of fit, and those of {model} are its own.",
                "Call jax.config.update('jax_debug_nans', True) before it is trained.",
            )
        )
    return Watched(program)


class Watched:
    """A program each of whose steps is looked at: has all that a Program has, and trains one step at a time.

    Errors: FloatingPointError for a step that makes a number which is none. Weights and slots are as they were before
            that step then.
    """

    steps_alone = True

    def __init__(self, program: Program) -> None:
        self._program = program

    def __getattr__(self, name: str) -> Any:
        return getattr(self._program, name)

    def train(
        self, logs: Any, data: Data, order: Any, start: int, stop: int, batch: int, examples: int, seed: int,
        padded: bool,
    ) -> tuple[Any, Any]:  # fmt: skip
        """Makes one step as `Program.train` does, and looks at what came of it."""
        program = self._program
        number = int(program.slots().steps)
        held, slots = jax.tree.map(
            jnp.copy, ({path: one.peek() for path, one in program.handles.items()}, program.slots())
        )
        logs, ticket = program.train(logs, data, order, start, stop, batch, examples, seed, padded)
        numbers = {path: program.handles[path].peek() for path in program.trained}
        bad = [path for path, array in numbers.items() if not _is_finite(array)]
        if int(logs["first_bad_step"]) < 0 and not bad:
            return logs, ticket
        before = jax.tree.map(np.array, held)
        for path, weight in program.handles.items():
            weight.put(held[path])
        program.start_from(slots)
        seen = _Seen()
        with watching.by(seen):
            program.step_once(before, slots, gathered(data, order, start, batch, examples, padded), seed)
        found = _found(seen, int(logs["first_bad_step"]) >= 0, bad)
        raise FloatingPointError(
            errors.explain(
                f"Training step {number + 1} makes numbers that are none: {found}",
                "The weights are as they were before that step.",
            )
        )


@dataclass
class _Call:
    """What one call of a layer took and gave, and how the loss changes with these; what is not known is empty."""

    layer: Any
    taken: list[Any] = field(default_factory=list)
    given: list[Any] = field(default_factory=list)
    by_taken: list[Any] = field(default_factory=list)
    by_given: list[Any] = field(default_factory=list)


class _Seen:
    """Notes the calls of a step, in which nothing is compiled."""

    def __init__(self) -> None:
        self.calls: list[_Call] = []
        self._open: list[_Call] = []

    def taken(self, layer: Any, inputs: Any) -> Any:
        call = _Call(layer)
        self._open.append(call)
        return nest.walk(lambda leaf: _noted(leaf, call.taken, call.by_taken), inputs)

    def given(self, layer: Any, outputs: Any) -> Any:
        call = self._open.pop()
        self.calls.append(call)  # a layer inside another before it
        return nest.walk(lambda leaf: _noted(leaf, call.given, call.by_given), outputs)

    def forward(self) -> str | None:
        """Returns which layer made the first of these on the way to the loss; None if no layer did."""
        for call in self.calls:
            if not _all_finite(call.given):
                if not _all_finite(call.taken):
                    return f"{call.layer} is given some, {_described(call.taken)}{_called_at(call.layer)}."
                return f"{call.layer} makes the first, of {_described(call.taken)}{_called_at(call.layer)}."
        return None

    def backward(self) -> str | None:
        """Returns where the gradient, on its way back, is the first of these; None if it is finite."""
        for call in reversed(self.calls):
            if not _all_finite(call.by_given):
                return f"the loss has no finite gradient where {call.layer} ends, at {_described(call.given)}."
            if not _all_finite(call.by_taken):
                return (
                    f"the gradient that goes back through {call.layer} is the first, "
                    f"at {_described(call.taken)}{_called_at(call.layer)}."
                )
        return None


def _noted(leaf: Any, values: list[Any], gradients: list[Any]) -> Any:
    """Returns the array, having noted it, and its gradient when that comes back."""
    if not (hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jnp.floating)):
        return leaf

    def note(array: Any, where: list[Any]) -> Any:
        if not isinstance(array, jax.core.Tracer):  # as inside the loop of a recurrent layer
            where.append(array)
        return array

    @jax.custom_vjp
    def same(array: Any) -> Any:
        return note(array, values)

    def forward(array: Any) -> Any:
        return note(array, values), None

    def backward(_: Any, gradient: Any) -> Any:
        return (note(gradient, gradients),)

    same.defvjp(forward, backward)
    return same(leaf)


def _is_finite(array: Any) -> bool:
    return not jnp.issubdtype(array.dtype, jnp.floating) or bool(jnp.isfinite(array).all())


def _all_finite(arrays: list[Any]) -> bool:
    return all(_is_finite(array) for array in arrays)


def _described(arrays: list[Any]) -> str:
    return " and ".join(_statistics(np.asarray(array, np.float64)) for array in arrays) or "no numbers"


def _statistics(array: np.ndarray) -> str:
    finite = array[np.isfinite(array)]
    spread = (
        f"from {finite.min():.4g} to {finite.max():.4g}, {finite.mean():.4g} on average"
        if finite.size
        else "none finite"
    )
    nans, infinities = int(np.isnan(array).sum()), int(np.isinf(array).sum())
    counts = "".join(f", {count} {name}" for count, name in ((nans, "NaN"), (infinities, "infinite")) if count)
    return f"numbers {spread}{counts} (shape {array.shape})"


def _called_at(layer: Any) -> str:
    return f"; it was called at {layer.called_at}" if layer.called_at else ""


def _found(seen: _Seen, is_loss_bad: bool, bad: list[str]) -> str:
    """Returns what is to be said, of a step that makes a loss or new weights, at these paths, that are no numbers."""
    ahead = seen.forward()
    if ahead is None and is_loss_bad:
        return "the loss is the first, of outputs that are finite; look at the targets and sample weights."
    return (
        ahead
        or seen.backward()
        or (f"the new value of {bad[0]}, of gradients that are finite; look at the learning rate.")
    )
