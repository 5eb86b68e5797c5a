"""The kernel for the recurrence of a GRU whose reset gate acts after the product with the recurrent kernel."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero


def run(
    projected: jax.Array,
    h: jax.Array,
    recurrent_kernel: jax.Array,
    recurrent_bias: jax.Array,
    mask: jax.Array | None,
    go_backwards: bool,
) -> tuple[jax.Array, jax.Array]:
    """Runs a GRU whose inputs are already multiplied by their kernel; tanh, and sigmoid at the gates.

    Shapes: as `lstm.padded` gives them, `units` being padded; mask (batch, time) or None
            -> outputs in the order of time (batch, time, units), last h (batch, units)
    """
    real = jnp.zeros((0,), bool) if mask is None else mask.astype(bool)
    return _run(projected, h, recurrent_kernel, recurrent_bias, real, go_backwards)


@functools.partial(jax.custom_vjp, nondiff_argnums=(5,))
def _run(projected: Any, h: Any, recurrent_kernel: Any, recurrent_bias: Any, real: Any, go_backwards: bool) -> Any:
    return _run_forward(projected, h, recurrent_kernel, recurrent_bias, real, go_backwards, keep=False)[:2]


def _run_forward(
    projected: Any, h: Any, recurrent_kernel: Any, recurrent_bias: Any, real: Any, go_backwards: bool, keep: bool
) -> Any:
    batch, time, _ = projected.shape
    units = h.shape[-1]
    shapes = [(batch, time, units), h.shape, (batch, time, 4 * units) if keep else (0,)]
    results = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    call = jax.ffi.ffi_call("plait_gru_forward", results, vmap_method="sequential")
    return call(projected, h, recurrent_kernel, recurrent_bias, real, backwards=np.bool_(go_backwards))


def _forward(projected: Any, h: Any, recurrent_kernel: Any, recurrent_bias: Any, real: Any, go_backwards: bool) -> Any:
    given = (projected, h, recurrent_kernel, recurrent_bias, real)
    projected, h, recurrent_kernel, recurrent_bias, real = (x.value for x in given)
    hs, last, kept = _run_forward(projected, h, recurrent_kernel, recurrent_bias, real, go_backwards, keep=True)
    return (hs, last), (h, recurrent_kernel, real, hs, kept)


def _backward(go_backwards: bool, kept_arrays: Any, cotangents: Any) -> Any:
    h, recurrent_kernel, real, hs, kept = kept_arrays
    dhs, dh = cotangents
    dhs = jnp.zeros((0,), jnp.float32) if isinstance(dhs, SymbolicZero) else dhs
    dh = jnp.zeros(dh.shape, jnp.float32) if isinstance(dh, SymbolicZero) else dh
    width = recurrent_kernel.shape[1]
    shapes = [(*hs.shape[:2], width), h.shape, recurrent_kernel.shape, (width,)]
    results = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    call = jax.ffi.ffi_call("plait_gru_backward", results, vmap_method="sequential")
    return *call(h, recurrent_kernel.T, real, hs, kept, dhs, dh, backwards=np.bool_(go_backwards)), None


_run.defvjp(_forward, _backward, symbolic_zeros=True)
