import itertools

import jax.numpy as jnp
import numpy as np
import pytest

from plait import backend
from plait.config import set_floatx
from tests.genuine import genuine_keras

NAMES = ["bool", "uint8", "uint16", "uint32", "int8", "int16", "int32", "bfloat16", "float16", "float32", "complex64"]
# Which JAX makes those of 32 bits of, unless it is told to compute in 64.
WIDE = ["int64", "uint64", "float64"]
SPELLED = [None, int, float, bool, str, "int", np.float32, np.dtype("int8"), jnp.bfloat16, jnp.int32, np.uint8(3).dtype]


@pytest.mark.parametrize("dtype", [*NAMES, *WIDE, "float8_e4m3fn", "string", *SPELLED], ids=str)
@pytest.mark.parametrize("asked", ["standardize_dtype", "is_float_dtype", "is_int_dtype"])
def test_a_dtype_is_what_keras_says(asked, dtype):
    with genuine_keras() as keras:
        assert getattr(backend, asked)(dtype) == getattr(keras.backend, asked)(dtype)


@pytest.mark.parametrize("first", [*NAMES, *WIDE, int, float, None], ids=str)
def test_what_two_dtypes_give_is_what_keras_says(first):
    for second in [*NAMES, *WIDE, int, float, None]:
        with genuine_keras() as keras:
            expected = keras.backend.result_type(first, second)
        assert backend.result_type(first, second) == expected, (first, second)


@pytest.mark.parametrize("dtypes", [(), (int,), (float,), ("int8", int, float), ("uint8", "int8", "float16")], ids=str)
def test_what_one_or_several_dtypes_give_is_what_keras_says(dtypes):
    with genuine_keras() as keras:
        expected = keras.backend.result_type(*dtypes)
    assert backend.result_type(*dtypes) == expected


def test_the_order_of_dtypes_is_of_no_matter():
    for first, second in itertools.combinations(NAMES, 2):
        assert backend.result_type(first, second) == backend.result_type(second, first)


def test_without_a_dtype_it_is_that_of_weights():
    set_floatx("float16")
    try:
        assert (backend.standardize_dtype(None), backend.result_type(), backend.result_type(float)) == ("float16",) * 3
    finally:
        set_floatx("float32")


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: backend.standardize_dtype("float23"), "Unknown dtype 'float23'"),
        (lambda: backend.standardize_dtype(3), "Unknown dtype 3"),
        (lambda: backend.result_type("float8_e5m2", "float32"), "No other dtype follows from float8_e5m2"),
    ],
)
def test_what_is_no_dtype_is_refused(mistake, message):
    with pytest.raises(ValueError, match=message):
        mistake()
