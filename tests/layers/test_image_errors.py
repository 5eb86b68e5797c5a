"""What layers of images say of arguments and images that cannot be."""

import numpy as np
import pytest

from plait import layers
from plait.layers import Input

IMAGE, SPARSE = (9, 9, 3), (9, 9, 4)


@pytest.mark.parametrize(
    ("call", "fragments"),
    [
        # sizes
        (lambda: layers.Resizing(0, 4), ['Resizing "resizing_1" needs a positive integer for height, got 0']),
        (lambda: layers.Resizing(4, 2.5), ["positive integer for width, got 2.5"]),
        (lambda: layers.Resizing(4, 4, "bilnear"), ["for interpolation, got 'bilnear'", 'Did you mean "bilinear"?']),
        (lambda: layers.Resizing(4, 4, fill_mode="reflect"), ["one of 'constant' for fill_mode, got 'reflect'"]),
        (lambda: layers.Resizing(4, 4, fill_value="black"), ["a number for fill_value, got 'black'"]),
        (
            lambda: layers.Resizing(4, 4, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True),
            ["one of crop_to_aspect_ratio and pad_to_aspect_ratio, got both", "choose one"],
        ),
        (lambda: layers.CenterCrop(4, -1), ["positive integer for width, got -1"]),
        (lambda: layers.CenterCrop(4, 4, data_format="last"), ["for data_format, got 'last'"]),
        (lambda: layers.RandomCrop("4", 4), ["positive integer for height, got '4'"]),
        # what is drawn
        (lambda: layers.RandomFlip("diagonal"), ["'horizontal_and_vertical' for mode, got 'diagonal'"]),
        (lambda: layers.RandomRotation(1.5), ["a number from -1 to 1, or two of them, for factor, got 1.5"]),
        (lambda: layers.RandomRotation((0.1, 0.2, 0.3)), ["two of them, for factor, got (0.1, 0.2, 0.3)"]),
        (lambda: layers.RandomRotation("45"), ["two of them, for factor, got '45'"]),
        (lambda: layers.RandomRotation(0.2, "mirror"), ["'reflect', 'wrap', 'constant', 'nearest' for fill_mode"]),
        (lambda: layers.RandomRotation(0.2, interpolation="bicubic"), ["'bilinear' for interpolation, got 'bicubic'"]),
        (lambda: layers.RandomZoom(2), ["for height_factor, got 2"]),
        (lambda: layers.RandomZoom(0.2, (0, 3)), ["for width_factor, got (0, 3)"]),
        (lambda: layers.RandomTranslation(0.2, -2), ["for width_factor, got -2"]),
        (lambda: layers.RandomTranslation(0.2, 0.2, fill_value=None), ["a number for fill_value, got None"]),
        (lambda: layers.RandomShear(-0.2), ["a number from 0 to 1, or two of them, for x_factor, got -0.2"]),
        (lambda: layers.RandomBrightness(True), ["for factor, got True"]),
        (lambda: layers.RandomContrast(-0.5), ["a number from 0 to 1, or two of them, for factor, got -0.5"]),
        (lambda: layers.RandomContrast(0.5, value_range=255), ["two different numbers for value_range, got 255"]),
        (lambda: layers.RandomBrightness(0.5, (1, 1)), ["two different numbers for value_range, got (1, 1)"]),
        (lambda: layers.RandomErasing(scale=2), ["for scale, got 2"]),
        (lambda: layers.RandomErasing(fill_value="noise"), ["a number for fill_value, got 'noise'"]),
        (lambda: layers.RandomGrayscale(2), ["a number from 0 to 1 for factor, got 2"]),
        (lambda: layers.RandomPosterization(9), ["a number from 1 to 8, or two of them, for factor, got"]),
        (lambda: layers.RandomPosterization(2.5), ["positive integer for factor, got 2.5"]),
        (lambda: layers.RandomGaussianBlur(kernel_size=4), ["odd numbers for kernel_size, got (4, 4)"]),
        (lambda: layers.RandomGaussianBlur(sigma=3), ["a number from 0 to 1, or two of them, for sigma, got 3"]),
        (lambda: layers.RandomPerspective(scale=-0.1), ["a number from 0 to 1 for scale, got -0.1"]),
        (lambda: layers.RandomElasticTransform(fill_mode="repeat"), ["'mirror' for fill_mode, got 'repeat'"]),
        (lambda: layers.RandomColorJitter(hue_factor=2), ["RandomHue", "for factor, got 2"]),
        (lambda: layers.Solarization(1.5), ["for addition_factor, got 1.5"]),
        (lambda: layers.Equalization(bins=0), ["positive integer for bins, got 0"]),
        (
            lambda: layers.ContrastLimitedAdaptiveHistogramEqualization(clip_limit=-1),
            ["0 or more for clip_limit, got -1"],
        ),
        (lambda: layers.Pipeline(layers.Resizing(3, 3)), ["a list of layers, got <Resizing"]),
        (lambda: layers.RandAugment(num_ops=0), ["positive integer for num_ops, got 0"]),
        (lambda: layers.AugMix(alpha=0), ["a positive number for alpha, got 0"]),
        (lambda: layers.MixUp(alpha=-1), ["a positive number for alpha, got -1"]),
        (lambda: layers.CutMix(2), ["for factor, got 2"]),
        (lambda: layers.AugMix(interpolation="bicubic"), ["for interpolation, got 'bicubic'"]),
        (
            lambda: layers.RandomFlip(bounding_box_format="xyxy"),
            ["has no bounding_box_format in Plait, got 'xyxy'", "Leave it out"],
        ),
        # images
        (lambda: layers.Resizing(4, 4)(Input((9,))), ["at least 3 axes (batch included), got shape (None, 9)"]),
        (lambda: layers.RandomFlip()(Input((2, *IMAGE))), ["at most 4 axes (batch included)"]),
        (lambda: layers.RandomSaturation(0.2)(Input(SPARSE)), ["inputs with 3 channels on the last axis, got 4"]),
        (lambda: layers.RandomHue(0.2)(Input((9, 9, 1))), ["inputs with 3 channels on the last axis, got 1"]),
        (
            lambda: layers.RandomHue(0.2, data_format="channels_first")(Input(SPARSE)),
            ["inputs with 3 channels on axis -3, got 9"],
        ),
        (lambda: layers.RandomColorJitter(hue_factor=0.1)(Input(SPARSE)), ["RandomColorJitter", "with 3 channels"]),
        (lambda: layers.RandomColorDegeneration(0.2)(Input(SPARSE)), ["inputs with 3 channels on the last axis"]),
        (lambda: layers.RandomGrayscale()(Input(SPARSE)), ["images with 3 channels or 1, got 4"]),
        (lambda: layers.RandAugment()(Input(SPARSE)), ["images with 3 channels or 1, got 4"]),
        (
            lambda: layers.RandomErasing(fill_value=[1, 2, 3])(Input(SPARSE)),
            ["one number per channel for fill_value, got 3 for images of 4"],
        ),
        (
            lambda: layers.RandomFlip()({"images": np.zeros((1, *IMAGE)), "labels": np.zeros(1)}),
            ['RandomFlip "random_flip_1" takes one tensor, got 2 elements in a dict'],
        ),
    ],
)
def test_the_error_says_who_needs_what_and_what_came(call, fragments):
    with pytest.raises(ValueError, match=r"Called at .*test_image_errors\.py:\d+") as caught:
        call()
    message = str(caught.value)
    assert [fragment for fragment in fragments if fragment not in message] == [], message
