"""The long short-term memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY
from typing import Any

import numpy as np

from plait import activations, constraints, initializers, regularizers
from plait.core import registry
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import recurrence
from plait.graph import checks
from plait.layers.recurrent.recurrent import Recurrent


@registry.register
@dataclass(eq=False, repr=False)
class LSTM(Recurrent):
    """Runs a long short-term memory over sequences.

    Called with `initial_state=[h, c]` it starts there. It puts out its last h, or every h with `return_sequences`.

    Shapes:  (batch, time, features) -> (batch, units); (batch, time, units) if return_sequences;
             with return_state a tuple of that and the last h and c, (batch, units) each
    Weights: kernel (features, 4 units), recurrent_kernel (units, 4 units), bias (4 units,) if use_bias; the gates
             lie side by side: input, forget, cell, output
    Args:    unit_forget_bias: start the bias of the forget gate at 1.
             dropout, recurrent_dropout: the part of the inputs, and of h, that is dropped in training; from 0 to 1.
             seed: makes these draws differ from those of a layer with another seed.
             return_state: put out h and c too.
             go_backwards: run from the end; a sequence that is put out then starts there too.
             stateful: start each batch where the row of the batch before ended, until `reset_state()`.
             unroll: compile the steps one by one instead of a loop: quicker for a few steps.
             use_cudnn: for Keras's sake; XLA chooses how to compute whatever it is.
             zero_output_for_mask: put out zeros at masked steps instead of the output before.
             implementation: 1 drops other inputs for each gate, 2 the same for all, unless there is
             recurrent_dropout.
    Errors:  ValueError for a wrong argument, and if a stateful layer meets an unknown or another batch size.
    Source:  S. Hochreiter, J. Schmidhuber, Long Short-Term Memory, 1997.
    """

    units: int
    activation: activations.Like = "tanh"
    recurrent_activation: activations.Like = "sigmoid"
    use_bias: bool = True
    kernel_initializer: initializers.Like = "glorot_uniform"
    recurrent_initializer: initializers.Like = "orthogonal"
    bias_initializer: initializers.Like = "zeros"
    unit_forget_bias: bool = True
    kernel_regularizer: regularizers.Like = None
    recurrent_regularizer: regularizers.Like = None
    bias_regularizer: regularizers.Like = None
    # By name only: Keras has activity_regularizer in between.
    _: KW_ONLY
    kernel_constraint: constraints.Like = None
    recurrent_constraint: constraints.Like = None
    bias_constraint: constraints.Like = None
    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    seed: int | None = None
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    unroll: bool = False
    use_cudnn: bool | str = "auto"
    zero_output_for_mask: bool = False
    implementation: int = 2

    gates = 4

    def check(self) -> None:
        """Checks the fields, and looks the names up."""
        super().check()
        checks.positive(self, "units")
        checks.one_of(self, "use_cudnn", ("auto", True, False))
        checks.one_of(self, "implementation", (0, 1, 2))
        checks.looked_up(self)

    @property
    def state_sizes(self) -> tuple[int, ...]:
        """The number of features of h and c."""
        return self.units, self.units

    def declare_weights(self, features: int) -> None:
        """Declares kernel, recurrent kernel and bias."""
        self.kernel = self.declare(
            "kernel",
            (features, 4 * self.units),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.recurrent_kernel = self.declare(
            "recurrent_kernel",
            (self.units, 4 * self.units),
            self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        self.bias: Weight | None = None
        if self.use_bias:
            start = initializers.get(self.bias_initializer)
            self.bias = self.declare(
                "bias",
                (4 * self.units,),
                _ForgetAtOne(start) if self.unit_forget_bias else start,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def over_time(
        self, values: Mapping[Weight, Any], inputs: Any, states: list[Any], dropouts: tuple[Any, Any], **how: Any
    ) -> recurrence.Results:
        """Runs the steps of an LSTM."""
        h, c = states
        activation, gate = activations.get(self.activation), activations.get(self.recurrent_activation)
        return recurrence.lstm(
            inputs,
            h,
            c,
            values[self.kernel],
            values[self.recurrent_kernel],
            None if self.bias is None else values[self.bias],
            activation=activation,
            recurrent_activation=gate,
            has_usual_gates=activation is activations.tanh and gate is activations.sigmoid,
            input_dropout=dropouts[0],
            recurrent_dropout=dropouts[1],
            **how,
        )


class _ForgetAtOne(initializers.Initializer):
    """Makes the second quarter, the bias of the forget gate, 1."""

    def __init__(self, rest: initializers.Initializer) -> None:
        self.rest = rest

    def draw(self, shape: Sequence[int], dtype: Any, place: str) -> np.ndarray:
        """Returns the values, on the host, of the weight at this place of a model."""
        values = np.array(self.rest.draw(shape, dtype, place))
        values[values.size // 4 : values.size // 2] = 1
        return values
