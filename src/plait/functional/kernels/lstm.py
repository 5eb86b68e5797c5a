"""The kernel for the recurrence of an LSTM."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
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
    batch, time, width = projected.shape
    nothing = (batch, time, 0)
    shapes = [(batch, time, width // 4) if has_outputs else nothing, h.shape, c.shape, nothing, nothing]
    return _called(shapes, (projected, bias, h, c, recurrent_kernel, real), go_backwards)[:3]


def _called(shapes: Any, given: Any, go_backwards: bool) -> Any:
    """Returns all outputs, the last h and c, all c and all gates; some of them empty, by these shapes."""
    results = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    call = jax.ffi.ffi_call("plait_lstm_forward", results, vmap_method="sequential")
    return tuple(call(*given, backwards=np.bool_(go_backwards)))


def _forward(
    projected: Any, bias: Any, h: Any, c: Any, recurrent_kernel: Any, real: Any, go_backwards: bool, has_outputs: bool
) -> Any:
    given = tuple(x.value for x in (projected, bias, h, c, recurrent_kernel, real))
    hs, last_h, last_c, cs, gates = _kept(*given, go_backwards)
    return (hs if has_outputs else hs[..., :0], last_h, last_c), (*given, hs, cs, gates)


def _backward(go_backwards: bool, has_outputs: bool, kept: Any, cotangents: Any) -> Any:
    dhs, dh, dc = cotangents
    dhs = jnp.zeros((0,), jnp.float32) if isinstance(dhs, SymbolicZero) or not has_outputs else dhs
    dh, dc = (jnp.zeros(d.shape, jnp.float32) if isinstance(d, SymbolicZero) else d for d in (dh, dc))
    return *_gradients(*kept, dhs, dh, dc, go_backwards), None


_run.defvjp(_forward, _backward, symbolic_zeros=True)


# What follows lets gradients be differentiated again: for these there is no kernel, and they are computed from the
# beginning in plain JAX. So nothing need come through what is only kept for the backward pass.


@functools.partial(jax.custom_vjp, nondiff_argnums=(6,))
def _kept(projected: Any, bias: Any, h: Any, c: Any, recurrent_kernel: Any, real: Any, go_backwards: bool) -> Any:
    batch, time, width = projected.shape
    outputs = (batch, time, width // 4)
    shapes = [outputs, h.shape, c.shape, outputs, projected.shape]
    return _called(shapes, (projected, bias, h, c, recurrent_kernel, real), go_backwards)


def _kept_forward(*given: Any) -> Any:
    made = _kept(*given)
    hs, _, _, cs, gates = made
    return made, (*given[:-1], hs, cs, gates)


def _kept_backward(go_backwards: bool, kept: Any, cotangents: Any) -> Any:
    dhs, dh, dc, _, _ = cotangents
    return *_gradients(*kept, dhs, dh, dc, go_backwards), None


_kept.defvjp(_kept_forward, _kept_backward)


@functools.partial(jax.custom_vjp, nondiff_argnums=(12,))
def _gradients(
    projected: Any, bias: Any, h: Any, c: Any, recurrent_kernel: Any, real: Any, hs: Any, cs: Any, gates: Any,
    dhs: Any, dh: Any, dc: Any, go_backwards: bool,
) -> Any:  # fmt: skip
    results = [jax.ShapeDtypeStruct(array.shape, jnp.float32) for array in (gates, h, c, recurrent_kernel)]
    call = jax.ffi.ffi_call("plait_lstm_backward", results, vmap_method="sequential")
    d_projected, *others = call(
        h, c, recurrent_kernel.T, real, hs, cs, gates, dhs, dh, dc, backwards=np.bool_(go_backwards)
    )
    return d_projected, jnp.sum(d_projected, axis=(0, 1)), *others


def _gradients_forward(*given: Any) -> Any:
    return _gradients(*given), given[:-1]


def _gradients_backward(go_backwards: bool, given: Any, second: Any) -> Any:
    *first, real, _, _, _, dhs, dh, dc = given

    def gradients(first: Any, cotangents: Any) -> Any:
        outputs, through = jax.vjp(lambda *five: _plain(real, go_backwards, *five), *first)
        dhs, dh, dc = cotangents
        return through((dhs if dhs.size else jnp.zeros_like(outputs[0]), dh, dc))

    d_first, d_cotangents = jax.vjp(gradients, first, (dhs, dh, dc))[1](tuple(second))
    return *d_first, None, None, None, None, *d_cotangents


_gradients.defvjp(_gradients_forward, _gradients_backward)


def _plain(real: Any, go_backwards: bool, projected: Any, bias: Any, h: Any, c: Any, recurrent_kernel: Any) -> Any:
    def step(states: Any, now: Any) -> Any:
        (h, c), (x, is_real) = states, now
        i, f, g, o = jnp.split(x + bias[None] + h @ recurrent_kernel, 4, axis=1)
        new_c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        new_h = jax.nn.sigmoid(o) * jnp.tanh(new_c)
        h, c = jnp.where(is_real, new_h, h), jnp.where(is_real, new_c, c)
        return (h, c), h

    steps = by_time(projected), by_time(real[..., None] if real.size else jnp.ones((*projected.shape[:2], 1), bool))
    (h, c), hs = lax.scan(step, (h, c), steps, reverse=go_backwards)
    return by_time(hs), h, c


def by_time(array: Any) -> Any:
    """Returns an array with its first two axes exchanged."""
    return jnp.swapaxes(array, 0, 1)
