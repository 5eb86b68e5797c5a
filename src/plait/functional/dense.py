"""The product of inputs and a kernel that dense layers compute."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from plait.functional import kernels
from plait.functional.kernels import dense as dense_kernel

# Where XLA's product on the CPU spends more time on rearranging the kernel than on reading it: for kernels that no
# cache holds, with so few examples that each number of theirs is used but a few times.
_LARGE = 2**23
_FEW = 32


def multiply(inputs: jax.Array, kernel: jax.Array) -> jax.Array:
    """Returns inputs times kernel: (..., features), (features, units) -> (..., units)."""
    is_tall = kernel.size >= _LARGE and kernel.shape[0] >= 4 * kernel.shape[1]
    is_single = inputs.dtype == jnp.float32
    # The number of examples last: of a program for elsewhere it is a symbol.
    if inputs.ndim == 2 and is_tall and is_single and kernels.serve(inputs, kernel) and inputs.shape[0] <= _FEW:
        return dense_kernel.multiply(inputs, kernel)
    return inputs @ kernel
