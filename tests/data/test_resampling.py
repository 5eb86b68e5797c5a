import jax
import numpy as np
import pytest

from plait.data import resampling


@pytest.mark.parametrize("method", resampling.METHODS)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((5, 7), (8, 3)),
        *[
            pytest.param(before, after, marks=pytest.mark.slow)
            for before, after in [((200, 90), (100, 30)), ((1, 4), (3, 1)), ((33, 48), (77, 48)), ((99, 6), (33, 42))]
        ],
    ],
)
def test_an_image_of_another_size_is_that_of_jax(before, after, method):
    image = np.random.default_rng(0).uniform(0, 255, (*before, 3)).astype("float32")
    expected = jax.image.resize(image, (*after, 3), method, antialias=False)
    resized = resampling.resize(image, after, method)
    assert resized.dtype == "float32"
    np.testing.assert_allclose(resized, expected, rtol=0, atol=0.02)
