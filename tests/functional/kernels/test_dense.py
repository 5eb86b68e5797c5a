"""The compiled product of few rows with a tall matrix, held to XLA's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait.functional import dense, kernels
from plait.functional.kernels import dense as dense_kernel
from tests.compiling import quickly

pytestmark = pytest.mark.skipif(kernels.state() != "in use", reason=f"kernels: {kernels.state()}")


# (rows, depth, columns): one of each; what fills no group of rows, no block of the depth, no panel; and what does.
@pytest.mark.parametrize("sizes", [(1, 1, 1), (7, 1030, 19), (3, 63, 16), (12, 128, 32), (64, 300, 5)], ids=str)
def test_it_is_that_of_xla(sizes):
    rows, depth, columns = sizes
    random = np.random.default_rng(0)
    inputs, matrix = (random.normal(size=s).astype("float32") for s in ((rows, depth), (depth, columns)))

    def results(multiply):
        def loss(*given):
            product = multiply(*given)
            return jnp.sum(product**2 * jnp.cos(jnp.arange(product.size, dtype="float32")).reshape(product.shape))

        def penalty(*given):
            return sum(jnp.sum(grad**2) for grad in jax.grad(loss, (0, 1))(*given))

        @quickly
        def all_of_them(*given):
            return multiply(*given), *jax.grad(loss, (0, 1))(*given), jax.grad(penalty)(*given)

        return all_of_them(inputs, matrix)

    for one, other in zip(results(dense_kernel.multiply), results(jnp.matmul), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5 * np.abs(other).max())


def test_it_is_used_for_few_examples_and_a_large_kernel(monkeypatch):
    calls = []
    monkeypatch.setattr(dense_kernel, "multiply", lambda *given: calls.append(given))
    monkeypatch.setattr(dense, "_LARGE", 400)
    kernel = jnp.ones((50, 8))
    dense.multiply(jnp.ones((32, 50)), kernel)
    assert len(calls) == 1
    dense.multiply(jnp.ones((33, 50)), kernel)
    dense.multiply(jnp.ones((2, 3, 50)), kernel)
    dense.multiply(jnp.ones((2, 49)), kernel[:49])
    dense.multiply(jnp.ones((2, 20)), jnp.ones((20, 20)))
    dense.multiply(jnp.ones((2, 50), "bfloat16"), kernel.astype("bfloat16"))
    assert len(calls) == 1
