"""The LSTM of cuDNN, through JAX, for NVIDIA's cards."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from plait.core.lazy import rnn
from plait.functional import kernels

_BACKENDS = ("cuda", "gpu")


def serves(*arrays: jax.Array) -> bool:
    """Returns whether cuDNN can compute with these arrays on the devices that are there.

    Not what is traced inside `kernels.plain`, which may run on others.
    """
    is_here = jax.default_backend() in _BACKENDS and not kernels.is_plain()
    return is_here and {array.dtype for array in arrays} == {jnp.dtype("float32")}


def lstm(
    inputs: jax.Array,
    h: jax.Array,
    c: jax.Array,
    kernel: jax.Array,
    recurrent_kernel: jax.Array,
    bias: jax.Array | None,
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Runs an LSTM with tanh, and sigmoid at the gates, over sequences without a mask.

    Shapes:  inputs (batch, time, features), h and c (batch, units) -> all outputs (batch, time, units), last h and c
    Weights: as for `recurrence.lstm_step`
    """
    features, units = kernel.shape[0], recurrent_kernel.shape[0]
    added = jnp.zeros(4 * units, inputs.dtype) if bias is None else bias
    # It has the gates in the same order, its kernels the other way round, and two biases, which are added.
    flat = [part.reshape(-1) for part in (kernel.T, recurrent_kernel.T, added, jnp.zeros_like(added))]
    lengths = jnp.full(inputs.shape[0], inputs.shape[1], jnp.int32)
    outputs, h, c = rnn.lstm(inputs, h[None], c[None], jnp.concatenate(flat), lengths, features, units, 1, 0.0, False)
    return outputs, h[0], c[0]
