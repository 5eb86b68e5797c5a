"""Rows of the table of layers: embeddings, activations, dropout, masking, batch normalization, functions."""

import numpy as np

from plait.core import registry
from tests.layers.case import Case

PADDED = np.array([[[1, 2], [0, 0], [0, 3]], [[0, 0], [0, 0], [4, 5]]], "float32")


@registry.register_keras_serializable("plait_tests")
def scaled(x, factor=2.0):
    return factor * x


@registry.register_keras_serializable("plait_tests")
def weighed_by_mask(x, mask=None):
    return x if mask is None else x * mask[:, :, None].astype(x.dtype)


@registry.register_keras_serializable("plait_tests")
def second_less(shape):
    return (shape[0], shape[2])


@registry.register_keras_serializable("plait_tests")
def without_time(x):
    return x.sum(axis=1)


@registry.register_keras_serializable("plait_tests")
def same_mask(inputs, mask):
    return mask


CASES = [
    # Embedding
    Case(lambda L: L.Embedding(7, 3), [(4, 5)], dtype="int32", between=(0, 7), free=(1,)),
    Case(lambda L: L.Embedding(7, 3, mask_zero=True), [(4, 5)], dtype="int32", between=(0, 3)),
    Case(
        lambda L: L.Embedding(7, 3, lora_rank=None, lora_alpha=None, quantization_config=None),
        [(4, 5)],
        dtype="int32",
        between=(0, 7),
    ),
    Case(lambda L: L.Embedding(7, 3, "ones", "l2", "non_neg"), [(4, 2, 3)], dtype="uint8", between=(0, 7)),
    Case(lambda L: L.Embedding(7, 3), inputs=np.array([[1.0, 6.0], [0.0, 3.0]], "float32")),
    # Activations
    Case(lambda L: L.Activation("gelu"), [(4, 5)]),
    Case(lambda L: L.Activation("softmax"), [(2, 6, 5)], free=(1,), masked=True),
    Case(lambda L: L.ReLU(), [(4, 5)]),
    Case(lambda L: L.ReLU(0.6, 0.1, 0.2), [(4, 5)]),
    Case(lambda L: L.LeakyReLU(), [(2, 6, 5)], masked=True),
    Case(lambda L: L.LeakyReLU(negative_slope=0.1), [(4, 5)]),
    Case(lambda L: L.ELU(0.5), [(4, 5)]),
    Case(lambda L: L.Softmax(), [(2, 6, 5)]),
    Case(lambda L: L.Softmax(axis=(1, 2)), [(2, 6, 5)]),
    Case(lambda L: L.PReLU("ones"), [(4, 5)]),
    Case(lambda L: L.PReLU(shared_axes=[1], alpha_regularizer="l2"), [(2, 6, 5)], free=(1,), masked=True),
    # Dropout
    Case(lambda L: L.Dropout(0.5), [(2, 6, 5)], masked=True),
    Case(lambda L: L.Dropout(0.5, noise_shape=(None, 1, 5), seed=3), [(2, 6, 5)], training=True, is_random=True),
    Case(lambda L: L.Dropout(0), [(4, 5)], training=True),
    # Masking
    Case(lambda L: L.Masking(mask_value=3.0), [(2, 6, 5)], masked=True),
    Case(lambda L: L.Masking(), inputs=PADDED, free=(1,)),
    # Batch normalization
    Case(lambda L: L.BatchNormalization(), [(4, 5)]),
    Case(lambda L: L.BatchNormalization(), [(4, 5)], training=True),
    Case(lambda L: L.BatchNormalization(), [(3, 6, 5)], free=(1,), masked=True, training=True),
    Case(lambda L: L.BatchNormalization(1, 0.9, 0.1, center=False), [(3, 4, 5, 2)], training=True),
    Case(lambda L: L.BatchNormalization(scale=False, moving_variance_initializer="zeros"), [(4, 5)], training=True),
    Case(lambda L: L.BatchNormalization(gamma_regularizer="l2", beta_constraint="non_neg"), [(3, 4, 5, 2)]),
    Case(lambda L: L.BatchNormalization(trainable=False), [(4, 5)], training=True),
    Case(lambda L: L.BatchNormalization(renorm=True), [(4, 5)]),
    Case(lambda L: L.BatchNormalization(renorm=True, renorm_momentum=0.8), [(4, 5)], training=True),
    Case(
        lambda L: L.BatchNormalization(
            renorm=True, renorm_clipping={"rmin": 0.9, "rmax": 1.1, "dmax": 0.1}, center=False, scale=False
        ),
        [(4, 5)],
        training=True,
    ),
    # Functions
    Case(lambda L: L.Lambda(scaled), [(2, 6, 5)], free=(1,)),
    Case(lambda L: L.Lambda(scaled, arguments={"factor": 3.0}), [(2, 6, 5)]),
    Case(lambda L: L.Lambda(scaled, mask=same_mask), [(2, 6, 5)], masked=True),
    Case(lambda L: L.Lambda(without_time, output_shape=(5,)), [(2, 6, 5)]),
    Case(lambda L: L.Lambda(without_time, output_shape=second_less), [(2, 6, 5)]),
    Case(lambda L: L.Lambda(weighed_by_mask, mask=same_mask), [(2, 6, 5)], masked=True),
    Case(lambda L: L.Lambda(lambda x: x + 1), [(2, 6, 5)], has_config=False),
]
