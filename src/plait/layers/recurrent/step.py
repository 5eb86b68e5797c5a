"""A kind of step with its weights, and the two layers made of one: a cell, and a layer that runs it over time.

A cell is one step that the user runs, in an `RNN` or by hand; a layer of the same kind, with the same weights, runs its
step by itself, and computes what it can for all steps at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp

from plait import activations, constraints, initializers, regularizers
from plait.core import nest
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import dropout, recurrence
from plait.graph import checks
from plait.graph.layer import Layer
from plait.graph.shapes import InputSpec, Shape, Spec
from plait.layers.recurrent.recurrent import Recurrent, check_states

# What the inputs, and the first state, are multiplied by at every step; None for nothing.
Dropouts: TypeAlias = tuple[Any, Any]
Advance: TypeAlias = Callable[[recurrence.States, Any], recurrence.States]


class Step(Layer):
    """Has the weights and the formula of one kind of step. A kind of its own has the fields below, and these:

    gates:          how many inner activations lie side by side in the kernels.
    implementation: 1 where each gate drops other inputs, 2 where all drop the same; with recurrent dropout always 1.
    state_sizes:    the features of each state; the first state is the output.
    projected(…):   returns what can be computed of the inputs for all steps at once.
    step(…):        returns the function that gives new states from states and that.
    """

    units: int
    activation: activations.Like
    use_bias: bool
    kernel_initializer: initializers.Like
    recurrent_initializer: initializers.Like
    bias_initializer: initializers.Like
    kernel_regularizer: regularizers.Like
    recurrent_regularizer: regularizers.Like
    bias_regularizer: regularizers.Like
    kernel_constraint: constraints.Like
    recurrent_constraint: constraints.Like
    bias_constraint: constraints.Like
    dropout: float
    recurrent_dropout: float
    seed: int | None

    gates = 1
    implementation = 2
    sizes: tuple[str, ...] = ("units",)

    def check(self) -> None:
        """Checks the fields, and looks the names up."""
        super().check()
        checks.positive(self, *self.sizes)
        checks.rates(self, "dropout", "recurrent_dropout")
        checks.one_of(self, "implementation", (0, 1, 2))
        checks.looked_up(self)

    @property
    def state_sizes(self) -> tuple[int, ...]:
        """The features of each state."""
        return (self.units,)

    def state_shapes_after(self, step_shape: Shape) -> list[Shape]:
        """Returns the shape of each state, batch included, for inputs of this shape at each step."""
        return [(step_shape[0], size) for size in self.state_sizes]

    def weight_shapes(self, step_shape: Shape) -> tuple[tuple[int, ...], ...]:
        """Returns the shapes of kernel, recurrent kernel and bias."""
        width = self.gates * self.units
        return (self.known_axis(step_shape, -1), width), (self.units, width), (width,)

    @property
    def first_bias(self) -> initializers.Like:
        """What the bias begins with."""
        return self.bias_initializer

    def declare_weights(self, step_shape: Shape) -> None:
        """Declares kernel, recurrent kernel and bias."""
        kernel, recurrent_kernel, bias = self.weight_shapes(step_shape)
        self.kernel = self.declare(
            "kernel",
            kernel,
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.recurrent_kernel = self.declare(
            "recurrent_kernel",
            recurrent_kernel,
            self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        self.bias: Weight | None = None
        if self.use_bias:
            self.bias = self.declare(
                "bias",
                bias,
                self.first_bias,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def dropouts(self, inputs: Any, step_shape: tuple[int, ...], ctx: Context) -> Dropouts:
        """Returns what inputs and first state are multiplied by: the same factors at every step."""
        if not ctx.training or not (self.dropout or self.recurrent_dropout):
            return None, None
        # With dropout between the steps each gate has factors of its own, as in Keras.
        has_own = self.gates > 1 and (self.recurrent_dropout or self.implementation != 2)
        own = (self.gates,) if has_own else ()

        def factors(rate: float, shape: Any, key: Any) -> Any:
            return dropout.dropout(jnp.ones((*own, *shape), inputs.dtype), rate, key) if rate else None

        keys = jax.random.split(ctx.key_with(self.seed))
        first_state = self.state_shapes_after(step_shape)[0]
        return factors(self.dropout, step_shape, keys[0]), factors(self.recurrent_dropout, first_state, keys[1])

    def projected(self, values: Mapping[Weight, Any], inputs: Any, input_dropout: Any) -> Any:
        """Returns what can be computed of the inputs, of one step or of all, without the states."""
        raise NotImplementedError

    def step(self, values: Mapping[Weight, Any], dropouts: Dropouts) -> Advance:
        """Returns the function of states and projected inputs that gives the new states."""
        raise NotImplementedError

    def as_floats(self, inputs: Any) -> Any:
        """Returns inputs that kernels can be multiplied with."""
        return inputs if jnp.issubdtype(inputs.dtype, jnp.floating) else inputs.astype(self.compute_dtype)


class Cell(Step):
    """Computes one step: `outputs, states = cell(inputs, states)`."""

    input_spec = InputSpec(ndim=2)

    def build(self, input_shape: Shape) -> None:
        """Declares the weights."""
        self.declare_weights(input_shape)
        self.input_spec = InputSpec(ndim=2, axes={-1: self.known_axis(input_shape, -1)})

    @property
    def state_size(self) -> int | list[int]:
        """The features of its state, or of each of them."""
        sizes = list(self.state_sizes)
        return sizes if len(sizes) > 1 else sizes[0]

    @property
    def output_size(self) -> int:
        """The features of its output."""
        return self.state_sizes[0]

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """Returns states of zeros for a batch of this size."""
        return [jnp.zeros((batch_size, size), self.compute_dtype) for size in self.state_sizes]

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context, states: Any) -> Any:
        """Returns the output and the new states: a list if the states are one."""
        inputs, before = self.as_floats(inputs), nest.flatten(states)
        check_states(self, before, self.state_shapes_after(inputs.shape))
        dropouts = self.dropouts(inputs, inputs.shape, ctx)
        before = [jnp.asarray(state).astype(inputs.dtype) for state in before]
        after = list(self.step(values, dropouts)(before, self.projected(values, inputs, dropouts[0])))
        return after[0], after if isinstance(states, list | tuple) else after[0]

    def compute_output_spec(self, specs: Any, *, states: Any, **_: Any) -> Any:
        """Returns the Specs of the output and of the new states."""
        shapes = self.state_shapes_after(specs.shape)
        check_states(self, nest.flatten(states), shapes)
        after = [Spec(shape, self.compute_dtype) for shape in shapes]
        return after[0], after if isinstance(states, list | tuple) else after[0]


@dataclass(eq=False, repr=False)
class Sequenced(Step, Recurrent):
    """Runs the step of its kind over sequences."""

    part_in_files = "cell"

    _: KW_ONLY
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    unroll: bool = False
    zero_output_for_mask: bool = False

    def state_shapes(self, input_shape: Shape) -> list[Shape]:
        """Returns the shape of each state, batch included."""
        return self.state_shapes_after((input_shape[0], *input_shape[2:]))

    def over_time(
        self, values: Mapping[Weight, Any], inputs: Any, states: list[Any], ctx: Context, **how: Any
    ) -> recurrence.Results:
        """Runs the step of its kind."""
        inputs = self.as_floats(inputs)
        dropouts = self.dropouts(inputs, (inputs.shape[0], *inputs.shape[2:]), ctx)
        return self.run_steps(values, inputs, states, dropouts, **how)

    def run_steps(
        self, values: Mapping[Weight, Any], inputs: Any, states: list[Any], dropouts: Dropouts, **how: Any
    ) -> recurrence.Results:
        """Returns what `recurrence.run` does."""
        projected = self.projected(values, inputs, dropouts[0])
        return recurrence.run(self.step(values, dropouts), projected, states, **how)


def has_usual_gates(arguments: Mapping[str, Any]) -> bool:
    """Whether the activations among the arguments of a step are those that compiled kernels compute."""
    return arguments["activation"] is activations.tanh and arguments["recurrent_activation"] is activations.sigmoid
