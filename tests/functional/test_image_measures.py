"""What is measured in images, held to SciPy and to the definition."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from plait.functional import image_measures

_RANDOM = np.random.default_rng(0)
FIRST, SECOND = (_RANDOM.uniform(size=(2, 9, 8, 3)).astype("float32") for _ in range(2))


def test_edges_are_those_of_scipy():
    for axis, ours in zip((1, 2), image_measures.edges(jnp.asarray(FIRST)), strict=True):
        expected = np.stack(
            [[ndimage.sobel(one[..., c], axis - 1, mode="constant") for c in range(3)] for one in FIRST]
        )
        np.testing.assert_allclose(ours, np.moveaxis(expected, 1, -1), atol=1e-5)


@pytest.mark.first_rows(1)
@pytest.mark.parametrize("size", [1, 4, 7])
def test_similarity_is_that_of_each_window_by_the_paper_averaged(size):
    ours = image_measures.similarity(jnp.asarray(FIRST), jnp.asarray(SECOND), 1.0, size, 1.3, 0.02, 0.05)
    np.testing.assert_allclose(
        ours, [_similarity(*pair, size, 1.3) for pair in zip(FIRST, SECOND, strict=True)], 1e-5, 1e-6
    )


def _similarity(first, second, size, sigma):
    """Returns the mean of equation 13 over all windows and channels, for C1 of 0.02**2 and C2 of 0.05**2."""
    line = np.exp(-0.5 * ((np.arange(size) - (size - 1) / 2) / sigma) ** 2)
    weights = (np.outer(line, line) / line.sum() ** 2)[..., None]
    found = []
    for top, left in np.ndindex(first.shape[0] - size + 1, first.shape[1] - size + 1):
        x, y = (one[top : top + size, left : left + size].astype("float64") for one in (first, second))
        mean_x, mean_y = (np.sum(weights * one, axis=(0, 1)) for one in (x, y))
        var_x, var_y = (np.sum(weights * (one - mean) ** 2, (0, 1)) for one, mean in [(x, mean_x), (y, mean_y)])
        covariance = np.sum(weights * (x - mean_x) * (y - mean_y), axis=(0, 1))
        found.append(
            (2 * mean_x * mean_y + 0.02**2) * (2 * covariance + 0.05**2)
            / ((mean_x**2 + mean_y**2 + 0.02**2) * (var_x + var_y + 0.05**2))
        )  # fmt: skip
    return np.mean(found)
