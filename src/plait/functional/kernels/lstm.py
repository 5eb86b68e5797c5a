"""The kernel for the recurrence of an LSTM."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero

# The most units for which the recurrent kernel stays in the nearest cache, and this is faster than plain JAX.
MOST_UNITS = 64
_LANES = 8


def run(
    projected: jax.Array,
    h: jax.Array,
    c: jax.Array,
    recurrent_kernel: jax.Array,
    mask: jax.Array | None,
    go_backwards: bool,
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Runs an LSTM whose inputs are already multiplied by their kernel; tanh, and sigmoid at the gates.

    Shapes: as `padded` gives them, `units` being padded; mask (batch, time) or None
            -> outputs in the order of time (batch, time, units), last h and c (batch, units)
    """
    real = jnp.zeros((0,), bool) if mask is None else mask.astype(bool)
    return _run(projected, h, c, recurrent_kernel, real, go_backwards)


def padded(array: jax.Array, gates: int = 1) -> jax.Array:
    """Returns an array with each gate's part of the last axis filled up with zeros to whole vectors."""
    units = array.shape[-1] // gates
    missing = -units % _LANES
    if not missing:
        return array
    apart = array.reshape(*array.shape[:-1], gates, units)
    filled = jnp.pad(apart, [(0, 0)] * (apart.ndim - 1) + [(0, missing)])
    return filled.reshape(*array.shape[:-1], gates * (units + missing))


@functools.partial(jax.custom_vjp, nondiff_argnums=(5,))
def _run(projected: Any, h: Any, c: Any, recurrent_kernel: Any, real: Any, go_backwards: bool) -> Any:
    return _run_forward(projected, h, c, recurrent_kernel, real, go_backwards, keep=False)[:3]


def _run_forward(
    projected: Any, h: Any, c: Any, recurrent_kernel: Any, real: Any, go_backwards: bool, keep: bool
) -> Any:
    batch, time, width = projected.shape
    shapes = [(batch, time, width // 4), h.shape, c.shape]
    shapes += [(batch, time, width // 4), (batch, time, width)] if keep else [(0,), (0,)]
    results = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    call = jax.ffi.ffi_call("plait_lstm_forward", results, vmap_method="sequential")
    return call(projected, h, c, recurrent_kernel, real, backwards=np.bool_(go_backwards))


def _forward(projected: Any, h: Any, c: Any, recurrent_kernel: Any, real: Any, go_backwards: bool) -> Any:
    projected, h, c, recurrent_kernel, real = (x.value for x in (projected, h, c, recurrent_kernel, real))
    hs, last_h, last_c, cs, gates = _run_forward(projected, h, c, recurrent_kernel, real, go_backwards, keep=True)
    return (hs, last_h, last_c), (h, c, recurrent_kernel, real, hs, cs, gates)


def _backward(go_backwards: bool, kept: Any, cotangents: Any) -> Any:
    h, c, recurrent_kernel, real, hs, cs, gates = kept
    dhs, dh, dc = cotangents
    dhs = jnp.zeros((0,), jnp.float32) if isinstance(dhs, SymbolicZero) else dhs
    dh, dc = (jnp.zeros(d.shape, jnp.float32) if isinstance(d, SymbolicZero) else d for d in (dh, dc))
    results = [jax.ShapeDtypeStruct(array.shape, jnp.float32) for array in (gates, h, c, recurrent_kernel)]
    call = jax.ffi.ffi_call("plait_lstm_backward", results, vmap_method="sequential")
    gradients = call(h, c, recurrent_kernel.T, real, hs, cs, gates, dhs, dh, dc, backwards=np.bool_(go_backwards))
    return *gradients, None


_run.defvjp(_forward, _backward, symbolic_zeros=True)
