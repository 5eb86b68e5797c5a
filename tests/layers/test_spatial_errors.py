"""What other convolutions, margins, longer axes and adaptive poolings say of a call that cannot be."""

import numpy as np
import pytest

from plait import layers
from plait.layers import Input

IMAGE = (9, 9, 4)


def called_before(layer, shape):
    """Returns the layer, after a first call on inputs of this shape."""
    layer(Input(shape))
    return layer


@pytest.mark.parametrize(
    ("call", "fragments"),
    [
        # transposed convolutions
        (lambda: layers.Conv2DTranspose(0, 3), ['Conv2DTranspose "conv2d_transpose_1"', "for filters, got 0"]),
        (lambda: layers.Conv2DTranspose(4, (3, 3, 3)), ["or 2 of them for kernel_size, got (3, 3, 3)"]),
        (lambda: layers.Conv1DTranspose(4, 3, 0), ["positive integer for strides, got 0"]),
        (lambda: layers.Conv1DTranspose(4, 3, padding="causal"), ["'valid', 'same' for padding, got 'causal'"]),
        (lambda: layers.Conv2DTranspose(4, 3, data_format="last"), ["'channels_first' for data_format, got 'last'"]),
        (lambda: layers.Conv3DTranspose(4, 3, output_padding=-1), ["3 of them for output_padding, got -1"]),
        (lambda: layers.Conv2DTranspose(4, 3, 2, output_padding=2), ["below its strides (2, 2), got (2, 2)"]),
        (lambda: layers.Conv2DTranspose(4, 3, (1, 2), output_padding=1), ["below its strides (1, 2), got (1, 1)"]),
        (
            lambda: layers.Conv2DTranspose(4, 3, (2, 1), dilation_rate=2),
            ["strides or dilation_rate of 1", "strides (2, 1)", "dilation_rate (2, 2)"],
        ),
        (lambda: layers.Conv2DTranspose(4, 3, activation="rleu"), ['Did you mean "relu"?']),
        (lambda: layers.Conv1DTranspose(4, 3)(Input((9,))), ["3 axes (batch included), got shape (None, 9)"]),
        (lambda: layers.Conv1DTranspose(4, 3)(Input((9, None))), ["needs to know the size of the last axis"]),
        (
            lambda: called_before(layers.Conv2DTranspose(4, 3), IMAGE)(Input((9, 9, 3))),
            ["needs inputs with 4 channels on the last axis, got 3", "make a new Conv2DTranspose layer"],
        ),
        # depthwise and separable convolutions
        (lambda: layers.DepthwiseConv2D(0), ["positive integer or 2 of them for kernel_size, got 0"]),
        (lambda: layers.DepthwiseConv2D(3, depth_multiplier=0), ["positive integer for depth_multiplier, got 0"]),
        (lambda: layers.DepthwiseConv1D(3, padding="causal"), ["'valid', 'same' for padding, got 'causal'"]),
        (lambda: layers.DepthwiseConv2D(3, depthwise_regularizer="l3"), ["cannot take this depthwise_regularizer"]),
        (lambda: layers.DepthwiseConv2D(5)(Input((3, 9, 1))), ["5 or more on axis 1, got 3", 'padding="same"']),
        (
            lambda: layers.DepthwiseConv1D(3, data_format="channels_first")(Input((None, 9))),
            ["needs to know the size of the axis 1"],
        ),
        (lambda: layers.SeparableConv2D(-1, 3), ["positive integer for filters, got -1"]),
        (lambda: layers.SeparableConv1D(4, 3, depth_multiplier=1.5), ["for depth_multiplier, got 1.5"]),
        (
            lambda: layers.SeparableConv2D(4, 3, pointwise_initializer="glorto"),
            ["cannot take this pointwise_initializer"],
        ),
        (lambda: layers.SeparableConv1D(4, 3)(Input((2, 4))), ["3 or more on axis 1, got 2"]),
        (
            lambda: called_before(layers.SeparableConv1D(4, 3, data_format="channels_first"), (2, 9))(Input((3, 9))),
            ["needs inputs with 2 channels on axis 1, got 3: shape (None, 3, 9)"],
        ),
        # margins
        (lambda: layers.Cropping1D(-1), ['Cropping1D "cropping1d_1"', "0 or more or a pair", "for cropping, got -1"]),
        (lambda: layers.Cropping1D((1, 2, 3)), ["(before, after) for cropping, got (1, 2, 3)"]),
        (lambda: layers.Cropping2D(((1, 2), (3, 4), (5, 6))), ["or 2 of these for cropping, got ((1, 2), (3, 4), "]),
        (lambda: layers.Cropping3D("all"), ["or 3 of these for cropping, got 'all'"]),
        (lambda: layers.Cropping2D(data_format="x"), ["for data_format, got 'x'"]),
        (lambda: layers.ZeroPadding1D(1.5), ["for padding, got 1.5"]),
        (lambda: layers.ZeroPadding2D(True), ["for padding, got True"]),
        (lambda: layers.ZeroPadding2D(((1, -1), 2)), ["for padding, got ((1, -1), 2)"]),
        (lambda: layers.ZeroPadding3D((1, 2)), ["or 3 of these for padding, got (1, 2)"]),
        (lambda: layers.ZeroPadding2D()(Input((9, 9))), ["4 axes (batch included), got shape (None, 9, 9)"]),
        (
            lambda: layers.Cropping1D((2, 3))(Input((5, 4))),
            ["inputs longer than what it crops, 6 or more on axis 1, got 5", "Crop less"],
        ),
        (
            lambda: layers.Cropping2D(2, "channels_first")(np.zeros((1, 3, 9, 4), "float32")),
            ["5 or more on axis 3, got 4: shape (1, 3, 9, 4)"],
        ),
        # longer axes
        (lambda: layers.UpSampling1D(0), ["positive integer for size, got 0"]),
        (lambda: layers.UpSampling1D((2,)), ["positive integer for size, got (2,)"]),
        (lambda: layers.UpSampling2D((2, 0)), ["positive integer or 2 of them for size, got (2, 0)"]),
        (lambda: layers.UpSampling2D(interpolation="linear"), ["for interpolation, got 'linear'"]),
        (lambda: layers.UpSampling3D((2, 2)), ["or 3 of them for size, got (2, 2)"]),
        (lambda: layers.UpSampling3D()(Input(IMAGE)), ["5 axes (batch included), got shape (None, 9, 9, 4)"]),
        # adaptive poolings
        (lambda: layers.AdaptiveMaxPooling1D(0), ["positive integer for output_size, got 0"]),
        (lambda: layers.AdaptiveMaxPooling2D((1, 2, 3)), ["or 2 of them for output_size, got (1, 2, 3)"]),
        (lambda: layers.AdaptiveAveragePooling2D(2, "first"), ["for data_format, got 'first'"]),
        (lambda: layers.AdaptiveAveragePooling3D(2)(Input(IMAGE)), ["5 axes (batch included)"]),
        (lambda: layers.AdaptiveMaxPooling1D(2)(Input((0, 4))), ["something to pool, 1 or more on axis 1, got 0"]),
    ],
)
def test_a_call_that_cannot_be_is_explained(call, fragments):
    with pytest.raises(ValueError, match=r"Called at .*test_spatial_errors\.py:\d+") as caught:
        call()
    for fragment in fragments:
        assert fragment in str(caught.value)


def test_a_length_that_was_not_known_is_checked_when_it_is():
    layer = layers.Cropping1D(2)
    assert layer(Input((None, 3))).shape == (None, None, 3)
    with pytest.raises(ValueError, match="5 or more on axis 1, got 4"):
        layer(np.zeros((1, 4, 3), "float32"))
