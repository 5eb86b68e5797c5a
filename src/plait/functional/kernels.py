"""Compiled CPU kernels, where the package `plait-native` is installed; without it everything runs in plain JAX.

`PLAIT_NATIVE=off` in the environment leaves them unused. Forward-mode differentiation (`jax.jvp`) needs that, as each
kernel has only a backward pass beside it.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import os
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import settings

_NAMES = ("plait_lstm_forward", "plait_lstm_backward")


@functools.cache
def state() -> str:
    """Returns whether the kernels are in use, and if not, why; loads them the first time.

    `"in use"`, or the reason.
    """
    if settings.is_off("PLAIT_NATIVE"):
        return "switched off by PLAIT_NATIVE"
    if importlib.util.find_spec("plait_native") is None:
        return "the package plait-native is not installed"
    import plait_native

    if plait_native.LIBRARY is None:
        return f"plait-native has no compiled library in {os.path.dirname(plait_native.__file__)}"
    try:
        library = ctypes.CDLL(str(plait_native.LIBRARY))
    except OSError as error:
        return f"the library does not load: {error}"
    for name in _NAMES:
        jax.ffi.register_ffi_target(name, jax.ffi.pycapsule(getattr(library, name)), platform="cpu")
    return "in use"


def serve(*arrays: jax.Array) -> bool:
    """Returns whether the kernels can compute with these arrays."""
    return state() == "in use" and jax.default_backend() == "cpu" and all(a.dtype == jnp.float32 for a in arrays)


# The most units for which the recurrent kernel stays in the nearest cache, and this is faster than plain JAX.
MOST_LSTM_UNITS = 64
_LANES = 8


def lstm(
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
    return _lstm(projected, h, c, recurrent_kernel, real, go_backwards)


def padded(array: jax.Array, gates: int = 1) -> jax.Array:
    """Returns an array with each gate's part of the last axis filled up with zeros to whole vectors."""
    units = array.shape[-1] // gates
    missing = -units % _LANES
    if not missing:
        return array
    apart = array.reshape(*array.shape[:-1], gates, units)
    return jnp.pad(apart, [(0, 0)] * (apart.ndim - 1) + [(0, missing)]).reshape(*array.shape[:-1], -1)


@functools.partial(jax.custom_vjp, nondiff_argnums=(5,))
def _lstm(projected: Any, h: Any, c: Any, recurrent_kernel: Any, real: Any, go_backwards: bool) -> Any:
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
    hs, last_h, last_c, cs, gates = _run_forward(projected, h, c, recurrent_kernel, real, go_backwards, keep=True)
    return (hs, last_h, last_c), (h, c, recurrent_kernel, real, hs, cs, gates)


def _backward(go_backwards: bool, kept: Any, cotangents: Any) -> Any:
    h, c, recurrent_kernel, real, hs, cs, gates = kept
    dhs, dh, dc = cotangents
    results = [jax.ShapeDtypeStruct(array.shape, jnp.float32) for array in (gates, h, c)]
    call = jax.ffi.ffi_call("plait_lstm_backward", results, vmap_method="sequential")
    transposed = recurrent_kernel.T
    dz, dh0, dc0 = call(c, transposed, real, cs, gates, dhs, dh, dc, backwards=np.bool_(go_backwards))
    # What each step started from.
    before = [hs[:, 1:], h[:, None]] if go_backwards else [h[:, None], hs[:, :-1]]
    starts = jnp.concatenate(before, axis=1).reshape(-1, hs.shape[-1])
    return dz, dh0, dc0, starts.T @ dz.reshape(-1, dz.shape[-1]), None


_lstm.defvjp(_forward, _backward)
