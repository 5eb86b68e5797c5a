import jax.numpy as jnp
import numpy as np
import pytest

from plait import layers


@pytest.mark.parametrize(
    "alias",
    ["Convolution1DTranspose", "Convolution2DTranspose", "Convolution3DTranspose", "SeparableConvolution1D",
     "SeparableConvolution2D"],
)  # fmt: skip
def test_a_layer_has_its_long_name_too(alias):
    assert getattr(layers, alias) is getattr(layers, alias.replace("Convolution", "Conv"))


@pytest.mark.parametrize(
    ("layer", "result"),
    [
        (layers.Cropping1D(1), "int32"),
        (layers.ZeroPadding1D(1), "int32"),
        (layers.UpSampling1D(2), "int32"),
        (layers.AdaptiveMaxPooling1D(2), "int32"),
        (layers.AdaptiveAveragePooling1D(2), "float32"),
    ],
)
def test_whole_numbers_stay_whole_where_nothing_is_weighed(layer, result):
    inputs = -np.arange(1, 11, dtype="int32").reshape(1, 5, 2)
    assert layer(layers.Input((5, 2), dtype="int32")).dtype == layer(inputs).dtype == result


@pytest.mark.parametrize(("interpolation", "result"), [("nearest", "int32"), ("bilinear", "float32")])
def test_whole_numbers_are_interpolated_in_floats(interpolation, result):
    layer, inputs = layers.UpSampling2D(interpolation=interpolation), np.ones((1, 2, 2, 1), "int32")
    assert layer(layers.Input((2, 2, 1), dtype="int32")).dtype == layer(inputs).dtype == result
    np.testing.assert_array_equal(layer(inputs), np.ones((1, 4, 4, 1)))


@pytest.mark.parametrize(
    "make",
    [
        lambda **how: layers.Conv2DTranspose(2, 3, 2, "same", **how),
        lambda **how: layers.DepthwiseConv2D(3, **how),
        lambda **how: layers.SeparableConv2D(2, 3, **how),
        lambda **how: layers.UpSampling2D(interpolation="bicubic", **how),
        lambda **how: layers.AdaptiveAveragePooling2D((2, 3), **how),
        lambda **how: layers.ZeroPadding2D(1, **how),
    ],
)
def test_a_mixed_policy_computes_in_half_precision(make):
    outputs = make(dtype="mixed_bfloat16")(np.ones((1, 4, 5, 3), "float32"))
    assert outputs.dtype == jnp.bfloat16
    assert np.isfinite(np.asarray(outputs, "float32")).all()


def test_a_transposed_convolution_is_slow_in_loops_where_a_convolution_is():
    for how in ({}, {"data_format": "channels_first"}, {"dtype": "mixed_bfloat16"}):
        assert layers.Conv2DTranspose(4, 3, **how).slow_in_loops == layers.Conv2D(4, 3, **how).slow_in_loops
    assert layers.Conv3DTranspose(4, 3).slow_in_loops


def test_convolutions_of_each_channel_are_slow_in_loops():
    assert layers.DepthwiseConv2D(3).slow_in_loops
    assert layers.SeparableConv1D(4, 3).slow_in_loops


def test_what_is_cropped_was_padded():
    inputs = np.arange(12, dtype="float32").reshape(1, 3, 2, 2)
    margins = ((1, 2), (0, 3))
    np.testing.assert_array_equal(layers.Cropping2D(margins)(layers.ZeroPadding2D(margins)(inputs)), inputs)
