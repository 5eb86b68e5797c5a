"""Calls of what takes elements out and puts them elsewhere. A call is a name, positional and keyword arguments."""

import numpy as np

from tests.ops.arrays import MATRIX, OTHER, VECTOR, WHOLE, A, B

PLACES = np.array([[0, 1], [1, 0], [0, 1]])
ROWS = np.array([[1], [0]])
UPDATES = np.float32([[1, 2, 3, 4], [5, 6, 7, 8], [0.5, 0.5, 0.5, 0.5]])

CALLS = [
    ("slice", (A, (0, 1, 2), (2, 2, 1)), {}),
    ("slice", (A, [1, 0, 1], [-1, 2, -1]), {}),
    ("slice", (A, np.array([0, 1, 2]), (1, 1, 1)), {}),
    ("slice_update", (A, (0, 1, 2), B[:, :2, :1]), {}),
    ("scatter", (PLACES, np.float32([1, 2, 3]), (2, 3)), {}),
    ("scatter", (ROWS, UPDATES[:2], (3, 4)), {}),
    *(("scatter_update", (A, PLACES, UPDATES), {"reduction": how}) for how in ("add", "max", "min", "mul")),
    ("scatter_update", (A, PLACES[:2], UPDATES[:2]), {}),
    ("scatter_update", (VECTOR, ROWS, np.float32([7, 8])), {}),
    ("extract_sequences", (VECTOR, 2, 1), {}),
    ("extract_sequences", (A, 2, 2), {}),
    ("extract_sequences", (A, 4, 3), {}),
    ("select", ([A > 0.6, B > 0.6], [A, B]), {"default": 0.0}),
    ("select", ([A > 0.6, A > 0.3], [A, B]), {"default": -1.0}),
    ("append", (A, B), {}),
    ("append", (A, B), {"axis": 1}),
    ("dstack", ([A, B],), {}),
    ("dstack", ([MATRIX, MATRIX],), {}),
    ("array_split", (A, 3), {"axis": 2}),
    ("array_split", (VECTOR, 2), {}),
    ("hsplit", (A, 3), {}),
    ("hsplit", (VECTOR, [1, 3]), {}),
    ("vsplit", (A, 2), {}),
    ("dsplit", (A, [1]), {}),
    ("fliplr", (A,), {}),
    ("flipud", (A,), {}),
    ("rot90", (A,), {}),
    ("rot90", (A,), {"k": -1, "axes": (1, 2)}),
    ("diag", (VECTOR,), {}),
    ("diag", (MATRIX,), {"k": -1}),
    ("diagflat", (MATRIX,), {"k": 1}),
    ("diagonal", (A,), {}),
    ("diagonal", (A,), {"offset": 1, "axis1": 1, "axis2": 2}),
    ("trace", (A,), {}),
    ("trace", (A,), {"offset": -1, "axis1": 2, "axis2": 1}),
    ("cross", (A[:, :, :3], B[:, :, :3]), {}),
    ("cross", (A, B), {"axis": 1}),
    ("inner", (A, B), {}),
    ("vdot", (A, B), {}),
    ("kron", (MATRIX, A[0]), {}),
    ("diff", (A,), {}),
    ("diff", (A,), {"n": 2, "axis": 1}),
    ("argpartition", (VECTOR, 2), {}),
    ("argpartition", (A, 1), {"axis": 1}),
    ("argpartition", (MATRIX, 3), {"axis": None}),
    ("isin", (WHOLE, OTHER), {}),
    ("isin", (WHOLE, OTHER), {"invert": True}),
    ("unravel_index", (WHOLE, (4, 5)), {}),
    ("size", (A,), {}),
    ("unique", (WHOLE,), {"size": 7, "fill_value": -1}),
    ("rearrange", (A, "b t f -> f (t b)"), {}),
    ("rearrange", (A, "b t (h d) -> b h t d"), {"h": 2}),
    ("rearrange", (A, "b t (h d) -> (b h) (d t)"), {"d": 4}),
]
PLAIN = [
    ("nonzero", (WHOLE,), {}),
    ("unique", (OTHER,), {}),
    ("unique", (OTHER,), {"return_index": True, "return_inverse": True, "return_counts": True}),
    ("unique", (np.array([[1, 2], [1, 2], [0, 3]]),), {"axis": 0}),
]
