"""What all recurrent layers share: where their states begin, which way they run, what they give back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import jax.numpy as jnp

from plait.core import errors, nest
from plait.core.context import Context
from plait.core.updated import Updated
from plait.core.weight import Weight
from plait.functional import recurrence
from plait.graph.layer import Layer
from plait.graph.shapes import InputSpec, Shape


class Recurrent(Layer):
    """Runs a step over sequences. A kind of its own has the fields below, and these three:

    state_shapes(input_shape):   the shape of each state; the first state is the output.
    declare_weights(step_shape): declares the weights, for inputs of this shape at each step.
    over_time(…):                runs its step over the inputs from given states, as `plait.functional.recurrence` does.
    """

    return_sequences: bool
    return_state: bool
    go_backwards: bool
    stateful: bool
    unroll: bool
    zero_output_for_mask: bool

    supports_masking = True
    input_spec = InputSpec(ndim=3)

    @property
    def feature_axis(self) -> int:
        """The axis of the inputs whose size the weights are declared for."""
        return 2

    def state_shapes(self, input_shape: Shape) -> list[Shape]:
        """Returns the shape of each state, batch included."""
        raise NotImplementedError

    def declare_weights(self, step_shape: Shape) -> None:
        """Declares the weights, for inputs of this shape at each step."""
        raise NotImplementedError

    def over_time(
        self, values: Mapping[Weight, Any], inputs: Any, states: list[Any], ctx: Context, **how: Any
    ) -> recurrence.Results:
        """Returns the last output, all outputs in running order or None, and the last states.

        Args: how: the arguments of `recurrence.run`.
        """
        raise NotImplementedError

    def check(self) -> None:
        """Checks what the fields of all recurrent layers have in common."""
        super().check()
        # The states of a batch go on in the next one, row by row: no row may be added to fill a batch up.
        self.mixes_batch = self.mixes_batch_always = self.stateful

    def build(self, input_shape: Shape) -> None:
        """Declares the weights, and the states that are remembered if it is stateful."""
        features = self.known_axis(input_shape, self.feature_axis)
        self.declare_weights((input_shape[0], *input_shape[2:]))
        self.input_spec = replace(self.input_spec, axes={self.feature_axis: features})
        self.declare_states(input_shape)

    def declare_states(self, input_shape: Shape) -> None:
        """Declares what a stateful layer remembers from batch to batch.

        Errors: ValueError if the batch size is not known.
        """
        self.states: list[Weight] = []
        if not self.stateful:
            return
        if input_shape[0] is None:
            raise ValueError(
                errors.explain(
                    f"{self} is stateful and needs to know the batch size, got inputs of shape {input_shape}.",
                    "Give it: Input(batch_shape=(32, 10, 8)), for batches of 32.",
                )
            )
        self.states = [
            self.declare(f"state_{number}", shape, trainable=False, is_counted=False)  # type: ignore[arg-type]
            for number, shape in enumerate(self.state_shapes(input_shape))
        ]

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context, initial_state: Any = None) -> Any:
        """Runs over the time axis."""
        last, outputs, states = self.over_time(
            values,
            inputs,
            self._first_states(values, inputs, ctx, initial_state),
            ctx,
            mask=recurrence.mask_of_steps(ctx.mask),
            go_backwards=self.go_backwards,
            return_sequences=self.return_sequences,
            zero_output_for_mask=self.zero_output_for_mask,
            unroll=self.unroll,
        )
        result = outputs if self.return_sequences else last
        return Updated(
            (result, *self.arranged(states)) if self.return_state else result,
            {handle: state.astype(handle.dtype) for handle, state in zip(self.states, states, strict=False)},
        )

    def _first_states(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context, initial_state: Any) -> list[Any]:
        """Returns the states that were given in the call, else the remembered ones, else those it begins with."""
        batch = inputs.shape[0]
        if self.states and self.states[0].shape[0] != batch:
            raise ValueError(
                f"{self} is stateful: it remembers the states of {self.states[0].shape[0]} sequences, "
                f"and cannot go on with a batch of {batch}."
            )
        if initial_state is not None:
            states = nest.flatten(initial_state)
        elif self.states:
            states = [values[handle] for handle in self.states]
        else:
            states = self.beginning(values, inputs, ctx)
        check_states(self, states, self.state_shapes(inputs.shape))
        return [jnp.asarray(state).astype(self.compute_dtype) for state in states]

    def beginning(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> list[Any]:
        """Returns the states it begins with where none are given."""
        return [jnp.zeros(shape, self.compute_dtype) for shape in self.state_shapes(inputs.shape)]

    def arranged(self, states: Sequence[Any]) -> Sequence[Any]:
        """Returns states, or what describes them, as the layer puts them out."""
        return states

    def output_shape_of_step(self, input_shape: Shape) -> Shape:
        """Returns the shape of the output of one step, batch included."""
        return self.state_shapes(input_shape)[0]

    def compute_output_spec(self, specs: Any, **arguments: Any) -> Any:
        """Returns the Specs of the output, and of the states if they are returned."""
        initial_state = arguments.get("initial_state")
        if initial_state is not None:
            check_states(self, nest.flatten(initial_state), self.state_shapes(specs.shape))
        return super().compute_output_spec(specs)

    def compute_output_shape(self, input_shape: Shape) -> Any:
        """Returns the shape of the output, and of the states if they are returned."""
        batch, *rest = self.output_shape_of_step(input_shape)
        result = (batch, input_shape[1], *rest) if self.return_sequences else (batch, *rest)
        return (result, *self.arranged(self.state_shapes(input_shape))) if self.return_state else result

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Returns the mask of the output if it is a sequence; states have none."""
        result = mask if self.return_sequences else None
        return [result, *(None for _ in self.state_shapes(inputs.shape))] if self.return_state else result

    def reset_state(self) -> None:
        """Lets a stateful layer begin the next batch from zeros."""
        for handle in self.states if self.built else []:
            handle.assign(jnp.zeros(handle.shape, handle.dtype))

    reset_states = reset_state


def check_states(layer: Layer, given: list[Any], needed: Sequence[Shape]) -> None:
    """Makes sure that the states given in a call have these shapes, as far as both are known.

    Errors: ValueError that names the layer.
    """
    got = [tuple(getattr(state, "shape", ())) for state in given]
    if [len(shape) for shape in got] != [len(shape) for shape in needed] or any(
        None not in (one, other) and one != other
        for pair in zip(got, needed, strict=True)
        for one, other in zip(*pair, strict=True)
    ):
        raise ValueError(
            errors.explain(
                f"{layer} needs {len(needed)} initial state(s) of shape "
                f"{', '.join(map(str, needed))}, got {', '.join(map(str, got)) or 'none'}."
            )
        )
