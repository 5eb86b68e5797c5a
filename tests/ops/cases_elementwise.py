"""Calls of what is computed element by element. A call is a name, positional arguments, keyword arguments."""

from tests.ops.arrays import ENDS, OTHER, VECTOR, WHOLE, WIDE, A, B

UNARY = [
    "angle", "cbrt", "conj", "conjugate", "copy", "deg2rad", "erfc", "exp2", "fabs", "i0", "imag", "isreal",
    "rad2deg", "real", "signbit", "sinc",
]  # fmt: skip
BINARY = ["fmax", "fmin", "fmod", "heaviside", "hypot", "logaddexp2", "nextafter", "divide_no_nan", "isclose"]
INTEGERS = [
    "bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift", "left_shift",
    "right_shift", "gcd", "lcm",
]  # fmt: skip

CALLS = [
    *((name, (WIDE,), {}) for name in UNARY),
    *((name, (A, B), {}) for name in BINARY),
    *((name, (WHOLE, OTHER), {}) for name in INTEGERS),
    ("erfinv", (A,), {}),
    ("isneginf", (ENDS,), {}),
    ("isposinf", (ENDS,), {}),
    ("bitwise_not", (WHOLE,), {}),
    ("bitwise_invert", (WHOLE,), {}),
    ("bitwise_and", (WHOLE, 5), {}),
    ("left_shift", (WHOLE, 2), {}),
    ("ldexp", (WIDE, WHOLE), {}),
    ("divide_no_nan", (VECTOR, ENDS), {}),
    ("divide_no_nan", (WHOLE, OTHER), {}),
    ("isclose", (ENDS, ENDS), {"equal_nan": True}),
    ("isclose", (A, B), {"rtol": 0.1, "atol": 0.3}),
    ("nan_to_num", (ENDS,), {}),
    ("nan_to_num", (ENDS,), {"nan": 1.0, "posinf": 2.0, "neginf": 3.0}),
    ("saturate_cast", (WIDE * 100, "int8"), {}),
    ("saturate_cast", (WIDE * 100, "uint8"), {}),
    ("saturate_cast", (WHOLE * 100, "uint8"), {}),
    ("saturate_cast", (WIDE * 1e5, "float16"), {}),
    ("view", (WIDE, "int32"), {}),
    ("view", (WIDE, "uint8"), {}),
]
PLAIN = []
