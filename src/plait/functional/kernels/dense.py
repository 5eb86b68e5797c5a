"""The kernel for few rows times a very tall matrix."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp


@jax.custom_vjp
def multiply(inputs: jax.Array, matrix: jax.Array) -> jax.Array:
    """Returns the product of two matrices: (rows, depth), (depth, columns) -> (rows, columns)."""
    result = jax.ShapeDtypeStruct((inputs.shape[0], matrix.shape[1]), jnp.float32)
    return jax.ffi.ffi_call("plait_dense_multiply", result, vmap_method="sequential")(inputs, matrix)


def _forward(inputs: Any, matrix: Any) -> Any:
    return multiply(inputs, matrix), (inputs, matrix)


def _backward(kept: Any, cotangents: Any) -> Any:
    # Neither product is one of few rows with a tall matrix, and XLA's are near what memory gives.
    inputs, matrix = kept
    return cotangents @ matrix.T, inputs.T @ cotangents


multiply.defvjp(_forward, _backward)
