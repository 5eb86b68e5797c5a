"""Compiled CPU kernels, where the package `plait-native` is installed; without it everything runs in plain JAX.

`PLAIT_NATIVE=off` in the environment leaves them unused; a path there is that of another library. Forward-mode
differentiation (`jax.jvp`) needs them off, as each kernel has only a backward pass beside it.

What is computed by which form, from measurements on two cores with AVX2 (benchmarks/results):

| operation on the CPU | form |
|---|---|
| LSTM, and GRU with reset_after; tanh and sigmoid, 64 units at most | kernel; else a scan |
| convolution along one or two axes, channels last, one group | kernel, with bias and ReLU; else XLA's |
| its two gradients, and its transpose | kernel, in which XLA's slow code for loops does not arise |
| the same with windows of 256 elements or more | kernel that multiplies only the cotangents that are not 0 |
| convolution of each channel by itself, up to 25 elements, float32 | XLA, summed from slices; else XLA's own |
| up to 32 examples times a dense kernel of 8 million numbers or more, float32 | kernel; its gradients XLA's |
| largest of up to 16 elements | XLA, combined from slices (see pooling.py); else its windowed reduction |

The kernels compute in float32; half precision goes through it, but for the dense kernel, which reads too much.
Accelerators keep to XLA's own forms, except for an LSTM that asks for cuDNN's (`cudnn.py`); so does what is traced
inside `plain`, for programs that run elsewhere.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib.util
import os
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import settings

_NAMES = (
    "plait_convolution_forward",
    "plait_convolution_inputs_gradient",
    "plait_convolution_kernel_gradient",
    "plait_dense_multiply",
    "plait_gru_backward",
    "plait_gru_forward",
    "plait_lstm_backward",
    "plait_lstm_forward",
)


@functools.cache
def state() -> str:
    """Returns whether the kernels are in use, and if not, why; loads them the first time.

    `"in use"`, or the reason.
    """
    if settings.is_off("PLAIT_NATIVE"):
        return "switched off by PLAIT_NATIVE"
    path: Any = os.environ.get("PLAIT_NATIVE", "")
    if os.sep not in path:
        if importlib.util.find_spec("plait_native") is None:
            return "the package plait-native is not installed"
        import plait_native

        path = plait_native.LIBRARY
        if path is None:
            return f"plait-native has no compiled library in {os.path.dirname(plait_native.__file__)}"
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        return f"the library does not load: {error}"
    for name in _NAMES:
        if not hasattr(library, name):
            return f"the library has no {name}: it is of another version of Plait; install ./native again"
    for name in _NAMES:
        jax.ffi.register_ffi_target(name, jax.ffi.pycapsule(getattr(library, name)), platform="cpu")
    return "in use"


# Who traces a program that is to run elsewhere; None for one of this process. JAX keeps apart what it traced for each.
_elsewhere = jax.make_user_context(None)


def plain(reader: str) -> contextlib.AbstractContextManager[Any]:
    """Lets what is traced inside use no kernels and no forms that only this machine's CPU is quick with.

    Args: reader: who traces it. One that replaces functions of JAX meanwhile has traces of its own under its name.
    """
    return _elsewhere(reader)


def is_plain() -> bool:
    """Returns whether what is traced now is for a program that runs elsewhere."""
    return _elsewhere.value is not None


def on_cpu() -> bool:
    """Returns whether what is traced now is for this machine's CPU."""
    return not is_plain() and jax.default_backend() == "cpu"


# What the kernels take, if all arrays have the same.
DTYPES = ("float32", "bfloat16", "float16")


def serve(*arrays: jax.Array) -> bool:
    """Returns whether the kernels can compute with these arrays."""
    dtypes = {array.dtype.name for array in arrays}
    return state() == "in use" and on_cpu() and len(dtypes) == 1 and dtypes <= set(DTYPES)


def in_float32(compute: Callable[..., Any], *arrays: jax.Array | None) -> Any:
    """Returns what `compute` gives for arrays of float32, in the dtype that they have; None stays None."""
    dtype = next(array.dtype for array in arrays if array is not None)
    if dtype == jnp.float32:
        return compute(*arrays)
    results = compute(*(None if array is None else array.astype(jnp.float32) for array in arrays))
    return jax.tree.map(lambda result: result.astype(dtype), results)
