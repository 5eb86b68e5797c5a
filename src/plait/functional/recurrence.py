"""Recurrent cells, one step each, and the loop that runs a step over time.

A step is `step(states, x) -> states` on the inputs of one moment; its output is the first of its states. So a
cell needs no more than its formula; masks, direction and what is returned are the loop's.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import lax

from plait.functional import cudnn, kernels
from plait.functional.kernels import gru as gru_kernel
from plait.functional.kernels import lstm as lstm_kernel

Activation: TypeAlias = Callable[[jax.Array], jax.Array]
States: TypeAlias = Sequence[jax.Array]
Results: TypeAlias = tuple[jax.Array, jax.Array | None, list[jax.Array]]


def run(
    step: Callable[[States, jax.Array], States],
    inputs: jax.Array,
    states: States,
    *,
    mask: jax.Array | None = None,
    go_backwards: bool = False,
    return_sequences: bool = False,
    zero_output_for_mask: bool = False,
    unroll: bool = False,
) -> Results:
    """Runs a step over axis 1; returns the last output, all outputs in running order, the last states.

    A masked step keeps the states, and so repeats the output before it.

    Shapes: inputs (batch, time, ...), mask (batch, time), states (batch, ...) each
            -> (batch, ...), (batch, time, ...) or None, states
    Args:   go_backwards: start at the end; the outputs then start there too.
            return_sequences: keep all outputs; otherwise None stands for them.
            zero_output_for_mask: put out zeros at masked steps.
            unroll: compile the steps one by one instead of a loop.
    Errors: ValueError if there are no steps, or the mask has another batch or time.
    """
    _check(inputs, mask)

    def advance(before: list[jax.Array], now: Any) -> tuple[list[jax.Array], jax.Array | None]:
        x, is_real = now
        after = list(step(before, x))
        output = after[0]
        if is_real is not None:
            after = [_where(is_real, new, old) for new, old in zip(after, before, strict=True)]
            output = _where(is_real, output, jnp.zeros_like(output)) if zero_output_for_mask else after[0]
        return after, output if return_sequences else None

    by_time = (jnp.swapaxes(inputs, 0, 1), None if mask is None else jnp.swapaxes(mask.astype(bool), 0, 1))
    is_reversed = go_backwards and not kernels.is_plain()
    if go_backwards and not is_reversed:
        # Scans of other programs run forwards only.
        by_time = jax.tree.map(lambda array: jnp.flip(array, axis=0), by_time)
    final, outputs = lax.scan(
        advance, list(states), by_time, reverse=is_reversed, unroll=inputs.shape[1] if unroll else 1
    )
    last = final[0]
    if zero_output_for_mask and mask is not None:
        last = _where(mask[:, 0 if go_backwards else -1].astype(bool), last, jnp.zeros_like(last))
    if outputs is not None:
        outputs = jnp.swapaxes(jnp.flip(outputs, axis=0) if is_reversed else outputs, 0, 1)
    return last, outputs, final


def lstm(
    inputs: jax.Array,
    initial_h: jax.Array,
    initial_c: jax.Array,
    kernel: jax.Array,
    recurrent_kernel: jax.Array,
    bias: jax.Array | None,
    *,
    activation: Activation,
    recurrent_activation: Activation,
    input_dropout: jax.Array | None = None,
    recurrent_dropout: jax.Array | None = None,
    mask: jax.Array | None = None,
    go_backwards: bool = False,
    return_sequences: bool = False,
    zero_output_for_mask: bool = False,
    unroll: bool = False,
    has_usual_gates: bool = False,
    use_cudnn: bool = False,
) -> Results:
    """Runs an LSTM over sequences; returns the last output, all outputs in running order, and [h, c].

    Shapes: inputs (batch, time, features), initial_h and initial_c (batch, units)
            -> (batch, units), (batch, time, units) or None, [(batch, units), (batch, units)]
    Args:   as `lstm_step` and `run`; the dropout factors are the same at every step.
            has_usual_gates: whether the activations are tanh and sigmoid, which a compiled kernel may compute.
            use_cudnn: where there are an NVIDIA card, the usual gates and no mask, let cuDNN compute it.
    Errors: as `run`.
    """
    _check(inputs, mask)
    how: dict[str, Any] = {
        "mask": mask,
        "go_backwards": go_backwards,
        "return_sequences": return_sequences,
        "zero_output_for_mask": zero_output_for_mask,
    }
    is_plain = has_usual_gates and recurrent_dropout is None and (input_dropout is None or input_dropout.ndim == 2)
    units = recurrent_kernel.shape[0]
    if use_cudnn and is_plain and mask is None and cudnn.serves(inputs, initial_h, initial_c, kernel, recurrent_kernel):
        x = inputs if input_dropout is None else inputs * input_dropout[:, None]
        x = jnp.flip(x, axis=1) if go_backwards else x
        outputs, h, c = cudnn.lstm(x, initial_h, initial_c, kernel, recurrent_kernel, bias)
        return h, outputs if return_sequences else None, [h, c]
    is_small = units <= lstm_kernel.MOST_UNITS
    if is_plain and is_small and kernels.serve(inputs, initial_h, initial_c, kernel, recurrent_kernel):
        x = inputs if input_dropout is None else inputs * input_dropout[:, None]
        compute = functools.partial(_lstm_by_kernel, **how)
        results: Results = kernels.in_float32(compute, x, initial_h, initial_c, kernel, recurrent_kernel, bias)
        return results
    step = functools.partial(
        lstm_step,
        kernel=kernel,
        recurrent_kernel=recurrent_kernel,
        bias=bias,
        activation=activation,
        recurrent_activation=recurrent_activation,
        input_dropout=input_dropout,
        recurrent_dropout=recurrent_dropout,
    )
    return run(step, inputs, [initial_h, initial_c], unroll=unroll, **how)


def _lstm_by_kernel(
    x: jax.Array,
    initial_h: jax.Array,
    initial_c: jax.Array,
    kernel: jax.Array,
    recurrent_kernel: jax.Array,
    bias: jax.Array | None,
    *,
    mask: jax.Array | None,
    go_backwards: bool,
    return_sequences: bool,
    zero_output_for_mask: bool,
) -> Results:
    units = recurrent_kernel.shape[0]
    projected = x @ lstm_kernel.padded(kernel, 4)
    # The kernel adds it: a pass over all steps less.
    added = jnp.zeros(projected.shape[-1]) if bias is None else lstm_kernel.padded(bias, 4)
    h, c = lstm_kernel.padded(initial_h), lstm_kernel.padded(initial_c)
    rows = jnp.pad(lstm_kernel.padded(recurrent_kernel, 4), [(0, h.shape[1] - units), (0, 0)])
    has_outputs = return_sequences or (zero_output_for_mask and mask is not None)
    results = lstm_kernel.run(projected, added, h, c, rows, mask, go_backwards, has_outputs)
    outputs, h, c = (array[..., :units] for array in results)
    return _finished(outputs, [h, c], mask, go_backwards, return_sequences, zero_output_for_mask)


def gru(
    projected: jax.Array,
    initial_h: jax.Array,
    *,
    recurrent_kernel: jax.Array,
    recurrent_bias: jax.Array | None,
    activation: Activation,
    recurrent_activation: Activation,
    reset_after: bool = True,
    recurrent_dropout: jax.Array | None = None,
    mask: jax.Array | None = None,
    go_backwards: bool = False,
    return_sequences: bool = False,
    zero_output_for_mask: bool = False,
    unroll: bool = False,
    has_usual_gates: bool = False,
) -> Results:
    """Runs a GRU over sequences; returns the last output, all outputs in running order, and [h].

    Shapes: projected (batch, time, 3 units), initial_h (batch, units)
            -> (batch, units), (batch, time, units) or None, [(batch, units)]
    Args:   as `gru_step` and `run`; the dropout factors are the same at every step.
            has_usual_gates: whether the activations are tanh and sigmoid, which a compiled kernel may compute.
    Errors: as `run`.
    """
    _check(projected, mask)
    how: dict[str, Any] = {
        "mask": mask,
        "go_backwards": go_backwards,
        "return_sequences": return_sequences,
        "zero_output_for_mask": zero_output_for_mask,
    }
    is_plain = has_usual_gates and reset_after and recurrent_dropout is None
    is_small = recurrent_kernel.shape[0] <= lstm_kernel.MOST_UNITS
    if is_plain and is_small and kernels.serve(projected, initial_h, recurrent_kernel):
        compute = functools.partial(_gru_by_kernel, **how)
        results: Results = kernels.in_float32(compute, projected, initial_h, recurrent_kernel, recurrent_bias)
        return results
    step = functools.partial(
        gru_step,
        recurrent_kernel=recurrent_kernel,
        recurrent_bias=recurrent_bias,
        activation=activation,
        recurrent_activation=recurrent_activation,
        reset_after=reset_after,
        recurrent_dropout=recurrent_dropout,
    )
    return run(step, projected, [initial_h], unroll=unroll, **how)


def _gru_by_kernel(
    projected: jax.Array,
    initial_h: jax.Array,
    recurrent_kernel: jax.Array,
    recurrent_bias: jax.Array | None,
    *,
    mask: jax.Array | None,
    go_backwards: bool,
    return_sequences: bool,
    zero_output_for_mask: bool,
) -> Results:
    units, h = recurrent_kernel.shape[0], lstm_kernel.padded(initial_h)
    rows = jnp.pad(lstm_kernel.padded(recurrent_kernel, 3), [(0, h.shape[1] - units), (0, 0)])
    bias = jnp.zeros(rows.shape[1]) if recurrent_bias is None else lstm_kernel.padded(recurrent_bias, 3)
    given = (lstm_kernel.padded(projected, 3), h, rows, bias)
    outputs, h = (array[..., :units] for array in gru_kernel.run(*given, mask, go_backwards))
    return _finished(outputs, [h], mask, go_backwards, return_sequences, zero_output_for_mask)


def _finished(
    outputs: jax.Array,
    states: list[jax.Array],
    mask: jax.Array | None,
    go_backwards: bool,
    return_sequences: bool,
    zero_output_for_mask: bool,
) -> Results:
    """Returns what `run` does, from the outputs in the order of time and the last states."""
    last = states[0]
    if zero_output_for_mask and mask is not None:
        outputs = jnp.where(mask.astype(bool)[..., None], outputs, jnp.zeros_like(outputs))
        last = outputs[:, 0 if go_backwards else -1]
    if not return_sequences:
        return last, None, states
    return last, jnp.flip(outputs, axis=1) if go_backwards else outputs, states


def _check(inputs: jax.Array, mask: jax.Array | None) -> None:
    if inputs.shape[1] == 0:
        raise ValueError(f"A recurrence needs at least one time step, got inputs of shape {inputs.shape}.")
    if mask is not None and mask.shape != inputs.shape[:2]:
        raise ValueError(
            f"The mask of a recurrence needs one entry per time step, shape {inputs.shape[:2]}, got shape {mask.shape}."
        )


def lstm_step(
    states: States,
    x: jax.Array,
    *,
    kernel: jax.Array,
    recurrent_kernel: jax.Array,
    bias: jax.Array | None,
    activation: Activation,
    recurrent_activation: Activation,
    input_dropout: jax.Array | None = None,
    recurrent_dropout: jax.Array | None = None,
) -> list[jax.Array]:
    """Returns [h, c] after one step of an LSTM.

    Shapes:  states [h (batch, units), c (batch, units)], x (batch, features) -> [h, c]
    Weights: kernel (features, 4 units), recurrent_kernel (units, 4 units), bias (4 units,) or None; the gates
             lie side by side: input, forget, cell, output.
    Args:    input_dropout: what x is multiplied by: zeros, and 1 / (1 - rate) where kept. (batch, features)
             for all gates alike, or (4, batch, features) for each its own.
             recurrent_dropout: the same for h: (batch, units) or (4, batch, units).
    Source:  S. Hochreiter, J. Schmidhuber, Long Short-Term Memory, 1997; with the forget gate of
             F. Gers et al., Learning to Forget, 2000.
    """
    h, c = states
    gates = project(x, kernel, input_dropout) + project(h, recurrent_kernel, recurrent_dropout)
    if bias is not None:
        gates = gates + bias[None]
    return remembered(gates, c, activation=activation, recurrent_activation=recurrent_activation)


def remembered(
    gates: jax.Array, c: jax.Array, *, activation: Activation, recurrent_activation: Activation, axis: int = -1
) -> list[jax.Array]:
    """Returns [h, c] of an LSTM for the sums that its four gates get, side by side along an axis."""
    i, f, g, o = jnp.split(gates, 4, axis=axis)
    c = recurrent_activation(f) * c + recurrent_activation(i) * activation(g)
    return [recurrent_activation(o) * activation(c), c]


def simple_rnn_step(
    states: States,
    x: jax.Array,
    *,
    recurrent_kernel: jax.Array,
    activation: Activation,
    recurrent_dropout: jax.Array | None = None,
) -> list[jax.Array]:
    """Returns [h] after one step of a simple recurrent network.

    Shapes:  states [h (batch, units)], x (batch, units): the inputs, projected -> [h]
    Weights: recurrent_kernel (units, units)
    Args:    recurrent_dropout: what h is multiplied by, (batch, units): zeros, and 1 / (1 - rate) where kept.
    Source:  J. Elman, Finding Structure in Time, 1990.
    """
    (h,) = states
    return [activation(x + project(h, recurrent_kernel, recurrent_dropout))]


def gru_step(
    states: States,
    x: jax.Array,
    *,
    recurrent_kernel: jax.Array,
    recurrent_bias: jax.Array | None,
    activation: Activation,
    recurrent_activation: Activation,
    reset_after: bool = True,
    recurrent_dropout: jax.Array | None = None,
) -> list[jax.Array]:
    """Returns [h] after one step of a gated recurrent unit.

    Shapes:  states [h (batch, units)], x (batch, 3 units): the inputs, projected -> [h]
    Weights: recurrent_kernel (units, 3 units), recurrent_bias (3 units,) or None, which only a unit that is reset
             after has; the gates lie side by side: update, reset, new
    Args:    reset_after: multiply by the reset gate after the recurrent kernel, as cuDNN does, and not before.
             recurrent_dropout: what h is multiplied by, (3, batch, units): zeros, and 1 / (1 - rate) where kept.
    Source:  K. Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014, eq. 5 to 8.
    """
    (h,) = states
    x_z, x_r, x_new = jnp.split(x, 3, axis=-1)
    if reset_after:
        inner = project(h, recurrent_kernel, recurrent_dropout, recurrent_bias)
        h_z, h_r, h_new = jnp.split(inner, 3, axis=-1)
        z, r = recurrent_activation(x_z + h_z), recurrent_activation(x_r + h_r)
        new = activation(x_new + r * h_new)
    else:
        of_gates, of_new = jnp.split(recurrent_kernel, [2 * h.shape[-1]], axis=1)
        kept = None if recurrent_dropout is None else recurrent_dropout[:2]
        h_z, h_r = jnp.split(project(h, of_gates, kept), 2, axis=-1)
        z, r = recurrent_activation(x_z + h_z), recurrent_activation(x_r + h_r)
        new = activation(x_new + project(r * h, of_new, None if recurrent_dropout is None else recurrent_dropout[2]))
    return [z * h + (1 - z) * new]


def project(
    x: jax.Array, kernel: jax.Array, dropout: jax.Array | None = None, bias: jax.Array | None = None
) -> jax.Array:
    """Returns x times the kernels of all gates, side by side, after dropout of x, plus a bias.

    Shapes: x (batch, features) or (batch, time, features), kernel (features, gates * units), bias (gates * units,),
            dropout (batch, features) for all gates or (gates, batch, features) for each its own
            -> (batch, gates * units) or (batch, time, gates * units)
    """
    if dropout is not None and x.ndim == 3:
        dropout = dropout[..., None, :]
    if dropout is None or dropout.ndim == x.ndim:
        outputs = (x if dropout is None else x * dropout) @ kernel
    else:
        parts = jnp.split(kernel, dropout.shape[0], axis=1)
        outputs = jnp.concatenate([(x * kept) @ part for kept, part in zip(dropout, parts, strict=True)], axis=-1)
    return outputs if bias is None else outputs + bias.reshape((1,) * (x.ndim - 1) + (-1,))


def mask_of_steps(mask: jax.Array | None) -> jax.Array | None:
    """Returns a mask of (batch, time) for one that may say more: a step is real if anything in it is."""
    return mask if mask is None or mask.ndim <= 2 else mask.astype(bool).any(axis=tuple(range(2, mask.ndim)))


def _where(is_real: jax.Array, real: jax.Array, other: jax.Array) -> jax.Array:
    return jnp.where(is_real.reshape(-1, *[1] * (real.ndim - 1)), real, other)
