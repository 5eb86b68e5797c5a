"""Functions of plait.ops.image: Keras's names and numbers, and nodes when they meet a symbolic tensor."""

import inspect

import jax.numpy as jnp
import numpy as np
import pytest

from plait.core.context import Context
from plait.graph.graph import Graph
from plait.layers import Input
from plait.ops import image
from tests.genuine import genuine_keras

_RANDOM = np.random.default_rng(0)
IMAGES = _RANDOM.uniform(size=(2, 6, 8, 3)).astype("float32")
FIRST = {"data_format": "channels_first"}
CHANNELS_FIRST = IMAGES.transpose(0, 3, 1, 2).copy()
VOLUMES = _RANDOM.uniform(size=(2, 4, 3, 4, 2)).astype("float32")

CALLS = [
    ("resize", (IMAGES, (3, 5)), {}),
    ("resize", (IMAGES[0], (12, 4)), {"interpolation": "nearest"}),
    ("resize", (IMAGES, [3, 4]), {"interpolation": "bicubic", "antialias": True}),
    ("resize", (CHANNELS_FIRST, (3, 5)), FIRST),
    ("resize", (IMAGES, (4, 4)), {"crop_to_aspect_ratio": True}),
    ("resize", (IMAGES, (4, 4)), {"pad_to_aspect_ratio": True, "fill_value": 2.0}),
    ("resize", (CHANNELS_FIRST, (4, 9)), {"pad_to_aspect_ratio": True, **FIRST}),
    ("crop_images", (IMAGES, 1, 2, 3, 0), {}),
    ("crop_images", (IMAGES, 1, 2), {"target_height": 4, "target_width": 5}),
    ("crop_images", (CHANNELS_FIRST[0],), {"bottom_cropping": 1, "right_cropping": 2, "target_height": 4,
                                           "target_width": 5, **FIRST}),
    ("pad_images", (IMAGES, 1, 2, 3, 0), {}),
    ("pad_images", (IMAGES, 1, 2), {"target_height": 9, "target_width": 12}),
    ("pad_images", (CHANNELS_FIRST[0],), {"bottom_padding": 1, "right_padding": 2, "target_height": 8,
                                          "target_width": 11, **FIRST}),
    ("extract_patches", (IMAGES, 2), {}),
    ("extract_patches", (IMAGES[0], (3, 2)), {"strides": (1, 2), "padding": "same"}),
    ("extract_patches", (CHANNELS_FIRST, 2), {"strides": 1, "dilation_rate": 2, **FIRST}),
    ("extract_patches", (VOLUMES, (2, 1, 2)), {}),
    ("extract_patches_3d", (VOLUMES, 2), {"strides": 1}),
    ("rgb_to_grayscale", (IMAGES,), {}),
    ("rgb_to_grayscale", (CHANNELS_FIRST[0],), FIRST),
    ("rgb_to_grayscale", ((IMAGES * 255).astype("uint8"),), {}),
    ("rgb_to_grayscale", (IMAGES[..., :1],), {}),
    *((name, (IMAGES,), {}) for name in ("rgb_to_hsv", "hsv_to_rgb")),
    *((name, (CHANNELS_FIRST[0],), FIRST) for name in ("rgb_to_hsv", "hsv_to_rgb")),
    ("map_coordinates", (IMAGES[0, :, :, 0], np.float32([[0.5, 2.2, 9.0], [1.5, 3.9, 1.0]]), 1), {}),
    ("map_coordinates", (IMAGES[0, :, :, 0], np.float32([[0.6, -2.2], [1.4, 3.9]]), 0), {"fill_mode": "reflect"}),
    ("scale_and_translate", (IMAGES, (2, 4, 5, 3), [0.5, 0.7], [1.0, -0.5], (1, 2), "linear"), {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "kwargs"), CALLS)
def test_numbers_and_dtypes_are_those_of_keras(name, args, kwargs):
    ours = getattr(image, name)(*args, **kwargs)
    with genuine_keras() as keras:
        theirs = getattr(keras.ops.image, name)(*args, **kwargs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    assert ours.dtype == theirs.dtype


@pytest.mark.parametrize(("name", "args", "kwargs"), CALLS)
def test_on_symbolic_tensors_it_is_a_node_that_computes_the_same(name, args, kwargs):
    images, *others = args
    inputs = Input(batch_shape=images.shape, dtype=images.dtype)
    outputs = getattr(image, name)(inputs, *others, **kwargs)
    expected = getattr(image, name)(*args, **kwargs)
    assert (outputs.shape, outputs.dtype) == (expected.shape, expected.dtype)
    computed = Graph(inputs, outputs).run({}, [jnp.asarray(images)], Context()).outputs
    np.testing.assert_array_equal(computed, expected)


@pytest.mark.parametrize("name", image.__all__)
def test_its_arguments_are_those_of_keras(name):
    with genuine_keras() as keras:
        theirs = inspect.signature(getattr(keras.ops.image, name)).parameters
    ours = inspect.signature(getattr(image, name)).parameters
    assert [(p.name, p.default) for p in ours.values()] == [(p.name, p.default) for p in theirs.values()]


def test_the_size_of_the_batch_stays_unknown():
    assert image.extract_patches(Input((6, 8, 3)), 2).shape == (None, 3, 4, 12)
    assert image.resize(Input((None, None, 3)), (4, 5)).shape == (None, 4, 5, 3)


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: image.resize(IMAGES, (3, 5), "bilnear"), "Unknown interpolation 'bilnear'. Did you mean \"bilinear\""),
        (lambda: image.resize(IMAGES[0, 0], (3, 5)), r"three axes, or four with a batch, got the shape \(8, 3\)"),
        (lambda: image.resize(IMAGES, (3, 5), fill_mode="wrap"), 'pads with fill_mode "constant" only'),
        (lambda: image.crop_images(IMAGES, 1, 2), "crop_images needs two of three numbers for each direction"),
        (lambda: image.crop_images(IMAGES, 4, 2, 4, 2), "None may be below 0"),
        (lambda: image.pad_images(IMAGES, 1, 2), "pad_images needs two of three numbers for each direction"),
        (lambda: image.pad_images(IMAGES, 1, 2, target_height=3, target_width=12), "None may be below 0"),
        (lambda: image.rgb_to_grayscale(IMAGES[..., :2]), r"three channels, got the shape \(2, 6, 8, 2\)"),
        (lambda: image.rgb_to_hsv(IMAGES[..., :2]), r"floating images of three channels, got float32 of the shape"),
        (lambda: image.hsv_to_rgb(np.ones((2, 2, 3), "uint8")), "got uint8 of the shape"),
        (lambda: image.map_coordinates(IMAGES, np.ones((2, 3)), 1), r"coordinates of shape \(4, ...\)"),
    ],
)
def test_a_mistake_is_explained(mistake, message):
    with pytest.raises(ValueError, match=message):
        mistake()
