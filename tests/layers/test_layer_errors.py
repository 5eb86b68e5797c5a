"""What a layer says of a call that cannot be: who, what was needed, what came, where, and the way out."""

import inspect

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
        # arguments
        (lambda: layers.Dense(0), ['Dense "dense_1"', "positive integer for units, got 0"]),
        (lambda: Input((3,), dtype="flot32"), ["Unknown dtype of an Input 'flot32'", 'Did you mean "float32"?']),
        (lambda: layers.Dense(-3), ["positive integer for units, got -3"]),
        (lambda: layers.Dense(4, lora_rank=2), ['Dense "dense_1" has no lora_rank in Plait, got 2', "Leave it out"]),
        (lambda: layers.Embedding(9, 4, lora_alpha=2), ["has no lora_alpha in Plait, got 2"]),
        (lambda: layers.Embedding(9, 4, quantization_config="int8"), ["has no quantization_config in Plait"]),
        (
            lambda: layers.Dense(4, activation="rleu"),
            ["unknown activation 'rleu'", 'Did you mean "relu"?'],
        ),
        (
            lambda: layers.LSTM(4, recurrent_activation="tahn", name="reader"),
            ['LSTM "reader" cannot take this recurrent_activation: unknown activation', 'Did you mean "tanh"?'],
        ),
        (
            lambda: layers.Conv1D(4, 3, bias_regularizer="l3"),
            ["cannot take this bias_regularizer: unknown regularizer 'l3'"],
        ),
        (lambda: layers.Conv2D(0, 3), ['Conv2D "conv2d_1"', "positive integer for filters, got 0"]),
        (lambda: layers.Conv2D(4, 0), ["positive integer or 2 of them for kernel_size, got 0"]),
        (lambda: layers.Conv2D(4, (3, 3, 3)), ["or 2 of them for kernel_size, got (3, 3, 3)"]),
        (lambda: layers.Conv1D(4, 3, strides=0), ["positive integer for strides, got 0"]),
        (lambda: layers.Conv2D(4, 3, padding="sam"), ["'valid', 'same' for padding", 'Did you mean "same"?']),
        (lambda: layers.Conv2D(4, 3, padding="causal"), ["'valid', 'same' for padding, got 'causal'"]),
        (lambda: layers.Conv2D(4, 3, data_format="last"), ["'channels_first' for data_format, got 'last'"]),
        (lambda: layers.Conv2D(4, 3, groups=3), ["filters that 3 groups can share equally, got 4"]),
        (lambda: layers.MaxPooling1D(0), ["positive integer for pool_size, got 0"]),
        (lambda: layers.MaxPooling1D(2, padding="causal"), ["'valid', 'same' for padding, got 'causal'"]),
        (lambda: layers.Flatten(data_format="x"), ["for data_format, got 'x'"]),
        (lambda: layers.Reshape((2, -1, -1)), ["at most one -1 for target_shape, got (2, -1, -1)"]),
        (lambda: layers.Permute((0, 1)), ["each axis from 1 on exactly once", "Axis 0, the batch, stays"]),
        (lambda: layers.RepeatVector(0), ["positive integer for n, got 0"]),
        (lambda: layers.Concatenate(axis="last"), ["an integer for axis, got 'last'"]),
        (lambda: layers.Dot(axes=0), ["an axis of each input", "axes=0", "Axis 0 is the batch"]),
        (lambda: layers.Dot(axes=(1, 2, 3)), ["an axis of each input", "axes=(1, 2, 3)"]),
        # the number of axes, and of tensors
        (lambda: layers.Dense(4)(Input(())), ["at least 2 axes (batch included), got shape (None,)"]),
        (lambda: layers.Conv2D(4, 3)(Input((9, 9))), ["4 axes (batch included), got shape (None, 9, 9)"]),
        (lambda: layers.GlobalMaxPooling1D()(Input((3,))), ["3 axes (batch included), got shape (None, 3)"]),
        (lambda: layers.Permute((2, 1))(Input((3,))), ["3 axes (batch included)"]),
        (lambda: layers.Dense(4)([Input((3,)), Input((3,))]), ["takes one tensor", "concatenate([a, b])"]),
        (lambda: layers.Flatten()([Input(IMAGE)]), ['Flatten "flatten_1" takes one tensor']),
        (lambda: layers.add(Input((3,))), ["takes a list of tensors, got one of shape (None, 3)", "layer([a, b])"]),
        (lambda: layers.add([]), ["takes a list of tensors, got none"]),
        (lambda: layers.concatenate(Input((3,))), ["takes a list of tensors, got one of shape (None, 3)"]),
        (lambda: layers.subtract([Input((3,))] * 3), ["a list of exactly 2 tensors, got 3"]),
        (lambda: layers.dot([Input((3,))]), ["a list of exactly 2 tensors, got 1"]),
        # features and channels
        (lambda: layers.Dense(4)(Input((None,))), ["needs to know the size of the last axis"]),
        (lambda: layers.Conv1D(4, 3)(Input((None, None))), ["needs to know the size of the last axis"]),
        (lambda: layers.Conv2D(4, 3, groups=2)(Input((9, 9, 3))), ["input channels that 2 groups", "got 3"]),
        (
            lambda: called_before(layers.Dense(4), (128,))(Input((64,))),
            ["needs inputs with 128 features on the last axis, got 64", "make a new Dense layer"],
        ),
        (
            lambda: called_before(layers.Conv2D(4, 3), IMAGE)(Input((9, 9, 3))),
            ["needs inputs with 4 channels on the last axis, got 3", "make a new Conv2D layer"],
        ),
        (
            lambda: called_before(layers.Conv1D(4, 3, data_format="channels_first"), (2, 9))(Input((3, 9))),
            ["needs inputs with 2 channels on axis 1, got 3: shape (None, 3, 9)"],
        ),
        (lambda: layers.concatenate([Input((3,))] * 2, axis=-3), ["along axis -3, got one that has axes 0 to 1"]),
        # windows
        (lambda: layers.Conv2D(4, 5)(Input((3, 9, 1))), ["5 or more on axis 1, got 3", 'padding="same"']),
        (
            lambda: layers.Conv2D(4, 3, dilation_rate=4)(np.zeros((1, 9, 8, 2), "float32")),
            ["9 or more on axis 2, got 8"],
        ),
        (lambda: layers.MaxPooling2D()(Input((1, 1, 8))), ["2 or more on axis 1, got 1", "fewer poolings"]),
        (
            lambda: layers.AveragePooling1D(4, data_format="channels_first")(Input((8, 3))),
            ["4 or more on axis 2, got 3: shape (None, 8, 3)"],
        ),
        # shapes that do not fit together
        (lambda: layers.Reshape((2, 4))(Input((9,))), ["(None, 9)", "(2, 4)", "9 elements per example, 8 needed"]),
        (lambda: layers.Reshape((2, -1))(Input((9,))), ["9 elements per example, 2 or a multiple needed"]),
        (lambda: layers.add([Input((3,)), Input((4,))]), ['Add "add_1"', "got shapes (None, 3), (None, 4)"]),
        (
            lambda: layers.Add()([np.zeros((2, 3), "float32"), np.zeros((5, 3), "float32")]),
            ["of one batch size", "got shapes (2, 3), (5, 3)"],
        ),
        (
            lambda: layers.concatenate([Input((3, 4)), Input((5, 4))]),
            ["every axis but -1", "(None, 3, 4), (None, 5, 4)"],
        ),
        (lambda: layers.concatenate([Input((3,)), Input((3, 4))]), ["got shapes (None, 3), (None, 3, 4)"]),
        (lambda: layers.concatenate([Input((3,))] * 2, axis=2), ["along axis 2, got one that has axes 0 to 1"]),
        (lambda: layers.dot([Input((3,)), Input((4,))]), ["axes (-1, -1) of one length", "(None, 3), (None, 4)"]),
        (lambda: layers.Dot(axes=2)([Input((3,)), Input((3,))]), ["axes (2, 2)", "(None, 3), (None, 3)"]),
    ],
)
def test_a_call_that_cannot_be_is_explained(call, fragments):
    with pytest.raises(ValueError, match=r"Called at .*test_layer_errors\.py:\d+") as caught:
        call()
    for fragment in fragments:
        assert fragment in str(caught.value)


def test_inputs_with_other_features_are_told_where_the_weights_were_declared():
    layer, line = layers.Dense(4, name="head"), inspect.currentframe().f_lineno
    layer(Input((128,)))
    with pytest.raises(ValueError, match=f'^Dense "head"(?s:.*)declared by .*test_layer_errors.py:{line + 1}'):
        layer(Input((64,)))


def test_a_window_that_fits_is_no_matter_of_axes_of_unknown_length():
    assert layers.MaxPooling2D()(Input((None, None, 3))).shape == (None, None, None, 3)


def test_what_stands_elsewhere_in_keras_is_given_by_name_only():
    with pytest.raises(TypeError, match="positional arguments"):
        layers.Dense(3, "relu", True, "zeros", "ones", None, None, None, "non_neg")


def test_an_argument_that_there_is_not_is_named_with_the_nearest():
    with pytest.raises(
        TypeError, match=r'^Dense has no argument "unit"\. Did you mean "units"\?(.|\n)*Its arguments: units, '
    ):
        layers.Dense(3, unit=3)
