import jax.numpy as jnp
import numpy as np
import pytest

from plait.functional import resizing


@pytest.mark.parametrize("interpolation", resizing.INTERPOLATIONS)
def test_a_plain_image_stays_plain(interpolation):
    enlarged = resizing.enlarge(jnp.full((1, 4, 3, 2), 7.0), (3, 2), interpolation=interpolation)
    np.testing.assert_allclose(enlarged, np.full((1, 12, 6, 2), 7.0), rtol=1e-6)


@pytest.mark.parametrize("interpolation", resizing.INTERPOLATIONS)
def test_the_centre_of_each_element_keeps_its_value_where_it_is_one_of_the_outputs(interpolation):
    inputs = np.random.default_rng(0).normal(size=(1, 4, 3, 2)).astype("float32")
    enlarged = resizing.enlarge(jnp.asarray(inputs), (3, 5), interpolation=interpolation)
    np.testing.assert_allclose(enlarged[:, 1::3, 2::5], inputs, rtol=1e-5, atol=1e-6)


def test_an_edge_is_interpolated_evenly():
    enlarged = resizing.enlarge(jnp.asarray([[[0.0], [4.0]]]), (2,), interpolation="bilinear")
    np.testing.assert_allclose(enlarged[0, :, 0], [0.0, 1.0, 3.0, 4.0])


def test_channels_may_stand_first():
    inputs = np.random.default_rng(0).normal(size=(1, 2, 4, 3)).astype("float32")
    first = resizing.enlarge(jnp.asarray(inputs), (2, 3), "channels_first", "bicubic")
    last = resizing.enlarge(jnp.asarray(np.moveaxis(inputs, 1, -1)), (2, 3), "channels_last", "bicubic")
    np.testing.assert_allclose(first, np.moveaxis(last, -1, 1), rtol=1e-6)
