"""Calls of what makes arrays. A call is a name, positional arguments, keyword arguments."""

from tests.ops.arrays import RISING, VECTOR, A

CALLS = [
    ("array", (A,), {}),
    ("array", (A,), {"dtype": "int32"}),
    ("empty_like", (A,), {}),
    ("empty_like", (A,), {"dtype": "int32"}),
    ("meshgrid", (VECTOR, RISING), {}),
    ("meshgrid", (VECTOR, RISING, RISING), {"indexing": "ij"}),
    ("vander", (VECTOR,), {}),
    ("vander", (VECTOR,), {"N": 3, "increasing": True}),
]
PLAIN = [
    ("array", ([[1, 2], [3, 4]],), {}),
    ("empty", ((2, 3),), {}),
    ("empty", (3,), {"dtype": "int32"}),
    ("geomspace", (1.0, 100.0), {"num": 5}),
    ("geomspace", (1.0, 8.0, 4), {"endpoint": False, "dtype": "float32"}),
    ("logspace", (0.0, 2.0), {"num": 5}),
    ("logspace", (0.0, 3.0, 4), {"base": 2.0, "endpoint": False}),
    ("linspace", (0.0, 1.0, 5), {"retstep": True}),
    ("linspace", (0.0, 1.0, 4), {"endpoint": False, "dtype": "float32"}),
    ("tri", (3,), {}),
    ("tri", (3, 4), {"k": 1, "dtype": "int32"}),
    *((name, (size,), {}) for name in ("bartlett", "blackman", "hamming", "hanning") for size in (1, 2, 7)),
    ("kaiser", (7, 3.0), {}),
]
