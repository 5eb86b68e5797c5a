"""Attention as arithmetic: both ways of computing it, masks, heads that are shared."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait.functional import attention, spectral

RANDOM = np.random.default_rng(0)
QUERY, KEY, VALUE = (
    RANDOM.normal(size=(2, length, heads, 3)).astype("float32") for length, heads in ((4, 4), (5, 2), (5, 2))
)
MASK = RANDOM.random((2, 1, 4, 5)) < 0.6


def by_hand(query, key, value, mask):
    """Returns the outputs, one query of one head of one example after the other."""
    outputs = np.zeros((*query.shape[:3], value.shape[-1]))
    for example, target, head in np.ndindex(query.shape[:3]):
        shared = head // (query.shape[2] // key.shape[2])
        scores = key[example, :, shared] @ query[example, target, head] / np.sqrt(key.shape[-1])
        scores = np.where(mask[example, 0, target], scores, -1e30)
        weights = np.exp(scores - scores.max())
        outputs[example, target, head] = weights / weights.sum() @ value[example, :, shared]
    return outputs


@pytest.mark.first_rows(2)
@pytest.mark.parametrize("features", [3, 2])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_is_the_formula_of_the_paper(features, dtype):
    with jax.enable_x64(dtype == "float64"):
        arrays = [array.astype(dtype) for array in (QUERY, KEY, VALUE[..., :features])]
        outputs = attention.dot_product(*map(jnp.asarray, arrays), jnp.asarray(MASK))
    assert outputs.dtype == dtype
    np.testing.assert_allclose(outputs, by_hand(*arrays, MASK), rtol=1e-5, atol=1e-6)


def test_where_all_is_masked_the_values_count_alike():
    outputs = attention.dot_product(QUERY, KEY, VALUE, jnp.zeros((2, 1, 4, 5), bool))
    np.testing.assert_allclose(outputs[:, 0, 0], VALUE[:, :, 0].mean(1), rtol=1e-5)


def test_steps_see_what_is_before_them_and_near():
    seen = attention.by_position(3, 4, is_causal=True, window=2)
    np.testing.assert_array_equal(seen, [[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0]])


def test_masks_of_fewer_axes_are_joined_around_those_they_lack():
    pairs, of_one_head = jnp.ones((4, 5), bool), jnp.asarray(MASK[:, 0])
    np.testing.assert_array_equal(attention.joined([pairs, None, of_one_head], 4), MASK)
    assert attention.joined([None], 4) is None


def test_axes_that_are_not_attended_over_stand_before_the_heads():
    assert attention.products(5, (2,)) == ("abcde,abfde->abdcf", "abdcf,abfde->abcde")


def test_many_iterations_find_the_largest_singular_value():
    kernel = RANDOM.normal(size=(2, 3, 4)).astype("float32")
    normalized, vector = spectral.spectral_normalize(jnp.asarray(kernel), jnp.ones((1, 4)), 100)
    np.testing.assert_allclose(np.linalg.norm(normalized.reshape(6, 4), 2), 1, rtol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(vector), 1, rtol=1e-5)
