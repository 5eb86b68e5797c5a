"""Calls of loops and branches. A call is a name, positional arguments, keyword arguments."""

import jax.numpy as jnp
import numpy as np

from tests.ops.arrays import VECTOR, A, B

ONE, FIVE = jnp.float32(1), jnp.float32(5)


def running(state, x):
    return state + x, state * x


CALLS = [
    ("cond", (np.array(True), lambda: ONE, lambda: FIVE), {}),
    ("cond", (np.array(False), lambda: [ONE, FIVE], lambda: [FIVE, ONE]), {}),
    ("switch", (np.array(1), [jnp.sin, jnp.cos, jnp.tan], A), {}),
    ("switch", (np.array(7), [jnp.add, jnp.subtract], A, B), {}),
    ("while_loop", (lambda x: x.sum() < 50, lambda x: 2 * x, A), {}),
    ("while_loop", (lambda n, x: x.max() < 9, lambda n, x: [n + 1, x * 3], [np.array(0), A]), {}),
    ("while_loop", (lambda x: x.sum() < 50, lambda x: 2 * x, A), {"maximum_iterations": 1}),
    ("while_loop", (lambda n, x: n < 9, lambda n, x: (n + 1, x * 3), [np.array(0), A]), {"maximum_iterations": 3}),
    ("fori_loop", (0, 3, lambda i, x: x * 2 + i, A), {}),
    ("scan", (running, VECTOR[0], VECTOR), {}),
    ("scan", (running, A[0], A), {"reverse": True, "unroll": 2}),
    ("scan", (lambda state, _: (state * 2, state), A), {"length": 3}),
    ("associative_scan", (jnp.add, A), {}),
    ("associative_scan", (jnp.maximum, A), {"reverse": True, "axis": 2}),
    ("map", (jnp.sum, A), {}),
    ("vectorized_map", (jnp.sum, A), {}),
    ("vectorized_map", (lambda pair: pair[0] @ pair[1].T, [A, B]), {}),
]
PLAIN = []
