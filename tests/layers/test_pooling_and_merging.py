import numpy as np
import pytest

from plait import layers


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate", "dot"])
def test_a_function_does_what_the_layer_of_its_name_does(name):
    inputs = list(np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32"))
    function, layer = getattr(layers, name), getattr(layers, name.capitalize())
    arguments = {"axes": -1} if name == "dot" else {}
    np.testing.assert_array_equal(function(inputs, **arguments), layer(**arguments)(inputs))


@pytest.mark.parametrize("layer", [layers.Add, layers.Maximum, layers.Concatenate])
def test_integers_are_merged_to_integers(layer):
    drawn = layer()([layers.Input((3,), dtype="int32")] * 2)
    computed = layer()([np.ones((2, 3), "int32")] * 2)
    assert (drawn.dtype, computed.dtype) == ("int32", "int32")


def test_the_mean_of_a_sequence_without_real_steps_is_zero():
    outputs = layers.GlobalAveragePooling1D()(np.ones((1, 5, 2), "float32"), mask=np.zeros((1, 5), bool))
    np.testing.assert_array_equal(outputs, [[0.0, 0.0]])


@pytest.mark.parametrize("alias", ["Convolution2D", "MaxPool2D", "AvgPool1D", "GlobalMaxPool1D", "GlobalAvgPool2D"])
def test_a_layer_has_its_short_name_too(alias):
    long = alias.replace("Convolution", "Conv").replace("Pool", "Pooling").replace("Avg", "Average")
    assert getattr(layers, alias) is getattr(layers, long)
