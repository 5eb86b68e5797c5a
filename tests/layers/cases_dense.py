"""Rows of the table of layers: the densely connected layer."""

from tests.layers.case import Case

CASES = [
    Case(lambda L: L.Dense(3), [(4, 5)]),
    Case(lambda L: L.Dense(3, use_bias=False, activation="relu"), [(4, 5)]),
    Case(lambda L: L.Dense(3, activation="softmax", kernel_regularizer="l2", bias_constraint="non_neg"), [(4, 5)]),
    Case(lambda L: L.Dense(1, activation="tanh", kernel_initializer="he_normal"), [(2, 6, 5)], free=(1,), masked=True),
    Case(lambda L: L.Dense(3, activity_regularizer="l2"), [(2, 3, 4, 5)], free=(1, 2)),
    Case(lambda L: L.Dense(3, lora_rank=None, lora_alpha=None, quantization_config=None), [(4, 5)]),
    Case(lambda L: L.Dense(3, name="head", trainable=False), [(4, 5)]),
]
