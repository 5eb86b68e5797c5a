"""Several cells that are one: each takes what the one before puts out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp

from plait.core import errors, nest, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.updated import Updated
from plait.core.weight import Weight
from plait.graph import adapter
from plait.graph.layer import Layer
from plait.graph.shapes import Shape, Spec
from plait.layers.recurrent.plain_cell import PlainCell


@registry.register
@dataclass(eq=False, repr=False)
class StackedRNNCells(Layer):
    """Runs one step of several cells, each on the output of the one before.

    Its states are a list with an entry for each cell: its state, or a list of its states.

    Shapes:  (batch, features), states -> the output of the last cell, and the new states
    Weights: those of the cells
    Args:    cells: the cells, as `RNN` takes them.
    Errors:  ValueError for no cells, or what is no cell.
    """

    cells: Any

    def check(self) -> None:
        """Checks the cells."""
        if not isinstance(self.cells, list | tuple) or not self.cells:
            raise ValueError(errors.explain(f"{self} needs a list of cells, got {self.cells!r}."))
        self.cells = list(self.cells)
        # Those in `cells` stay what the user gave, and what a config describes.
        self._cells = [as_layer(self, cell) for cell in self.cells]

    @property
    def state_size(self) -> list[Any]:
        """The features of the state of each cell, or of each of its states."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> int:
        """The features of the output."""
        return output_size_of(self.cells[-1])

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """Returns the states each cell says it begins with, else zeros."""

        def begun(cell: Any) -> Any:
            if hasattr(cell, "get_initial_state"):
                return cell.get_initial_state(batch_size=batch_size)
            return nest.walk(lambda size: jnp.zeros((batch_size, size), self.compute_dtype), cell.state_size)

        return [begun(cell) for cell in self.cells]

    def build(self, input_shape: Shape) -> None:
        """Builds each cell for the outputs of the one before."""
        shape = tuple(input_shape)
        for number, cell in enumerate(self._cells):
            build_cell(self, cell, _place(number), shape)
            shape = (input_shape[0], output_size_of(self.cells[number]))

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context, states: Any) -> Any:
        """Returns the output of the last cell, and the new states of all."""
        if len(states) != len(self.cells):
            raise ValueError(
                errors.explain(f"{self} needs states for each of its {len(self.cells)} cells, got {len(states)}.")
            )
        after: list[Any] = []
        changed: dict[Weight, Any] = {}
        losses: list[Any] = []
        for number, (cell, before) in enumerate(zip(self._cells, states, strict=True)):
            is_list = isinstance(before, list | tuple)
            given = list(before) if is_list else [before]
            updated = cell.run(values, inputs, ctx.at(_place(number)), {states_name(cell): given})
            inputs, found = updated.outputs
            flat = nest.flatten(found)
            after.append(flat if is_list else flat[0])
            changed.update(updated.values)
            losses.extend(updated.losses)
        return Updated((inputs, after), changed, tuple(losses))

    def compute_output_spec(self, specs: Any, **arguments: Any) -> Any:
        """Returns the Specs of the output and of the new states."""
        batch, dtype = specs.shape[0], self.compute_dtype
        states = nest.walk(lambda size: Spec((batch, size), dtype), self.state_size)
        return Spec((batch, self.output_size), dtype), states


def as_layer(around: Layer, cell: Any) -> Layer:
    """Returns a cell as a layer: itself if it is one.

    Errors: ValueError for what is no cell, that names the layer that it was given to.
    """
    can_run = callable(cell) or callable(getattr(cell, "call", None))
    if isinstance(cell, type) or not can_run or not hasattr(cell, "state_size"):
        raise ValueError(
            errors.explain(
                f"{around} needs a cell, which has a state_size and a `call` of inputs and states, got {cell!r}.",
                "Use LSTMCell, GRUCell, SimpleRNNCell or one of your own; LSTM, GRU and SimpleRNN need no RNN around.",
            )
        )
    return cell if isinstance(cell, Layer) else PlainCell(cell, dtype=around.dtype_policy)


def build_cell(layer: Layer, cell: Any, place: str, shape: Shape) -> None:
    """Builds a cell inside a layer for inputs of this shape at each step."""
    layer.adopt(cell, place)
    spec = Spec(shape, layer.compute_dtype)
    cell.prepare(spec, {}, None)
    if cell.has_keras_call:
        # Layers inside it are built only when it runs.
        sizes = cell.state_size if isinstance(cell.state_size, list | tuple) else [cell.state_size]
        states = nest.walk(lambda size: Spec((shape[0], size), cell.compute_dtype), list(sizes))
        cell._traced_spec(spec, {states_name(cell): states})


def output_size_of(cell: Any) -> int:
    """Returns the features of a cell's output: by default those of its first state."""
    size = getattr(cell, "output_size", None)
    return int(nest.flatten(cell.state_size)[0] if size is None else size)


def states_name(cell: Layer) -> str:
    """Returns how a cell calls the states it is given.

    Errors: ValueError if it takes none.
    """
    names = [name for name in adapter.call_arguments(type(cell))[1:] if name not in ("training", "mask")]
    if not names:
        raise ValueError(errors.explain(f"{cell} needs a `call` that takes inputs and states, got no second argument."))
    return names[0]


def _place(number: int) -> str:
    return f"cells_{number}"
