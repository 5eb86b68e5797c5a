"""The kernels for convolutions: forward, and the two gradients.

All three are linear in each of two arrays, and the gradients of one are the other two: so they can be differentiated
backwards any number of times.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np


class Geometry(NamedTuple):
    """How a window moves, down and across."""

    strides: tuple[int, ...]
    dilation: tuple[int, ...]

    def lengths(self, shape: tuple[int, ...], kernel_shape: tuple[int, ...]) -> list[int]:
        """Returns rows and columns of the outputs for inputs that need no padding."""
        spans = zip(shape[1:3], kernel_shape[:2], self.strides, self.dilation, strict=True)
        return [(length - dilation * (size - 1) - 1) // stride + 1 for length, size, stride, dilation in spans]


def convolve(
    inputs: jax.Array,
    kernel: jax.Array,
    bias: jax.Array | None,
    strides: tuple[int, ...],
    dilation: tuple[int, ...],
    is_rectified: bool,
) -> jax.Array:
    """Returns the convolution of inputs that are padded already, plus the bias; `is_rectified`: its positive part.

    Shapes: inputs (batch, rows, columns, channels), kernel (down, across, channels, filters), bias (filters,)
            -> (batch, new_rows, new_columns, filters)
    """
    added = jnp.zeros((0,), inputs.dtype) if bias is None else bias
    return _convolve(inputs, kernel, added, Geometry(strides, dilation), is_rectified)


def transpose(inputs: jax.Array, kernel: jax.Array, strides: tuple[int, ...], dilation: tuple[int, ...]) -> jax.Array:
    """Returns what cotangents like these inputs give the inputs of a convolution, as far as its windows reach.

    Shapes: inputs (batch, rows, columns, channels), kernel (down, across, filters, channels)
            -> (batch, new_rows, new_columns, filters)
    """
    spans = zip(inputs.shape[1:3], kernel.shape[:2], strides, dilation, strict=True)
    lengths = [stride * (length - 1) + step * (size - 1) + 1 for length, size, stride, step in spans]
    shape = (inputs.shape[0], *lengths, kernel.shape[2])
    return _inputs_gradient(kernel, inputs, jnp.zeros((0,), inputs.dtype), shape, Geometry(strides, dilation))


def _call(name: str, results: Any, geometry: Geometry, *arrays: Any, **attributes: Any) -> Any:
    call = jax.ffi.ffi_call(f"plait_convolution_{name}", results, vmap_method="sequential")
    return call(*arrays, geometry=np.array([*geometry.strides, *geometry.dilation], np.int64), **attributes)


@functools.partial(jax.custom_vjp, nondiff_argnums=(3, 4))
def _convolve(inputs: Any, kernel: Any, bias: Any, geometry: Geometry, is_rectified: bool) -> Any:
    shape = (inputs.shape[0], *geometry.lengths(inputs.shape, kernel.shape), kernel.shape[-1])
    result = jax.ShapeDtypeStruct(shape, jnp.float32)
    return _call("forward", result, geometry, inputs, kernel, bias, rectified=np.bool_(is_rectified))


def _convolve_forward(inputs: Any, kernel: Any, bias: Any, geometry: Geometry, is_rectified: bool) -> Any:
    outputs = _convolve(inputs, kernel, bias, geometry, is_rectified)
    # What was cut off at 0 has no gradient. Where nothing was, an empty array stands for the outputs.
    return outputs, (inputs, kernel, bias, outputs if is_rectified else jnp.zeros((0,), jnp.float32))


def _convolve_backward(geometry: Geometry, is_rectified: bool, kept: Any, cotangents: Any) -> Any:
    inputs, kernel, bias, outputs = kept
    d_kernel, d_bias = _kernel_gradient(inputs, cotangents, outputs, kernel.shape, geometry)
    d_inputs = _inputs_gradient(kernel, cotangents, outputs, inputs.shape, geometry)
    return d_inputs, d_kernel, d_bias if bias.size else bias


_convolve.defvjp(_convolve_forward, _convolve_backward)


@functools.partial(jax.custom_vjp, nondiff_argnums=(3, 4))
def _kernel_gradient(
    inputs: Any, cotangents: Any, outputs: Any, kernel_shape: tuple[int, ...], geometry: Geometry
) -> Any:
    results = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in (kernel_shape, kernel_shape[-1:])]
    return _call("kernel_gradient", results, geometry, inputs, cotangents, outputs)


def _kernel_gradient_forward(
    inputs: Any, cotangents: Any, outputs: Any, kernel_shape: tuple[int, ...], geometry: Geometry
) -> Any:
    return _kernel_gradient(inputs, cotangents, outputs, kernel_shape, geometry), (inputs, cotangents, outputs)


def _kernel_gradient_backward(kernel_shape: tuple[int, ...], geometry: Geometry, kept: Any, second: Any) -> Any:
    (inputs, cotangents, outputs), (d_kernel, d_bias) = kept, second
    d_inputs = _inputs_gradient(d_kernel, cotangents, outputs, inputs.shape, geometry)
    return d_inputs, _where_positive(outputs, _convolve(inputs, d_kernel, d_bias, geometry, False)), None


_kernel_gradient.defvjp(_kernel_gradient_forward, _kernel_gradient_backward)


@functools.partial(jax.custom_vjp, nondiff_argnums=(3, 4))
def _inputs_gradient(
    kernel: Any, cotangents: Any, outputs: Any, inputs_shape: tuple[int, ...], geometry: Geometry
) -> Any:
    result = jax.ShapeDtypeStruct(inputs_shape, jnp.float32)
    return _call("inputs_gradient", result, geometry, kernel, cotangents, outputs)


def _inputs_gradient_forward(
    kernel: Any, cotangents: Any, outputs: Any, inputs_shape: tuple[int, ...], geometry: Geometry
) -> Any:
    return _inputs_gradient(kernel, cotangents, outputs, inputs_shape, geometry), (kernel, cotangents, outputs)


def _inputs_gradient_backward(inputs_shape: tuple[int, ...], geometry: Geometry, kept: Any, d_inputs: Any) -> Any:
    kernel, cotangents, outputs = kept
    no_bias = jnp.zeros((0,), jnp.float32)
    d_kernel, _ = _kernel_gradient(d_inputs, cotangents, outputs, kernel.shape, geometry)
    return d_kernel, _where_positive(outputs, _convolve(d_inputs, kernel, no_bias, geometry, False)), None


_inputs_gradient.defvjp(_inputs_gradient_forward, _inputs_gradient_backward)


def _where_positive(outputs: Any, array: Any) -> Any:
    return jnp.where(outputs > 0, array, 0.0) if outputs.size else array
