import functools

import numpy as np
import pytest

from plait.functional import convolution
from tests.functional.gradients import assert_close, outputs_and_gradients
from tests.genuine import genuine_keras

KERAS_LAYERS = {1: "Conv1D", 2: "Conv2D", 3: "Conv3D"}
CASES = [
    # axes, size, arguments
    (1, (3,), {}),
    (1, (4,), {"strides": 3, "data_format": "channels_first"}),
    (1, (3,), {"padding": "same", "dilation": 2}),
    (1, (4,), {"padding": "same", "strides": 2}),
    (1, (3,), {"padding": "causal"}),
    (1, (3,), {"padding": "causal", "data_format": "channels_first"}),
    (1, (2,), {"padding": "causal", "dilation": 3}),
    (1, (2,), {"padding": "causal", "strides": 2, "groups": 2}),
    (2, (3, 3), {}),
    (2, (2, 3), {"padding": "same", "strides": (2, 1)}),
    (2, (3, 3), {"padding": "same", "dilation": (1, 2)}),
    (2, (3, 2), {"groups": 2}),
    (2, (3, 2), {"groups": 2, "strides": (2, 3), "data_format": "channels_first"}),
    (2, (3, 3), {"groups": 4, "strides": 2, "padding": "same"}),
    (3, (2, 2, 2), {"padding": "same", "strides": 2}),
    (3, (2, 1, 3), {"groups": 2, "data_format": "channels_first"}),
]


def example(axes, size, groups=1, data_format="channels_last", **_):
    random = np.random.default_rng(0)
    spatial = (9, 8, 6)[:axes]
    shape = (2, *spatial, 4) if data_format == "channels_last" else (2, 4, *spatial)
    return (
        random.normal(size=shape).astype("float32"),
        random.normal(size=(*size, 4 // groups, 8)).astype("float32"),
    )


@pytest.mark.first_rows(1)
@pytest.mark.parametrize(("axes", "size", "arguments"), CASES)
def test_values_and_gradients_are_those_of_keras(axes, size, arguments):
    arrays = example(axes, size, **arguments)
    convolve = functools.partial(convolution.convolve, **arguments)
    ours = outputs_and_gradients(convolve, *arrays)
    with genuine_keras() as keras:
        layer = getattr(keras.layers, KERAS_LAYERS[axes])(
            8,
            size,
            strides=arguments.get("strides", 1),
            padding=arguments.get("padding", "valid"),
            dilation_rate=arguments.get("dilation", 1),
            groups=arguments.get("groups", 1),
            data_format=arguments.get("data_format"),
            use_bias=False,
        )
        layer.build(arrays[0].shape)
        theirs = outputs_and_gradients(lambda x, kernel: layer.stateless_call([kernel], [], x)[0], *arrays)
    assert_close(ours, theirs)


def test_causal_outputs_do_not_change_with_later_inputs():
    inputs, kernel = example(1, (3,))
    later = inputs.copy()
    later[:, 5:] = 0
    before, after = (convolution.convolve(x, kernel, padding="causal")[:, :5] for x in (inputs, later))
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize(
    ("inputs", "kernel", "arguments", "message"),
    [
        ((2, 9, 4), (3, 3, 8), {}, r"needs inputs with 3 channels, got 4: shape \(2, 9, 4\), channels_last"),
        ((2, 9, 4), (3, 2, 7), {"groups": 2}, "7 filters cannot be split into 2 groups"),
        ((2, 9, 4), (3, 3, 4, 8), {}, r"along 1 axes needs a kernel .* got \(3, 3, 4, 8\)"),
        ((2, 2, 4), (3, 4, 8), {}, "A window of 3 does not fit on an axis of length 2"),
        ((2, 9, 4), (3, 4, 8), {"strides": (1, 1)}, "strides needs a positive integer"),
    ],
)
def test_what_does_not_fit_is_explained(inputs, kernel, arguments, message):
    with pytest.raises(ValueError, match=message):
        convolution.convolve(np.ones(inputs, "float32"), np.ones(kernel, "float32"), **arguments)


@pytest.mark.parametrize(
    ("inputs", "kernel", "arguments", "message"),
    [
        ((2, 9, 4), (3, 8, 3), {}, r"needs inputs with 3 channels, got 4: shape \(2, 9, 4\), channels_last"),
        ((2, 9, 4), (3, 3, 8, 4), {}, r"\(\*window, filters, channels\) .* got \(3, 3, 8, 4\)"),
        ((2, 9, 4), (3, 8, 4), {"padding": "causal"}, "Unknown padding 'causal'"),
    ],
)
def test_what_does_not_fit_its_transpose_is_explained(inputs, kernel, arguments, message):
    with pytest.raises(ValueError, match=message):
        convolution.transpose(np.ones(inputs, "float32"), np.ones(kernel, "float32"), **arguments)


def test_the_transpose_is_that_of_the_convolution_as_a_matrix():
    inputs, kernel = example(2, (3, 2))
    cotangents = np.random.default_rng(1).normal(size=(2, 4, 4, 8)).astype("float32")
    outputs = convolution.convolve(inputs, kernel, strides=2)
    there = convolution.transpose(cotangents, kernel, strides=2)
    np.testing.assert_allclose(np.vdot(outputs, cotangents), np.vdot(inputs, there), rtol=1e-4)


@pytest.mark.parametrize(
    ("axes", "size", "arguments"),
    [
        (1, (3,), {"strides": 2}),
        (1, (2,), {"padding": "same", "dilation": 3, "data_format": "channels_first"}),
        (2, (3, 2), {"padding": "same", "strides": (2, 3)}),
        (2, (3, 3), {"dilation": (1, 2), "data_format": "channels_first"}),
        (2, (9, 8), {"padding": "same"}),
    ],
)
def test_channels_by_themselves_are_as_many_groups(axes, size, arguments, monkeypatch):
    inputs, _ = example(axes, size, **arguments)
    kernel = np.random.default_rng(1).normal(size=(*size, 4, 3)).astype("float32")
    bias = np.arange(12, dtype="float32")
    how = functools.partial(convolution.depthwise, is_rectified=True, **arguments)
    here = outputs_and_gradients(how, inputs, kernel, bias)
    monkeypatch.setattr(convolution, "_MOST_SLICES", 0)
    assert_close(here, outputs_and_gradients(how, inputs, kernel, bias), 1e-4)


def test_a_kernel_for_other_channels_is_refused():
    with pytest.raises(ValueError, match=r"needs inputs with 3 channels, got 4: shape \(2, 9, 4\), channels_last"):
        convolution.depthwise(np.ones((2, 9, 4), "float32"), np.ones((3, 3, 1), "float32"))
