"""The names of dtypes, and which one holds the numbers of several, as Keras has it."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import errors, policy

_OF_PYTHON: dict[Any, str] = {bool: "bool", int: "int32", float: "float32", complex: "complex64", str: "string"}
_FLOATS_OF_8_BITS = ("float8_e4m3fn", "float8_e5m2")
_NAMES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bfloat16", "float16", "float32",
    "float64", *_FLOATS_OF_8_BITS, "complex64", "complex128", "string",
)  # fmt: skip


def standardize_dtype(dtype: Any) -> str:
    """Returns the name of a dtype, such as "float32"; that of weights for None.

    Args:   dtype: a name, a dtype of NumPy's, JAX's or PyTorch's, or a type of Python's numbers.
    Errors: ValueError for what is none of these.
    """
    if dtype is None:
        return policy.floatx()
    if isinstance(dtype, type) and dtype in _OF_PYTHON:
        return _OF_PYTHON[dtype]
    named = getattr(dtype, "name", None) or getattr(dtype, "__name__", None) or str(dtype).removeprefix("torch.")
    name = _OF_PYTHON[int] if named == "int" else named
    if name not in _NAMES:
        raise errors.unknown("dtype", dtype, _NAMES)
    return str(name)


def is_float_dtype(dtype: Any) -> bool:
    """Whether it is one of floats."""
    return standardize_dtype(dtype).startswith(("float", "bfloat"))


def is_int_dtype(dtype: Any) -> bool:
    """Whether it is one of integers, with a sign or without."""
    return standardize_dtype(dtype).startswith(("int", "uint"))


def result_type(*dtypes: Any) -> str:
    """Returns the dtype of what is computed from arrays of these.

    Args:   dtypes: as for `standardize_dtype`; `int` and `float` are Python's numbers, which follow an array's dtype.
    Errors: ValueError for float8 or text, which is cast to nothing else unasked.
    """
    of_python = [dtype for dtype in dtypes if dtype is int or dtype is float]
    names = [standardize_dtype(dtype) for dtype in dtypes if dtype is not int and dtype is not float]
    stays = next((name for name in names if name in (*_FLOATS_OF_8_BITS, "string")), None)
    if stays:
        raise ValueError(
            errors.explain(f"No other dtype follows from {stays}, got {', '.join(names)}.", "Cast it first: ops.cast.")
        )
    if not dtypes or (float in of_python and all(name == "bool" or is_int_dtype(name) for name in names)):
        return policy.floatx()
    # Arrays first: a number of Python's alone would be one of 64 bits.
    found = [*map(jnp.dtype, names), *of_python]
    with jax.numpy_dtype_promotion("standard"):
        return str(jax.dtypes.canonicalize_dtype(functools.reduce(jnp.promote_types, found)).name)
