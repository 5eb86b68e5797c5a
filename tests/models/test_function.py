import numpy as np
import pytest

import plait
from plait import Function, Input, Model, layers, ops
from tests.genuine import genuine_keras

A, B = np.arange(6, dtype="float32").reshape(2, 3), np.ones((2, 3), "float32")


def of_two(library, inputs):
    first, second = library.Input((3,)), library.Input((3,))
    outputs = {"sum": first + second, "more": [library.ops.sigmoid(first * second)]}
    return library.Function(inputs(first, second), outputs)


@pytest.mark.parametrize(
    "inputs", [lambda a, b: [a, b], lambda a, b: {"a": a, "b": b}, lambda a, b: (a, b)], ids=["list", "dict", "tuple"]
)
def test_a_function_computes_what_keras_computes_in_the_same_structure(inputs):
    found = of_two(plait, inputs)(inputs(A, B))

    with genuine_keras() as keras:
        expected = of_two(keras, inputs)(inputs(A, B))
    assert list(found) == list(expected)
    np.testing.assert_allclose(found["sum"], expected["sum"])
    np.testing.assert_allclose(found["more"][0], expected["more"][0], rtol=1e-6)


def test_a_function_starts_from_any_tensor():
    x = Input((3,))
    doubled = ops.multiply(x, 2.0)

    function = Function(doubled, ops.add(doubled, 1.0))

    np.testing.assert_allclose(function(A), A + 1)


def test_a_function_has_a_number_of_its_own_and_leaves_models_theirs():
    x = Input((3,))
    outputs = layers.Dense(1)(x)

    function, model = Function(x, outputs), Model(x, outputs)

    assert (function.name, model.name) == ("function_1", "model_1")
    assert (function.inputs, function.outputs) == ([x], [outputs])
