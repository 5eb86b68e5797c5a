"""Calls of reductions, counts and segments. A call is a name, positional arguments, keyword arguments."""

import numpy as np

from tests.ops.arrays import HOLES, RISING, VECTOR, WHOLE, WIDE, A, B

REDUCTIONS = ["amax", "amin", "ptp"]
NAN_REDUCTIONS = [
    "nanmax", "nanmin", "nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmedian", "nanargmax", "nanargmin",
]  # fmt: skip
QUANTILES = ["quantile", "percentile", "nanquantile", "nanpercentile"]
SEGMENTS = ["segment_sum", "segment_prod", "segment_max", "segment_min"]
ROWS = np.array([0, 2, 2, 0, 1])

CALLS = [
    *((name, (A,), {}) for name in REDUCTIONS),
    *((name, (A,), {"axis": (0, 2), "keepdims": True}) for name in REDUCTIONS),
    *((name, (HOLES,), {}) for name in NAN_REDUCTIONS),
    *((name, (HOLES,), {"axis": 1, "keepdims": True}) for name in NAN_REDUCTIONS),
    ("nancumsum", (HOLES,), {"axis": 1}),
    ("nancumsum", (HOLES,), {}),
    ("nancumprod", (HOLES,), {"axis": 0, "dtype": "float32"}),
    *((name, (A, 0.3), {}) for name in QUANTILES),
    *((name, (A, [0.25, 0.5]), {"axis": 1, "keepdims": True}) for name in QUANTILES),
    *((name, (A, 0.75), {"axis": -1, "method": "nearest"}) for name in QUANTILES),
    ("nanquantile", (HOLES, 0.5), {"axis": 1}),
    ("average", (A,), {}),
    ("average", (A,), {"axis": 1}),
    ("average", (A,), {"axis": 1, "weights": np.float32([1, 2, 5])}),
    ("average", (WHOLE,), {}),
    ("allclose", (A, B), {}),
    ("allclose", (A, A), {}),
    ("corrcoef", (WIDE,), {}),
    ("correlate", (VECTOR, RISING), {}),
    ("correlate", (VECTOR, RISING), {"mode": "same"}),
    ("cdist", (A, B), {}),
    ("cdist", (A[0], B[1, :2]), {}),
    ("trapezoid", (A,), {}),
    ("trapezoid", (A,), {"dx": 0.5, "axis": 1}),
    ("trapezoid", (RISING,), {"x": np.float32([0, 1, 3, 4])}),
    ("digitize", (A, RISING), {}),
    ("digitize", (A, [0.2, 0.5]), {}),
    ("searchsorted", (RISING, VECTOR), {}),
    ("searchsorted", (RISING, RISING), {"side": "right"}),
    ("histogram", (VECTOR,), {}),
    ("histogram", (VECTOR,), {"bins": 3, "range": (-2.0, 4.0)}),
    *((name, (VECTOR, ROWS, 4), {}) for name in SEGMENTS),
    *((name, (np.tile(VECTOR[:, None], 2), np.sort(ROWS), 3), {"sorted": True}) for name in SEGMENTS),
]
PLAIN = [
    ("bincount", (np.array([0, 3, 1, 3]),), {}),
    ("bincount", (np.array([0, 3, 1, 3]),), {"minlength": 6}),
    ("bincount", (np.array([0, 3, 1, 3]),), {"weights": np.float32([1, 2, 3, 4])}),
    ("bincount", (np.array([[0, 3], [3, 1]]),), {}),
    ("bincount", (np.array([[0, 3], [3, 1]]),), {"weights": np.float32([[1, 2], [3, 4]]), "minlength": 5}),
]
