"""The work that is measured: models, data, sizes. Written once for Plait and Keras, whose names are the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Work:
    """One model with its data.

    build:    gives the model from a module that has `Input`, `Model` and `layers`: Plait or Keras.
    data:     gives (x, y) of so many samples, as lists of arrays.
    losses:   one per output, by Keras's names; loss_weights likewise.
    batch:    samples per step.
    steps:    steps in one timed turn of training; batches: batches in one timed turn of prediction.
    half:     computed in bfloat16, with weights in float32.
    operations: floating-point operations that training on one sample takes, three times those of its prediction.
    """

    build: Callable[[Any], Any]
    data: Callable[[np.random.Generator, int], tuple[list[np.ndarray], list[np.ndarray]]]
    losses: list[str]
    batch: int
    steps: int
    batches: int
    loss_weights: list[float] | None = None
    half: bool = False
    operations: float | None = None


def _reals(random: np.random.Generator, *shape: int) -> np.ndarray:
    return random.standard_normal(shape, dtype=np.float32)


def _bits(random: np.random.Generator, n: int) -> np.ndarray:
    return random.integers(0, 2, (n, 1)).astype(np.float32)


def _ids(random: np.random.Generator, high: int, *shape: int) -> np.ndarray:
    return random.integers(0, high, shape).astype(np.int32)


# ---------------------------------------------------------------------------------- the lecture's five examples


def _dense(K: Any) -> Any:
    inputs = K.Input((2,))
    return K.Model(inputs, K.layers.Dense(2)(inputs))


def _lstm(K: Any) -> Any:
    inputs = K.Input((100, 1))
    x = K.layers.Dense(10, activation="relu")(K.layers.LSTM(10)(inputs))
    return K.Model(inputs, K.layers.Dense(1, activation="sigmoid")(x))


def _convolution(K: Any) -> Any:
    inputs = K.Input((150, 150, 3))
    x = K.layers.Conv2D(32, (3, 3), activation="relu")(inputs)
    x = K.layers.Flatten()(K.layers.MaxPooling2D((2, 2))(x))
    x = K.layers.Dense(512, activation="relu")(x)
    return K.Model(inputs, K.layers.Dense(1, activation="sigmoid")(x))


def _question_answering(K: Any) -> Any:
    L = K.layers
    text, question = K.Input((100,), dtype="int32", name="text"), K.Input((20,), dtype="int32", name="question")
    encoded_text = L.LSTM(32)(L.Embedding(10_000, 64)(text))
    encoded_question = L.LSTM(16)(L.Embedding(10_000, 32)(question))
    both = L.Concatenate()([encoded_text, encoded_question])
    return K.Model([text, question], L.Dense(500, activation="softmax")(both))


def _posts(K: Any) -> Any:
    L = K.layers
    posts = K.Input((500,), dtype="int32", name="posts")
    x = L.Embedding(50_000, 256)(posts)
    x = L.MaxPooling1D(5)(L.Conv1D(128, 5, activation="relu")(x))
    x = L.Conv1D(256, 5, activation="relu")(x)
    x = L.MaxPooling1D(5)(L.Conv1D(256, 5, activation="relu")(x))
    x = L.Dense(128, activation="relu")(L.GlobalMaxPooling1D()(x))
    age = L.Dense(1, name="age")(x)
    income = L.Dense(10, activation="softmax", name="income")(x)
    gender = L.Dense(1, activation="sigmoid", name="gender")(x)
    return K.Model(posts, [age, income, gender])


# ---------------------------------------------------------------------------------- further models


def _resnet(K: Any) -> Any:
    L = K.layers

    def convolved(x: Any, filters: int, strides: int = 1, size: int = 3) -> Any:
        x = L.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
        return L.BatchNormalization()(x)

    inputs = K.Input((32, 32, 3))
    x = L.Activation("relu")(convolved(inputs, 16))
    for filters, strides in ((16, 1), (32, 2), (64, 2)):
        y = convolved(L.Activation("relu")(convolved(x, filters, strides)), filters)
        x = x if strides == 1 else convolved(x, filters, strides, size=1)
        x = L.Activation("relu")(L.Add()([x, y]))
    x = L.GlobalAveragePooling2D()(x)
    return K.Model(inputs, L.Dense(10, activation="softmax")(x))


def _tagger(K: Any) -> Any:
    L = K.layers
    words = K.Input((40,), dtype="int32")
    x = L.Bidirectional(L.LSTM(64, return_sequences=True))(L.Embedding(5_000, 64)(words))
    return K.Model(words, L.Dense(20, activation="softmax")(x))


def _tabular(K: Any) -> Any:
    L = K.layers
    columns = [K.Input((16,), name=f"column_{number}") for number in range(10)]
    x = L.Concatenate()([L.Dense(32, activation="relu")(column) for column in columns])
    for _ in range(2):
        x = L.Dense(512, activation="relu")(x)
    kind = L.Dense(5, activation="softmax", name="kind")(x)
    outputs = [L.Dense(1, name="price")(x), L.Dense(1, activation="sigmoid", name="sold")(x), kind]
    return K.Model(columns, outputs)


def _encoded(K: Any, x: Any, blocks: int, heads: int) -> Any:
    """Returns what a Transformer encoder makes of (batch, time, features)."""
    L = K.layers
    features = x.shape[-1]
    for _ in range(blocks):
        x = L.LayerNormalization()(L.Add()([x, L.MultiHeadAttention(heads, features // heads)(x, x)]))
        wide = L.Dense(4 * features, activation="relu")(x)
        x = L.LayerNormalization()(L.Add()([x, L.Dense(features)(wide)]))
    return x


def _transformer(K: Any) -> Any:
    L = K.layers
    words = K.Input((64,), dtype="int32")
    x = _encoded(K, L.Embedding(5_000, 128)(words), blocks=2, heads=4)
    return K.Model(words, L.Dense(10, activation="softmax")(L.GlobalAveragePooling1D()(x)))


# ---------------------------------------------------------------------------------- for an accelerator


def _transformer_12(K: Any) -> Any:
    L = K.layers
    words = K.Input((512,), dtype="int32")
    x = _encoded(K, L.Embedding(30_000, 768)(words), blocks=12, heads=12)
    outputs = L.Dense(10, activation="softmax", dtype="float32")(L.GlobalAveragePooling1D()(x))
    return K.Model(words, outputs)


def _resnet_50(K: Any) -> Any:
    L = K.layers

    def convolved(x: Any, filters: int, size: int, strides: int = 1) -> Any:
        x = L.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
        return L.BatchNormalization()(x)

    inputs = K.Input((224, 224, 3))
    x = L.Activation("relu")(convolved(inputs, 64, 7, 2))
    x = L.MaxPooling2D(3, strides=2, padding="same")(x)
    for filters, blocks, first in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for block in range(blocks):
            strides = first if block == 0 else 1
            y = L.Activation("relu")(convolved(x, filters, 1))
            y = L.Activation("relu")(convolved(y, filters, 3, strides))
            y = convolved(y, 4 * filters, 1)
            x = convolved(x, 4 * filters, 1, strides) if block == 0 else x
            x = L.Activation("relu")(L.Add()([x, y]))
    outputs = L.Dense(1000, activation="softmax", dtype="float32")(L.GlobalAveragePooling2D()(x))
    return K.Model(inputs, outputs)


# For 512 words through 12 blocks: matrices of 768 by 768, twelve of them in a block, and attention's two products.
_ENCODER_OPERATIONS = 3 * 2 * 12 * 512 * (12 * 768**2 + 2 * 512 * 768)
# 4.1 billion multiplications an image: K. He et al., Deep Residual Learning, 2015, with the strides of later versions.
_RESNET_50_OPERATIONS = 3 * 2 * 4.1e9

WORKS = {
    "ex1": Work(_dense, lambda r, n: ([_reals(r, n, 2)], [_reals(r, n, 2)]), ["mse"], 32, 2000, 500),
    "ex2": Work(_lstm, lambda r, n: ([_reals(r, n, 100, 1)], [_bits(r, n)]), ["binary_crossentropy"], 128, 100, 100),
    "ex3": Work(
        _convolution, lambda r, n: ([_reals(r, n, 150, 150, 3)], [_bits(r, n)]), ["binary_crossentropy"], 32, 3, 5
    ),
    "ex4": Work(
        _question_answering,
        lambda r, n: ([_ids(r, 10_000, n, 100), _ids(r, 10_000, n, 20)], [_ids(r, 500, n)]),
        ["sparse_categorical_crossentropy"],
        128,
        25,
        50,
    ),
    "ex5": Work(
        _posts,
        lambda r, n: ([_ids(r, 50_000, n, 500)], [_reals(r, n, 1), _ids(r, 10, n), _bits(r, n)]),
        ["mse", "sparse_categorical_crossentropy", "binary_crossentropy"],
        64,
        3,
        5,
        loss_weights=[0.25, 1.0, 10.0],
    ),
    "resnet": Work(
        _resnet,
        lambda r, n: ([_reals(r, n, 32, 32, 3)], [_ids(r, 10, n)]),
        ["sparse_categorical_crossentropy"],
        64,
        10,
        20,
    ),
    "transformer": Work(
        _transformer,
        lambda r, n: ([_ids(r, 5_000, n, 64)], [_ids(r, 10, n)]),
        ["sparse_categorical_crossentropy"],
        64,
        5,
        10,
    ),
    "tagger": Work(
        _tagger,
        lambda r, n: ([_ids(r, 5_000, n, 40)], [_ids(r, 20, n, 40)]),
        ["sparse_categorical_crossentropy"],
        64,
        15,
        30,
    ),
    "tabular": Work(
        _tabular,
        lambda r, n: (
            [_reals(r, n, 16) for _ in range(10)],
            [_reals(r, n, 1), _bits(r, n), _ids(r, 5, n)],
        ),
        ["mse", "binary_crossentropy", "sparse_categorical_crossentropy"],
        256,
        50,
        100,
        loss_weights=[1.0, 1.0, 1.0],
    ),
    "transformer-12": Work(
        _transformer_12,
        lambda r, n: ([_ids(r, 30_000, n, 512)], [_ids(r, 10, n)]),
        ["sparse_categorical_crossentropy"],
        64,
        10,
        10,
        half=True,
        operations=_ENCODER_OPERATIONS,
    ),
    "resnet-50": Work(
        _resnet_50,
        lambda r, n: ([_reals(r, n, 224, 224, 3)], [_ids(r, 1000, n)]),
        ["sparse_categorical_crossentropy"],
        128,
        5,
        5,
        half=True,
        operations=_RESNET_50_OPERATIONS,
    ),
}
# Only measured on an accelerator, where every number in between is a bfloat16.
LARGE = ["transformer-12", "resnet-50"]
LECTURE = ["ex1", "ex2", "ex3", "ex4", "ex5"]
