import numpy as np
import pytest

from plait import layers


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate", "dot"])
def test_a_function_does_what_the_layer_of_its_name_does(name):
    inputs = list(np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32"))
    function, layer = getattr(layers, name), getattr(layers, name.capitalize())
    arguments = {"axes": -1} if name == "dot" else {}
    np.testing.assert_array_equal(function(inputs, **arguments), layer(**arguments)(inputs))


@pytest.mark.parametrize(
    ("layer", "dtypes", "result"),
    [
        (layers.Add(), ("int32", "int32"), "int32"),
        (layers.Maximum(), ("int32", "int32"), "int32"),
        (layers.Concatenate(), ("int32", "int32"), "int32"),
        (layers.Dot(-1), ("int32", "int32"), "int32"),
        (layers.Average(), ("int32", "int32"), "float32"),
        (layers.Dot(-1, normalize=True), ("int32", "int32"), "float32"),
        (layers.Add(), ("uint8", "int8"), "int16"),
        (layers.Add(), ("int32", "float32"), "float32"),
        (layers.Subtract(), ("float32", "int32"), "float32"),
        (layers.Concatenate(), ("int32", "float32"), "float32"),
        (layers.Dot(-1), ("int32", "float32"), "float32"),
        (layers.Add(), ("float16", "float32"), "float32"),
        (layers.Add(dtype="mixed_bfloat16"), ("int32", "float32"), "bfloat16"),
        (layers.Average(dtype="mixed_bfloat16"), ("int32", "int32"), "bfloat16"),
    ],
)
def test_inputs_are_merged_to_the_dtype_that_holds_them_all(layer, dtypes, result):
    drawn = layer([layers.Input((3,), dtype=dtype) for dtype in dtypes])
    computed = layer([np.ones((2, 3), dtype) for dtype in dtypes])
    assert (drawn.dtype, computed.dtype) == (result, result)


def test_the_cosine_of_whole_numbers_is_no_whole_number():
    np.testing.assert_allclose(layers.Dot(-1, normalize=True)([np.array([[3, 4]]), np.array([[1, 0]])]), [[0.6]])


def test_the_mean_of_a_sequence_without_real_steps_is_zero():
    outputs = layers.GlobalAveragePooling1D()(np.ones((1, 5, 2), "float32"), mask=np.zeros((1, 5), bool))
    np.testing.assert_array_equal(outputs, [[0.0, 0.0]])


@pytest.mark.parametrize("alias", ["Convolution2D", "MaxPool2D", "AvgPool1D", "GlobalMaxPool1D", "GlobalAvgPool2D"])
def test_a_layer_has_its_short_name_too(alias):
    long = alias.replace("Convolution", "Conv").replace("Pool", "Pooling").replace("Avg", "Average")
    assert getattr(layers, alias) is getattr(layers, long)
