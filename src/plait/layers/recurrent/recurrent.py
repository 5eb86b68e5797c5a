"""What all recurrent layers share: where their states begin, which way they run, what they give back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import errors, nest
from plait.core.context import Context
from plait.core.updated import Updated
from plait.core.weight import Weight
from plait.functional import dropout, recurrence
from plait.graph import checks
from plait.graph.layer import Layer
from plait.graph.shapes import InputSpec, Shape


class Recurrent(Layer):
    """Runs a step over sequences. A kind of its own has the fields below, and these four:

    state_sizes:           the features of each state; the first state is the output.
    declare_weights(size): declares the weights, for inputs of so many features.
    over_time(…):          runs its step over the inputs from given states, as `plait.functional.recurrence` does.
    gates:                 how many inner activations there are, each of which may have a dropout of its own.
    """

    return_sequences: bool
    return_state: bool
    go_backwards: bool
    stateful: bool
    unroll: bool
    zero_output_for_mask: bool
    dropout: float
    recurrent_dropout: float
    seed: int | None
    implementation: int

    supports_masking = True
    input_spec = InputSpec(ndim=3)
    gates: int = 1

    @property
    def state_sizes(self) -> tuple[int, ...]:
        """The number of features of each state."""
        raise NotImplementedError

    def declare_weights(self, features: int) -> None:
        """Declares the weights, for inputs of so many features."""
        raise NotImplementedError

    def over_time(
        self, values: Mapping[Weight, Any], inputs: Any, states: list[Any], dropouts: tuple[Any, Any], **how: Any
    ) -> recurrence.Results:
        """Returns the last output, all outputs in running order or None, and the last states.

        Args: dropouts: what the inputs and the first state are multiplied by at every step, or None.
              how: the arguments of `recurrence.run`.
        """
        raise NotImplementedError

    def check(self) -> None:
        """Checks what the fields of all recurrent layers have in common."""
        checks.rates(self, "dropout", "recurrent_dropout")
        # The states of a batch go on in the next one, row by row: no row may be added to fill a batch up.
        self.mixes_batch = self.mixes_batch_always = self.stateful

    def build(self, input_shape: Shape) -> None:
        """Declares the weights, and the states that are remembered if it is stateful."""
        features = self.known_axis(input_shape, 2)
        self.declare_weights(features)
        self.input_spec = InputSpec(ndim=3, axes={-1: features})
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
            self.declare(f"state_{number}", (input_shape[0], size), trainable=False, is_counted=False)
            for number, size in enumerate(self.state_sizes)
        ]

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context, initial_state: Any = None) -> Any:
        """Runs over the time axis."""
        if not jnp.issubdtype(inputs.dtype, jnp.floating):
            inputs = inputs.astype(self.compute_dtype)
        last, outputs, states = self.over_time(
            values,
            inputs,
            self._first_states(values, inputs, initial_state),
            self._dropouts(inputs, ctx),
            mask=ctx.mask,
            go_backwards=self.go_backwards,
            return_sequences=self.return_sequences,
            zero_output_for_mask=self.zero_output_for_mask,
            unroll=self.unroll,
        )
        result = outputs if self.return_sequences else last
        return Updated(
            (result, *states) if self.return_state else result,
            {handle: state.astype(handle.dtype) for handle, state in zip(self.states, states, strict=False)},
        )

    def _first_states(self, values: Mapping[Weight, Any], inputs: Any, initial_state: Any) -> list[Any]:
        """Returns the states that were given in the call, else the remembered ones, else zeros."""
        batch = inputs.shape[0]
        if self.states and self.states[0].shape[0] != batch:
            raise ValueError(
                f"{self} is stateful: it remembers the states of {self.states[0].shape[0]} sequences, "
                f"and cannot go on with a batch of {batch}."
            )
        if initial_state is not None:
            given = nest.flatten(initial_state)
            self._check_states(given, batch)
            return [jnp.asarray(state).astype(inputs.dtype) for state in given]
        if self.states:
            return [values[handle].astype(inputs.dtype) for handle in self.states]
        return [jnp.zeros((batch, size), inputs.dtype) for size in self.state_sizes]

    def _check_states(self, given: list[Any], batch: int | None) -> None:
        needed = [(batch, size) for size in self.state_sizes]
        got = [tuple(getattr(state, "shape", ())) for state in given]
        if [len(shape) for shape in got] != [2] * len(needed) or any(
            None not in (one, other) and one != other
            for pair in zip(got, needed, strict=True)
            for one, other in zip(*pair, strict=True)
        ):
            raise ValueError(
                errors.explain(
                    f"{self} needs {len(needed)} initial state(s) of shape "
                    f"{', '.join(map(str, needed))}, got {', '.join(map(str, got))}."
                )
            )

    def _dropouts(self, inputs: Any, ctx: Context) -> tuple[Any, Any]:
        """Returns what inputs and outputs are multiplied by: the same factors at every step, or None."""
        if not ctx.training or not (self.dropout or self.recurrent_dropout):
            return None, None
        # With dropout between the steps each gate has factors of its own, as in Keras.
        own = (self.gates,) if self.recurrent_dropout or self.implementation != 2 else ()
        batch, _, features = inputs.shape

        def factors(rate: float, size: int, key: Any) -> Any:
            return dropout.dropout(jnp.ones((*own, batch, size), inputs.dtype), rate, key) if rate else None

        keys = jax.random.split(ctx.key_with(self.seed))
        return factors(self.dropout, features, keys[0]), factors(self.recurrent_dropout, self.state_sizes[0], keys[1])

    def compute_output_spec(self, specs: Any, **arguments: Any) -> Any:
        """Returns the Specs of the output, and of the states if they are returned."""
        initial_state = arguments.get("initial_state")
        if initial_state is not None:
            self._check_states(nest.flatten(initial_state), specs.shape[0])
        return super().compute_output_spec(specs)

    def compute_output_shape(self, input_shape: Shape) -> Any:
        """Returns the shape of the output, and of the states if they are returned."""
        batch, time, _ = input_shape
        units = self.state_sizes[0]
        result = (batch, time, units) if self.return_sequences else (batch, units)
        return (result, *((batch, size) for size in self.state_sizes)) if self.return_state else result

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Returns the mask of the output if it is a sequence; states have none."""
        result = mask if self.return_sequences else None
        return [result, *(None for _ in self.state_sizes)] if self.return_state else result

    def reset_state(self) -> None:
        """Lets a stateful layer begin the next batch from zeros."""
        for handle in self.states if self.built else []:
            handle.assign(jnp.zeros(handle.shape, handle.dtype))

    reset_states = reset_state
