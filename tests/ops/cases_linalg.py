"""Calls of linear algebra and Fourier transforms. A call is a name, positional arguments, keyword arguments."""

import numpy as np

from tests.ops.arrays import MATRIX, SIGNAL, SYMMETRIC, A, B

TRIANGLE = np.linalg.cholesky(SYMMETRIC)
UPPER = TRIANGLE.transpose(0, 2, 1).copy()
RIGHT = np.random.default_rng(5).normal(size=(2, 3, 2)).astype("float32")
SPECTRA = [np.random.default_rng(seed).normal(size=(2, 7, 9)).astype("float32") for seed in (6, 7)]

CALLS = [
    ("cholesky", (SYMMETRIC,), {}),
    ("cholesky", (SYMMETRIC,), {"upper": True}),
    ("cholesky_inverse", (TRIANGLE[0],), {}),
    ("cholesky_inverse", (UPPER[0],), {"upper": True}),
    ("det", (SYMMETRIC,), {}),
    ("slogdet", (SYMMETRIC,), {}),
    ("logdet", (SYMMETRIC,), {}),
    ("eig", (SYMMETRIC,), {}),
    ("eigh", (SYMMETRIC,), {}),
    ("inv", (SYMMETRIC,), {}),
    ("pinv", (MATRIX,), {}),
    ("pinv", (MATRIX,), {"rcond": 0.5}),
    ("lu_factor", (SYMMETRIC,), {}),
    ("lu_factor", (SYMMETRIC[0],), {}),
    ("norm", (SYMMETRIC,), {"ord": "nuc", "axis": (1, 2)}),
    ("qr", (MATRIX,), {}),
    ("qr", (MATRIX,), {"mode": "complete"}),
    ("svd", (MATRIX,), {}),
    ("svd", (MATRIX,), {"full_matrices": False}),
    ("svd", (MATRIX,), {"compute_uv": False}),
    ("solve", (SYMMETRIC, RIGHT), {}),
    ("solve_triangular", (UPPER, RIGHT), {}),
    ("solve_triangular", (TRIANGLE, RIGHT), {"lower": True}),
    ("lstsq", (MATRIX, MATRIX[:, :2]), {}),
    ("matrix_rank", (MATRIX,), {}),
    ("matrix_rank", (SYMMETRIC[0],), {"tol": 2.0}),
    # Fourier transforms
    ("fft", ([A, B],), {}),
    ("fft2", ([A, B],), {}),
    ("ifft2", ([A, B],), {}),
    ("rfft", (A,), {}),
    ("rfft", (A,), {"fft_length": 6}),
    ("irfft", ([A, B],), {}),
    ("irfft", ([A, B],), {"fft_length": 5}),
    ("stft", (SIGNAL, 16, 8, 16), {}),
    ("stft", (SIGNAL, 10, 5, 16), {"window": "hamming"}),
    ("stft", (SIGNAL, 12, 12, 12), {"window": None, "center": False}),
    ("stft", (SIGNAL, 12, 6, 12), {"window": np.linspace(0.1, 1, 12).astype("float32"), "center": False}),
    ("istft", (SPECTRA, 16, 8, 16), {}),
    ("istft", (SPECTRA, 10, 4, 16), {"window": "hamming", "length": 20}),
    ("istft", (SPECTRA, 16, 8, 16), {"window": None, "center": False}),
    ("polar", (A, B), {}),
    ("view_as_complex", (A[..., :2],), {}),
    ("view_as_real", (A + 1j * B,), {}),
    ("view_as_real", (A,), {}),
]
PLAIN = []
