"""A layer that runs any cell over sequences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp

from plait.core import errors, nest, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import recurrence
from plait.graph import adapter
from plait.graph.layer import Layer
from plait.graph.shapes import InputSpec, Shape
from plait.layers.recurrent.recurrent import Recurrent
from plait.layers.recurrent.stacked_rnn_cells import (
    StackedRNNCells,
    as_layer,
    build_cell,
    output_size_of,
    states_name,
)


@registry.register
@dataclass(eq=False, repr=False)
class RNN(Recurrent):
    """Runs a cell over sequences.

    A cell is called on the inputs of one step and the states, and gives its output and the new states:
    `outputs, states = cell(inputs, states)`. Its `state_size` says how many features its state has, or each of them
    has; `output_size`, if it has one, how many features its output; `get_initial_state(batch_size)`, if it has that,
    where it begins. A cell with weights is a layer; one without may be any object, also one that only has a `call`.

    Shapes:  (batch, time, ...) -> (batch, output_size); (batch, time, output_size) if return_sequences;
             with return_state a tuple of that and the last states
    Weights: those of the cell
    Args:    cell: the cell; several make a stack of cells.
             The rest is as of `LSTM`.
    Errors:  ValueError for what is no cell, and if a stateful layer meets an unknown or another batch size.
    """

    cell: Any
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    unroll: bool = False
    zero_output_for_mask: bool = False

    input_spec = InputSpec(min_ndim=3)

    def check(self) -> None:
        """Makes one cell of several."""
        if isinstance(self.cell, list | tuple):
            self.cell = StackedRNNCells(list(self.cell))
        # `cell` stays what the user gave, and what a config describes.
        self._cell = as_layer(self, self.cell)
        super().check()

    def build(self, input_shape: Shape) -> None:
        """Builds the cell, and declares the states that are remembered if it is stateful."""
        build_cell(self, self._cell, "cell", (input_shape[0], *input_shape[2:]))
        known = {axis: size for axis, size in enumerate(input_shape) if axis > 1 and size is not None}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=known)
        self.declare_states(input_shape)

    @property
    def state_size(self) -> list[Any]:
        """The features of each state, in the structure that the cell is given them in."""
        size = self.cell.state_size
        return list(size) if isinstance(size, list | tuple) else [size]

    def state_shapes(self, input_shape: Shape) -> list[Shape]:
        """Returns the shape of each state, batch included."""
        return [(input_shape[0], size) for size in nest.flatten(self.state_size)]

    def output_shape_of_step(self, input_shape: Shape) -> Shape:
        """Returns the shape of the output of one step, batch included."""
        return input_shape[0], output_size_of(self.cell)

    def arranged(self, states: Sequence[Any]) -> Sequence[Any]:
        """Returns states, or what describes them, in the structure of the cell's."""
        remaining = iter(states)
        return [[next(remaining) for _ in size] if isinstance(size, list | tuple) else next(remaining)
                for size in self.state_size]  # fmt: skip

    def beginning(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> list[Any]:
        """Returns the states that the cell says it begins with, else zeros."""
        begin = getattr(self.cell, "get_initial_state", None)
        if begin is None:
            return super().beginning(values, inputs, ctx)
        begun = adapter.apply_call(
            self._cell, lambda size: begin(batch_size=size), (), values, inputs.shape[0], ctx.at("cell"), {}
        )
        return nest.flatten(begun.outputs)

    def over_time(
        self, values: Mapping[Weight, Any], inputs: Any, states: list[Any], ctx: Context, **how: Any
    ) -> recurrence.Results:
        """Runs the cell."""
        name, inner = states_name(self._cell), ctx.at("cell")

        def step(before: recurrence.States, x: Any) -> list[Any]:
            updated = self._cell.run(values, x, inner, {name: self.arranged(before[1:])})
            _check_pure(self._cell, updated.values or updated.losses)
            after = _output_and_states(self._cell, updated.outputs, len(before))
            # Whatever it computes in, it goes on in the dtype it began with.
            return [array.astype(state.dtype) for array, state in zip(after, before, strict=True)]

        # The output goes along as a state: the last one stands for it at masked steps. At first that is where the
        # cell begins: its state, or that of the last cell of a stack.
        states = [state.astype(self._cell.compute_dtype) for state in states]
        sizes = self.state_size[-1] if isinstance(self.cell, StackedRNNCells) else self.state_size
        begun = states[-len(nest.flatten(sizes))]
        shape = self.output_shape_of_step(inputs.shape)
        output = begun if begun.shape == shape else jnp.zeros(shape, begun.dtype)
        last, outputs, after = recurrence.run(step, inputs, [output, *states], **how)
        return (
            last.astype(self.compute_dtype),
            None if outputs is None else outputs.astype(self.compute_dtype),
            [state.astype(self.compute_dtype) for state in after[1:]],
        )


def _output_and_states(cell: Layer, outputs: Any, count: int) -> list[Any]:
    flat = nest.flatten(outputs)
    if not isinstance(outputs, list | tuple) or len(outputs) != 2 or len(flat) != count:
        shapes = ", ".join(str(getattr(leaf, "shape", leaf)) for leaf in flat)
        raise ValueError(
            errors.explain(
                f"{cell} needs to return its output and {errors.counted(count - 1, 'state')}, got {shapes}.",
                "Return (output, [state, …]).",
            )
        )
    return flat


def _check_pure(cell: Layer, changes: Any) -> None:
    if changes:
        raise ValueError(
            errors.explain(
                f"{cell} changes running state, or adds to the loss, in each step of a loop over time, which keeps "
                "neither.",
                "Leave out what does in the cell, such as BatchNormalization, add_loss or an activity_regularizer.",
            )
        )
