"""The kernel for the recurrence of a GRU whose reset gate acts after the product with the recurrent kernel."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.custom_derivatives import SymbolicZero

from plait.functional.kernels.lstm import by_time


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
    return _called((projected, h, recurrent_kernel, recurrent_bias, real), (0,), go_backwards)[:2]


def _called(given: Any, kept_shape: tuple[int, ...], go_backwards: bool) -> Any:
    """Returns all outputs, the last h, and what the backward pass needs, or nothing, by this shape."""
    projected, h, *_ = given
    shapes = [(*projected.shape[:2], h.shape[-1]), h.shape, kept_shape]
    results = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    call = jax.ffi.ffi_call("plait_gru_forward", results, vmap_method="sequential")
    return tuple(call(*given, backwards=np.bool_(go_backwards)))


def _forward(projected: Any, h: Any, recurrent_kernel: Any, recurrent_bias: Any, real: Any, go_backwards: bool) -> Any:
    given = tuple(x.value for x in (projected, h, recurrent_kernel, recurrent_bias, real))
    hs, last, kept = _kept(*given, go_backwards)
    return (hs, last), (*given, hs, kept)


def _backward(go_backwards: bool, kept: Any, cotangents: Any) -> Any:
    dhs, dh = cotangents
    dhs = jnp.zeros((0,), jnp.float32) if isinstance(dhs, SymbolicZero) else dhs
    dh = jnp.zeros(dh.shape, jnp.float32) if isinstance(dh, SymbolicZero) else dh
    return *_gradients(*kept, dhs, dh, go_backwards), None


_run.defvjp(_forward, _backward, symbolic_zeros=True)


# What follows lets gradients be differentiated again, as for the LSTM.


@functools.partial(jax.custom_vjp, nondiff_argnums=(5,))
def _kept(projected: Any, h: Any, recurrent_kernel: Any, recurrent_bias: Any, real: Any, go_backwards: bool) -> Any:
    shape = (*projected.shape[:2], 4 * h.shape[-1])
    return _called((projected, h, recurrent_kernel, recurrent_bias, real), shape, go_backwards)


def _kept_forward(*given: Any) -> Any:
    hs, last, kept = _kept(*given)
    return (hs, last, kept), (*given[:-1], hs, kept)


def _kept_backward(go_backwards: bool, kept: Any, cotangents: Any) -> Any:
    dhs, dh, _ = cotangents
    return *_gradients(*kept, dhs, dh, go_backwards), None


_kept.defvjp(_kept_forward, _kept_backward)


@functools.partial(jax.custom_vjp, nondiff_argnums=(9,))
def _gradients(
    projected: Any, h: Any, recurrent_kernel: Any, recurrent_bias: Any, real: Any, hs: Any, kept: Any,
    dhs: Any, dh: Any, go_backwards: bool,
) -> Any:  # fmt: skip
    arrays = (projected, h, recurrent_kernel, recurrent_bias)
    results = [jax.ShapeDtypeStruct(array.shape, jnp.float32) for array in arrays]
    call = jax.ffi.ffi_call("plait_gru_backward", results, vmap_method="sequential")
    return tuple(call(h, recurrent_kernel.T, real, hs, kept, dhs, dh, backwards=np.bool_(go_backwards)))


def _gradients_forward(*given: Any) -> Any:
    return _gradients(*given), given[:-1]


def _gradients_backward(go_backwards: bool, given: Any, second: Any) -> Any:
    *first, real, _, _, dhs, dh = given

    def gradients(first: Any, cotangents: Any) -> Any:
        outputs, through = jax.vjp(lambda *four: _plain(real, go_backwards, *four), *first)
        dhs, dh = cotangents
        return through((dhs if dhs.size else jnp.zeros_like(outputs[0]), dh))

    d_first, d_cotangents = jax.vjp(gradients, first, (dhs, dh))[1](tuple(second))
    return *d_first, None, None, None, *d_cotangents


_gradients.defvjp(_gradients_forward, _gradients_backward)


def _plain(real: Any, go_backwards: bool, projected: Any, h: Any, recurrent_kernel: Any, recurrent_bias: Any) -> Any:
    def step(h: Any, now: Any) -> Any:
        x, is_real = now
        given, inner = (jnp.split(gates, 3, axis=1) for gates in (x, h @ recurrent_kernel + recurrent_bias[None]))
        z, r = (jax.nn.sigmoid(given[gate] + inner[gate]) for gate in (0, 1))
        new = z * h + (1 - z) * jnp.tanh(given[2] + r * inner[2])
        h = jnp.where(is_real, new, h)
        return h, h

    is_real = real[..., None] if real.size else jnp.ones((*projected.shape[:2], 1), bool)
    h, hs = lax.scan(step, h, (by_time(projected), by_time(is_real)), reverse=go_backwards)
    return by_time(hs), h
