"""The arrays that the cases of these tests are about."""

import numpy as np

A = np.random.default_rng(0).uniform(0.1, 0.9, (2, 3, 4)).astype("float32")
B = np.random.default_rng(1).uniform(0.1, 0.9, (2, 3, 4)).astype("float32")
IDS = np.array([[0, 2], [1, 1]])
# Signs, halves and numbers beyond 1.
WIDE = np.array([[-3.5, -1.0, -0.25], [0.5, 2.0, 7.5]], "float32")
HOLES = np.array([[1.0, np.nan, 3.0, -2.0], [np.nan, 5.0, 0.5, 6.0]], "float32")
ENDS = np.array([np.nan, np.inf, -np.inf, 1.0, 0.0], "float32")
WHOLE = np.array([[6, 4, 9], [12, 0, 5]], "int32")
OTHER = np.array([[4, 6, 3], [8, 7, 5]], "int32")
VECTOR = np.array([0.5, -1.0, 2.0, 0.25, 3.0], "float32")
RISING = np.array([0.1, 0.4, 0.7, 1.5], "float32")
_ROOT = np.random.default_rng(2).normal(size=(2, 3, 3))
SYMMETRIC = (_ROOT @ _ROOT.transpose(0, 2, 1) + np.eye(3)).astype("float32")
MATRIX = np.random.default_rng(3).normal(size=(4, 3)).astype("float32")
SIGNAL = np.random.default_rng(4).normal(size=(2, 40)).astype("float32")
