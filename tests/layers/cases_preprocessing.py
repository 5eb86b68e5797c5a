"""Rows of the table of layers: numbers rescaled, normalized, put into bins and encoded.

The layers on text and vocabularies of genuine Keras need TensorFlow: see `test_preprocessing_golden.py`.
"""

import numpy as np

from tests.layers.case import Case

IDS = {"dtype": "int32", "between": (0, 5)}
EDGES = [-0.5, 0.0, 0.25]

CASES = [
    # Rescaling
    Case(lambda L: L.Rescaling(1 / 255), [(4, 5)]),
    Case(lambda L: L.Rescaling(1 / 127.5, -1), [(2, 3, 3, 1)], dtype="uint8", between=(0, 256)),
    Case(lambda L: L.Rescaling(scale=2.0, offset=0.5), [(2, 6, 5)], masked=True, free=(1,)),
    Case(lambda L: L.Rescaling([0.5, 2.0, 3.0], [1.0, 0.0, -1.0]), [(2, 2, 2, 3)]),
    Case(lambda L: L.Rescaling(3, offset=[1.0, 2.0]), [(4, 2)], dtype="int32", between=(-9, 9)),
    # Normalization
    Case(lambda L: L.Normalization(mean=3.0, variance=2.0), [(4, 1)]),
    Case(lambda L: L.Normalization(mean=3.0, variance=2.0), [(4, 5)]),
    Case(lambda L: L.Normalization(-1, [1.0, 2.0, 3.0], [4.0, 0.0, 0.5]), [(4, 3)]),
    Case(lambda L: L.Normalization(mean=[1.0, 2.0], variance=[4.0, 0.25], invert=True), [(3, 2)]),
    Case(lambda L: L.Normalization(axis=None, mean=1.5, variance=4.0), [(2, 3, 2)], free=(1,)),
    Case(lambda L: L.Normalization(axis=1, mean=[1.0, -2.0], variance=[1.0, 9.0]), [(3, 2, 4)]),
    Case(lambda L: L.Normalization((1, 2), [[1.0, 2.0]], [[0.5, 1.0]]), [(3, 2, 2)]),
    Case(lambda L: L.Normalization((2, 1), [1.0, 2.0], [0.5, 1.0]), [(3, 3, 2)]),
    Case(lambda L: L.Normalization((1, 3), 1.0, 0.25), [(2, 2, 3, 2)], free=(2,)),
    Case(lambda L: L.Normalization(mean=[1.0] * 5, variance=[2.0] * 5), [(2, 6, 5)], masked=True, free=(1,)),
    Case(lambda L: L.Normalization(mean=100.0, variance=9.0), [(4, 2)], dtype="int32", between=(90, 110)),
    # Discretization
    Case(lambda L: L.Discretization(EDGES), [(4, 5)]),
    Case(lambda L: L.Discretization(bin_boundaries=EDGES, output_mode="int"), [(2, 3, 2)], free=(1,)),
    Case(lambda L: L.Discretization(EDGES, output_mode="one_hot"), [(4, 3)]),
    Case(lambda L: L.Discretization(EDGES, output_mode="one_hot"), [(4, 1)]),
    Case(lambda L: L.Discretization(EDGES, output_mode="multi_hot"), [(4, 3)]),
    Case(lambda L: L.Discretization(EDGES, output_mode="count"), [(4, 3)]),
    Case(lambda L: L.Discretization(EDGES, output_mode="count"), [(4, 3, 2)]),
    Case(lambda L: L.Discretization([-2, 0, 0, 3]), [(4, 5)], dtype="int32", between=(-5, 5)),
    Case(lambda L: L.Discretization([0.0]), inputs=np.array([[0.0, -0.0, 1e-9, -1e-9]], "float32")),
    # CategoryEncoding
    Case(lambda L: L.CategoryEncoding(5), [(4, 3)], **IDS),
    Case(lambda L: L.CategoryEncoding(5, "multi_hot"), [(4, 1)], **IDS),
    Case(lambda L: L.CategoryEncoding(num_tokens=5, output_mode="one_hot"), [(4, 1)], **IDS),
    Case(lambda L: L.CategoryEncoding(num_tokens=5, output_mode="one_hot"), [(4, 3)], **IDS),
    Case(lambda L: L.CategoryEncoding(num_tokens=5, output_mode="one_hot"), [(4, 2, 1)], free=(1,), **IDS),
    Case(lambda L: L.CategoryEncoding(5, output_mode="one_hot"), [(4,)], **IDS),
    Case(lambda L: L.CategoryEncoding(5, output_mode="count"), [(4, 3)], free=(1,), **IDS),
    Case(lambda L: L.CategoryEncoding(7, output_mode="count"), [(4, 3)], dtype="uint8", between=(0, 7)),
    Case(
        lambda L: L.CategoryEncoding(5, output_mode="count"),
        [(2, 3)],
        arguments={"count_weights": np.array([[0.5, 1.0, 2.0], [-1.0, 0.25, 0.0]], "float32")},
        **IDS,
    ),
    Case(lambda L: L.CategoryEncoding(5), inputs=np.array([[1.0, 4.0], [0.0, 0.0]], "float32")),
]
