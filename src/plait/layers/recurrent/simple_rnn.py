"""The simple recurrent network."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import KW_ONLY
from typing import Any

from plait import activations, constraints, initializers, regularizers
from plait.core import registry
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import recurrence
from plait.layers.recurrent.step import Advance, Cell, Dropouts, Sequenced, Step


@dataclass(eq=False, repr=False)
class SimpleRNNStep(Step):
    """Computes `h = activation(inputs @ kernel + bias + h @ recurrent_kernel)`.

    Weights: kernel (features, units), recurrent_kernel (units, units), bias (units,) if use_bias
    Args:    dropout, recurrent_dropout: the part of the inputs, and of h, that is dropped in training; from 0 to 1.
             seed: makes these draws differ from those of a layer with another seed.
    """

    units: int
    activation: activations.Like = "tanh"
    use_bias: bool = True
    kernel_initializer: initializers.Like = "glorot_uniform"
    recurrent_initializer: initializers.Like = "orthogonal"
    bias_initializer: initializers.Like = "zeros"
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

    def projected(self, values: Mapping[Weight, Any], inputs: Any, input_dropout: Any) -> Any:
        """Returns inputs times kernel, plus bias."""
        bias = None if self.bias is None else values[self.bias]
        return recurrence.project(inputs, values[self.kernel], input_dropout, bias)

    def step(self, values: Mapping[Weight, Any], dropouts: Dropouts) -> Advance:
        """Returns the function of states and projected inputs that gives the new states."""
        return functools.partial(
            recurrence.simple_rnn_step,
            recurrent_kernel=values[self.recurrent_kernel],
            activation=activations.get(self.activation),
            recurrent_dropout=dropouts[1],
        )


@registry.register
class SimpleRNNCell(Cell, SimpleRNNStep):
    """Computes one step of a simple recurrent network: `outputs, [h] = cell(inputs, [h])`.

    Shapes: inputs (batch, features), h (batch, units) -> (batch, units), [(batch, units)]
    Args:   as `SimpleRNN`.
    Errors: ValueError for a wrong argument, or states of another shape.
    """


@registry.register
@dataclass(eq=False, repr=False)
class SimpleRNN(Sequenced, SimpleRNNStep):
    """Runs a simple recurrent network over sequences.

    Called with `initial_state` it starts there. It puts out its last h, or every h with `return_sequences`.

    Shapes:  (batch, time, features) -> (batch, units); (batch, time, units) if return_sequences;
             with return_state a tuple of that and the last h (batch, units)
    Weights: kernel (features, units), recurrent_kernel (units, units), bias (units,) if use_bias
    Args:    as `LSTM`.
    Errors:  ValueError for a wrong argument, and if a stateful layer meets an unknown or another batch size.
    Source:  J. Elman, Finding Structure in Time, 1990.
    """
