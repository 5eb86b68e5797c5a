"""The gated recurrent unit."""

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
from plait.graph import checks
from plait.graph.shapes import Shape
from plait.layers.recurrent.step import Advance, Cell, Dropouts, Sequenced, Step, has_usual_gates


@dataclass(eq=False, repr=False)
class GRUStep(Step):
    """Computes one step of a gated recurrent unit."""

    units: int
    activation: activations.Like = "tanh"
    recurrent_activation: activations.Like = "sigmoid"
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
    reset_after: bool = True
    seed: int | None = None
    implementation: int = 2

    gates = 3

    def weight_shapes(self, step_shape: Shape) -> tuple[tuple[int, ...], ...]:
        """Returns the shapes of kernel, recurrent kernel and bias; h has a bias of its own if it is reset after."""
        *kernels, bias = super().weight_shapes(step_shape)
        return (*kernels, (2, *bias) if self.reset_after else bias)

    def projected(self, values: Mapping[Weight, Any], inputs: Any, input_dropout: Any) -> Any:
        """Returns inputs times kernel, plus bias."""
        return recurrence.project(inputs, values[self.kernel], input_dropout, self._biases(values)[0])

    def step(self, values: Mapping[Weight, Any], dropouts: Dropouts) -> Advance:
        """Returns the function of states and projected inputs that gives the new states."""
        return functools.partial(recurrence.gru_step, **self.arguments(values, dropouts))

    def arguments(self, values: Mapping[Weight, Any], dropouts: Dropouts) -> dict[str, Any]:
        """Returns what is the same at every step, by the names of `recurrence.gru_step`."""
        return {
            "recurrent_kernel": values[self.recurrent_kernel],
            "recurrent_bias": self._biases(values)[1],
            "activation": activations.get(self.activation),
            "recurrent_activation": activations.get(self.recurrent_activation),
            "reset_after": self.reset_after,
            "recurrent_dropout": dropouts[1],
        }

    def _biases(self, values: Mapping[Weight, Any]) -> tuple[Any, Any]:
        """Returns the bias of the inputs and that of h."""
        if self.bias is None:
            return None, None
        bias = values[self.bias]
        return (bias[0], bias[1]) if self.reset_after else (bias, None)


@registry.register
class GRUCell(Cell, GRUStep):
    """Computes one step of a gated recurrent unit: `outputs, [h] = cell(inputs, [h])`.

    Shapes: inputs (batch, features), h (batch, units) -> (batch, units), [(batch, units)]
    Args:   as `GRU`.
    Errors: ValueError for a wrong argument, or states of another shape.
    """


@registry.register
@dataclass(eq=False, repr=False)
class GRU(Sequenced, GRUStep):
    """Runs a gated recurrent unit over sequences.

    Called with `initial_state` it starts there. It puts out its last h, or every h with `return_sequences`.

    Shapes:  (batch, time, features) -> (batch, units); (batch, time, units) if return_sequences;
             with return_state a tuple of that and the last h (batch, units)
    Weights: kernel (features, 3 units), recurrent_kernel (units, 3 units), and if use_bias: bias (2, 3 units), of the
             inputs and of h, or (3 units,) without reset_after; the gates lie side by side: update, reset, new
    Args:    reset_after: multiply h by the reset gate after the recurrent kernel; False for before, as in the paper.
             The rest is as of `LSTM`.
    Errors:  ValueError for a wrong argument, and if a stateful layer meets an unknown or another batch size.
    Source:  K. Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014.
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
        """Runs the steps of a GRU."""
        (h,), arguments = states, self.arguments(values, dropouts)
        projected = self.projected(values, inputs, dropouts[0])
        return recurrence.gru(projected, h, **arguments, has_usual_gates=has_usual_gates(arguments), **how)
