"""The step of a recurrence whose states are images: convolutions in place of products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from plait.functional import windows
from plait.functional.convolution import convolve
from plait.functional.recurrence import Activation, States, remembered


def project(
    inputs: jax.Array,
    kernel: jax.Array,
    bias: jax.Array | None = None,
    dropout: jax.Array | None = None,
    *,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    dilation: int | Sequence[int] = 1,
    data_format: str = "channels_last",
) -> jax.Array:
    """Returns the images of all steps convolved with the kernels of all gates, side by side, after dropout.

    Shapes: inputs (batch, time, *spatial, channels), kernel (*window, channels, gates * filters),
            bias (gates * filters,), dropout (gates, batch, *spatial, channels)
            -> (batch, time, *new_spatial, gates * filters); channels and filters third with "channels_first"
    Args:   as `convolution.convolve`.
    """
    images = inputs.reshape(-1, *inputs.shape[2:])
    how: dict[str, Any] = {"strides": strides, "padding": padding, "dilation": dilation, "data_format": data_format}
    if dropout is None:
        outputs = convolve(images, kernel, bias, **how)
    else:
        outputs = _gate_by_gate(
            [(inputs * kept[:, None]).reshape(images.shape) for kept in dropout], kernel, bias, **how
        )
    return outputs.reshape(*inputs.shape[:2], *outputs.shape[1:])


def conv_lstm_step(
    states: States,
    x: jax.Array,
    *,
    recurrent_kernel: jax.Array,
    activation: Activation,
    recurrent_activation: Activation,
    data_format: str = "channels_last",
    recurrent_dropout: jax.Array | None = None,
) -> list[jax.Array]:
    """Returns [h, c] after one step of a convolutional LSTM.

    Shapes:  states [h, c], (batch, *spatial, filters) each, x (batch, *spatial, 4 filters): the inputs, projected
             -> [h, c]; filters stand second with "channels_first"
    Weights: recurrent_kernel (*window, filters, 4 filters); the gates lie side by side: input, forget, cell, output
    Args:    recurrent_dropout: what h is multiplied by, (4, batch, *spatial, filters).
    Source:  X. Shi et al., Convolutional LSTM Network, 2015, eq. 3 without the peepholes.
    """
    h, c = states
    how: dict[str, Any] = {"padding": "same", "data_format": data_format}
    if recurrent_dropout is None:
        moved = convolve(h, recurrent_kernel, **how)
    else:
        moved = _gate_by_gate([h * kept for kept in recurrent_dropout], recurrent_kernel, None, **how)
    axis = windows.channel_axis(h.ndim, data_format)
    return remembered(x + moved, c, activation=activation, recurrent_activation=recurrent_activation, axis=axis)


def _gate_by_gate(
    images: Sequence[jax.Array], kernel: jax.Array, bias: jax.Array | None, *, data_format: str, **how: Any
) -> jax.Array:
    """Returns what each gate makes of images of its own, side by side."""
    gates = len(images)
    kernels = jnp.split(kernel, gates, axis=-1)
    biases: Sequence[jax.Array | None] = [None] * gates if bias is None else jnp.split(bias, gates)
    outputs = [
        convolve(image, part, one, data_format=data_format, **how)
        for image, part, one in zip(images, kernels, biases, strict=True)
    ]
    return jnp.concatenate(outputs, axis=windows.channel_axis(images[0].ndim, data_format))
