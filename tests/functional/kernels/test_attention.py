"""The compiled attention, held to plain JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait.functional import attention, kernels
from plait.functional.kernels import attention as attention_kernel

pytestmark = pytest.mark.skipif(kernels.state() != "in use", reason=f"kernels: {kernels.state()}")

# (batch, targets, sources, heads, size, features), and the shape of a mask: one of each; what fills no group of rows,
# no block, no vector; what does; and several blocks of targets.
CASES = [
    ((1, 1, 1, 1, 1, 1), None),
    ((2, 7, 19, 3, 5, 9), (2, 3, 7, 19)),
    ((2, 6, 32, 1, 16, 32), None),
    ((2, 6, 32, 2, 16, 32), (2, 1, 1, 32)),
    ((1, 100, 33, 2, 20, 17), (100, 33)),
]


def plain(query, key, value, mask):
    scores = jnp.einsum("btnh,bsnh->bnts", query, key) / np.sqrt(query.shape[-1])
    return jnp.einsum("bnts,bsnh->btnh", attention.probabilities(scores, mask), value)


@pytest.mark.parametrize(("sizes", "mask_shape"), CASES, ids=str)
def test_it_is_that_of_plain_jax(sizes, mask_shape):
    batch, targets, sources, heads, size, features = sizes
    random = np.random.default_rng(0)
    shapes = [(batch, targets, heads, size), (batch, sources, heads, size), (batch, sources, heads, features)]
    given = [random.normal(size=shape).astype("float32") for shape in shapes]
    weights = random.normal(size=(batch, targets, heads, features)).astype("float32")
    mask = None
    if mask_shape:
        mask = random.random(mask_shape) < 0.6
        mask[..., 0, :] = mask.shape[-2] == 1  # a target that attends to nothing, where they differ
        mask = jnp.asarray(mask)

    def results(attend):
        def loss(*arrays):
            return jnp.sum(weights * attend(*arrays, mask) ** 2)

        def penalty(*arrays):
            return sum(jnp.sum(grad**2) for grad in jax.grad(loss, (0, 1, 2))(*arrays))

        def all_of_it(*arrays):
            return attend(*arrays, mask), jax.grad(loss, (0, 1, 2))(*arrays), jax.grad(penalty, (0, 1, 2))(*arrays)

        return jax.tree.leaves(jax.jit(all_of_it)(*given))

    for one, other in zip(results(attention_kernel.attend), results(plain), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5 * max(1, np.abs(other).max()))


def test_large_scores_are_no_infinities():
    query = np.full((1, 2, 1, 4), 1e4, "float32")
    outputs = attention_kernel.attend(query, query, np.arange(8, dtype="float32").reshape(1, 2, 1, 4), None)
    np.testing.assert_allclose(np.asarray(outputs)[0, :, 0], [[2, 3, 4, 5]] * 2)
