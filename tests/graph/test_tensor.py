import jax.numpy as jnp
import numpy as np
import pytest

from plait import Input, Model, layers


def outputs_of(tensor, inputs, x):
    return Model(inputs, tensor).predict(x, verbose=0)


X = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]], np.float32)
MATRIX = np.arange(6, dtype=np.float32).reshape(3, 2)

OPERATORS = {
    "x + 2": lambda x: x + 2,
    "2 + x": lambda x: 2 + x,
    "x - x": lambda x: x - x * 2,
    "1 - x": lambda x: 1 - x,
    "x * 0.5": lambda x: x * 0.5,
    "x / 4": lambda x: x / 4,
    "1 / x": lambda x: 1 / x,
    "x // 2": lambda x: x // 2,
    "x % 2": lambda x: x % 2,
    "x ** 2": lambda x: x**2,
    "2 ** x": lambda x: 2**x,
    "-x": lambda x: -x,
    "abs(x)": abs,
    "x > 0": lambda x: x > 0,
    "x >= 1": lambda x: x >= 1,
    "x < 0.5": lambda x: x < 0.5,
    "x <= 0.5": lambda x: x <= 0.5,
    "(x > 0) & (x < 2)": lambda x: (x > 0) & (x < 2),
    "(x > 2) | (x < 0)": lambda x: (x > 2) | (x < 0),
    "~(x > 0)": lambda x: ~(x > 0),
    "x @ matrix": lambda x: x @ MATRIX,
    "x[:, 1]": lambda x: x[:, 1],
    "x[:, ::2]": lambda x: x[:, ::2],
    "x[..., None]": lambda x: x[..., None],
    "x[:, -1:]": lambda x: x[:, -1:],
    "array + x": lambda x: np.ones((2, 3), np.float32) + x,
    "array * x": lambda x: np.full((2, 3), 2, np.float32) * x,
}


@pytest.mark.first_rows(12)
@pytest.mark.parametrize("function", OPERATORS.values(), ids=OPERATORS.keys())
def test_an_operator_on_a_symbolic_tensor_computes_what_numpy_does(function):
    inputs = Input((3,))
    symbolic = function(inputs)
    expected = function(X)
    np.testing.assert_allclose(outputs_of(symbolic, inputs, X), expected, rtol=1e-6)
    assert symbolic.shape[1:] == expected.shape[1:]
    assert symbolic.dtype == jnp.asarray(expected).dtype.name


NOT_NUMBERS = {
    "bool": (lambda x: bool(x), "neither true nor false", "plait.ops.where"),
    "if": (lambda x: 1 if x else 2, "neither true nor false", "plait.ops.where"),
    "iteration": (lambda x: list(x), "cannot be iterated over", "index it"),
    "len": (lambda x: len(x), "no length", "x.shape"),
    "float": (lambda x: float(x), "cannot become a Python number", "model.predict"),
    "int": (lambda x: int(x), "cannot become a Python number", "model.predict"),
    "np.asarray": (lambda x: np.asarray(x), "NumPy cannot work on it", "plait.ops"),
    "np.sin": (lambda x: np.sin(x), "numpy.sin cannot work on it", "plait.ops.sin"),
    "np.mean": (lambda x: np.mean(x), "numpy.mean cannot work on it", "plait.ops.mean"),
    "np.concatenate": (lambda x: np.concatenate([x, x]), "numpy.concatenate cannot", "plait.ops.concatenate"),
    "jnp.sin": (lambda x: jnp.sin(x), "jax.numpy cannot work on it", "Lambda"),
    "jnp.sum": (lambda x: jnp.sum(x), "jax.numpy cannot work on it", "Lambda"),
}


@pytest.mark.parametrize("case", NOT_NUMBERS.values(), ids=NOT_NUMBERS.keys())
def test_asking_a_symbolic_tensor_for_numbers_says_what_to_do_instead(case):
    function, problem, remedy = case
    with pytest.raises(TypeError) as caught:
        function(Input((3,), name="pixels"))
    message = str(caught.value)
    assert 'made by "pixels"' in message
    assert problem in message
    assert remedy in message
    assert "test_tensor.py:" in message


def test_a_symbolic_tensor_does_not_change():
    with pytest.raises(AttributeError, match="does not change"):
        Input((3,)).shape = (4,)


def test_a_tensor_equals_itself_and_the_same_output_of_the_same_call_only():
    inputs = Input((3,))
    layer = layers.Dense(2)
    first, second = layer(inputs), layer(inputs)
    assert first == layer.get_output_at(0)
    assert first != second


@pytest.mark.parametrize(
    ("arguments", "shape", "dtype"),
    [
        ({"shape": (3,)}, (None, 3), "float32"),
        ({"shape": (3, None)}, (None, 3, None), "float32"),
        ({"shape": ()}, (None,), "float32"),
        ({"shape": (3,), "batch_size": 8}, (8, 3), "float32"),
        ({"batch_shape": (4, 3)}, (4, 3), "float32"),
        ({"shape": [5], "dtype": "int32"}, (None, 5), "int32"),
        ({"shape": (np.int64(3), None), "batch_size": np.int32(8)}, (8, 3, None), "float32"),
        ({"shape": np.array([3, 2])}, (None, 3, 2), "float32"),
        ({"batch_shape": np.array([4, 3])}, (4, 3), "float32"),
    ],
)
def test_an_input_has_the_shape_and_dtype_it_was_given(arguments, shape, dtype):
    tensor = Input(**arguments)
    assert (tensor.shape, tensor.dtype, tensor.ndim) == (shape, dtype, len(shape))
    assert {type(size) for size in tensor.shape} <= {int, type(None)}
