"""The long short-term memory."""

from __future__ import annotations

import functools
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
from plait.layers.recurrent.step import Advance, Cell, Dropouts, Sequenced, Step, has_usual_gates


@dataclass(eq=False, repr=False)
class LSTMStep(Step):
    """Computes one step of a long short-term memory."""

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
    # By name only: the layer has activity_regularizer in between, and the cell has not.
    _: KW_ONLY
    kernel_constraint: constraints.Like = None
    recurrent_constraint: constraints.Like = None
    bias_constraint: constraints.Like = None
    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    seed: int | None = None
    implementation: int = 2

    gates = 4

    @property
    def state_sizes(self) -> tuple[int, ...]:
        """The features of h and c."""
        return self.units, self.units

    @property
    def first_bias(self) -> initializers.Like:
        """What the bias begins with."""
        return forget_at_one(self.bias_initializer) if self.unit_forget_bias else self.bias_initializer

    def projected(self, values: Mapping[Weight, Any], inputs: Any, input_dropout: Any) -> Any:
        """Returns the inputs: an LSTM's step takes them as they are."""
        return inputs

    def step(self, values: Mapping[Weight, Any], dropouts: Dropouts) -> Advance:
        """Returns the function of states and inputs that gives the new states."""
        return functools.partial(recurrence.lstm_step, **self.arguments(values, dropouts))

    def arguments(self, values: Mapping[Weight, Any], dropouts: Dropouts) -> dict[str, Any]:
        """Returns what is the same at every step, by the names of `recurrence.lstm_step`."""
        return {
            "kernel": values[self.kernel],
            "recurrent_kernel": values[self.recurrent_kernel],
            "bias": None if self.bias is None else values[self.bias],
            "activation": activations.get(self.activation),
            "recurrent_activation": activations.get(self.recurrent_activation),
            "input_dropout": dropouts[0],
            "recurrent_dropout": dropouts[1],
        }


@registry.register
class LSTMCell(Cell, LSTMStep):
    """Computes one step of a long short-term memory: `outputs, [h, c] = cell(inputs, [h, c])`.

    Shapes: inputs (batch, features), h and c (batch, units) -> (batch, units), [(batch, units), (batch, units)]
    Args:   as `LSTM`.
    Errors: ValueError for a wrong argument, or states of another shape.
    """


@registry.register
@dataclass(eq=False, repr=False)
class LSTM(Sequenced, LSTMStep):
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
             use_cudnn: True lets cuDNN compute it where there are an NVIDIA card and no mask; else XLA does.
             zero_output_for_mask: put out zeros at masked steps instead of the output before.
             implementation: 1 drops other inputs for each gate, 2 the same for all, unless there is
             recurrent_dropout.
    Errors:  ValueError for a wrong argument, and if a stateful layer meets an unknown or another batch size.
    Source:  S. Hochreiter, J. Schmidhuber, Long Short-Term Memory, 1997.
    """

    _: KW_ONLY
    use_cudnn: bool | str = "auto"

    def check(self) -> None:
        """Checks the fields, and looks the names up."""
        super().check()
        checks.one_of(self, "use_cudnn", ("auto", True, False))

    def run_steps(
        self, values: Mapping[Weight, Any], inputs: Any, states: list[Any], dropouts: Dropouts, **how: Any
    ) -> recurrence.Results:
        """Runs the steps of an LSTM."""
        (h, c), arguments = states, self.arguments(values, dropouts)
        how |= {"has_usual_gates": has_usual_gates(arguments), "use_cudnn": self.use_cudnn is True}
        return recurrence.lstm(inputs, h, c, **arguments, **how)


def forget_at_one(rest: initializers.Like) -> initializers.Initializer:
    """Returns an initializer of biases like another one, but 1 in the second quarter: that of the forget gate."""
    return _ForgetAtOne(initializers.get(rest))


class _ForgetAtOne(initializers.Initializer):
    """Makes the second quarter, the bias of the forget gate, 1."""

    def __init__(self, rest: initializers.Initializer) -> None:
        self.rest = rest

    def draw(self, shape: Sequence[int], dtype: Any, place: str) -> np.ndarray:
        """Returns the values, on the host, of the weight at this place of a model."""
        values = np.array(self.rest.draw(shape, dtype, place))
        values[values.size // 4 : values.size // 2] = 1
        return values
