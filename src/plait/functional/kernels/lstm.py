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
    bias: jax.Array,
    h: jax.Array,
    c: jax.Array,
    recurrent_kernel: jax.Array,
    mask: jax.Array | None,
    go_backwards: bool,
    has_outputs: bool,
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Runs an LSTM whose inputs are already multiplied by their kernel; tanh, and sigmoid at the gates.

    Shapes: as `padded` gives them, `units` being padded; bias (4 units,), mask (batch, time) or None
            -> outputs in the order of time (batch, time, units), last h and c (batch, units)
    Args:   has_outputs: whether the outputs are wanted; they may be empty otherwise.
    """
    real = jnp.zeros((0,), bool) if mask is None else mask.astype(bool)
    return _run(projected, bias, h, c, recurrent_kernel, real, go_backwards, has_outputs)


def padded(array: jax.Array, gates: int = 1) -> jax.Array:
    """Returns an array with each gate's part of the last axis filled up with zeros to whole vectors."""
    units = array.shape[-1] // gates
    missing = -units % _LANES
    if not missing:
        return array
    apart = array.reshape(*array.shape[:-1], gates, units)
    filled = jnp.pad(apart, [(0, 0)] * (apart.ndim - 1) + [(0, missing)])
    return filled.reshape(*array.shape[:-1], gates * (units + missing))


@functools.partial(jax.custom_vjp, nondiff_argnums=(6, 7))
def _run(
    projected: Any, bias: Any, h: Any, c: Any, recurrent_kernel: Any, real: Any, go_backwards: bool, has_outputs: bool
) -> Any:
    given = (projected, bias, h, c, recurrent_kernel, real)
    return _run_forward(given, go_backwards, has_outputs, keep=False)[:3]


def _run_forward(given: Any, go_backwards: bool, has_outputs: bool, keep: bool) -> Any:
    projected, _, h, c, _, _ = given
    batch, time, width = projected.shape
    outputs, nothing = (batch, time, width // 4), (batch, time, 0)
    shapes = [outputs if has_outputs or keep else nothing, h.shape, c.shape]
    shapes += [outputs, projected.shape] if keep else [nothing, nothing]
    results = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    call = jax.ffi.ffi_call("plait_lstm_forward", results, vmap_method="sequential")
    return call(*given, backwards=np.bool_(go_backwards))


def _forward(
    projected: Any, bias: Any, h: Any, c: Any, recurrent_kernel: Any, real: Any, go_backwards: bool, has_outputs: bool
) -> Any:
    projected, bias, h, c, recurrent_kernel, real = (x.value for x in (projected, bias, h, c, recurrent_kernel, real))
    given = (projected, bias, h, c, recurrent_kernel, real)
    hs, last_h, last_c, cs, gates = _run_forward(given, go_backwards, has_outputs, keep=True)
    outputs = hs if has_outputs else hs[..., :0]
    return (outputs, last_h, last_c), (h, c, recurrent_kernel, real, hs, cs, gates)


def _backward(go_backwards: bool, has_outputs: bool, kept: Any, cotangents: Any) -> Any:
    h, c, recurrent_kernel, real, hs, cs, gates = kept
    dhs, dh, dc = cotangents
    dhs = jnp.zeros((0,), jnp.float32) if isinstance(dhs, SymbolicZero) or not has_outputs else dhs
    dh, dc = (jnp.zeros(d.shape, jnp.float32) if isinstance(d, SymbolicZero) else d for d in (dh, dc))
    results = [jax.ShapeDtypeStruct(array.shape, jnp.float32) for array in (gates, h, c, recurrent_kernel)]
    call = jax.ffi.ffi_call("plait_lstm_backward", results, vmap_method="sequential")
    d_projected, *gradients = call(
        h, c, recurrent_kernel.T, real, hs, cs, gates, dhs, dh, dc, backwards=np.bool_(go_backwards)
    )
    return d_projected, jnp.sum(d_projected, axis=(0, 1)), *gradients, None


_run.defvjp(_forward, _backward, symbolic_zeros=True)
