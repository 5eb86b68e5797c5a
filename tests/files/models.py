"""Models that files are tested with, each made with Plait or with genuine Keras."""

import numpy as np


def dense(K):
    inputs = K.Input((4,), name="x")
    return K.Model(inputs, K.layers.Dense(2)(K.layers.Dense(8, activation="tanh")(inputs)))


def sequential(K):
    return K.Sequential([K.Input((4,)), K.layers.Dense(8, "relu"), K.layers.Dropout(0.5), K.layers.Dense(2)])


def many(K):
    """Returns a model with two inputs, two outputs, a shared layer, running state, and a model in it."""
    a, b = K.Input((4,), name="a"), K.Input((4,), name="b")
    shared = K.layers.Dense(8, name="shared")
    inside = K.Input((8,))
    encoder = K.Model(inside, K.layers.BatchNormalization()(K.layers.Dense(8, kernel_regularizer="l2")(inside)))
    joined = K.layers.concatenate([encoder(shared(a)), encoder(shared(b))])
    return K.Model([a, b], [K.layers.Dense(2, name="first")(joined), K.layers.Dense(2, name="second")(joined)])


def named(K):
    a, b = K.Input((4,), name="a"), K.Input((4,), name="b")
    return K.Model({"a": a, "b": b}, {"sum": K.layers.Dense(2, name="sum")(K.layers.add([a, b]))})


def recurrent(K):
    inputs = K.Input((5, 4))
    hidden = K.layers.Bidirectional(K.layers.LSTM(3, return_sequences=True))(inputs)
    hidden = K.layers.GRU(3, return_sequences=True)(hidden)
    hidden = K.layers.RNN(K.layers.StackedRNNCells([K.layers.SimpleRNNCell(3), K.layers.LSTMCell(2)]))(hidden)
    return K.Model(inputs, K.layers.Dense(2)(hidden))


def attentive(K):
    inputs = K.Input((5,), dtype="int32")
    vectors = K.layers.Embedding(10, 8, mask_zero=True)(inputs)
    attended = K.layers.MultiHeadAttention(2, 4)(vectors, vectors)
    hidden = K.layers.LayerNormalization()(K.layers.add([vectors, attended]))
    hidden = K.layers.TimeDistributed(K.layers.Dense(3))(hidden)
    return K.Model(inputs, K.layers.Dense(2)(K.layers.GlobalAveragePooling1D()(hidden)))


def convolutional(K):
    inputs = K.Input((8, 8, 3))
    hidden = K.layers.Conv2D(4, 3, activation="relu")(inputs)
    hidden = K.layers.SeparableConv2D(4, 3)(K.layers.BatchNormalization()(hidden))
    hidden = K.layers.SpectralNormalization(K.layers.DepthwiseConv2D(2))(hidden)
    return K.Sequential([K.Model(inputs, hidden), K.layers.Flatten(), K.layers.Dense(2)])


def preprocessing(K):
    inputs = K.Input((4,))
    scaled = K.layers.Normalization(mean=[0.0, 1.0, 2.0, 3.0], variance=[1.0, 2.0, 1.0, 2.0])(inputs)
    return K.Model(inputs, K.layers.Dense(2)(K.layers.Rescaling(0.5)(scaled)))


MODELS = {
    make.__name__: make for make in (dense, sequential, many, named, recurrent, attentive, convolutional, preprocessing)
}


def data(name):
    """Returns inputs and targets for a model of this name."""
    random = np.random.default_rng(0)

    def drawn(*shape):
        return random.normal(size=(12, *shape)).astype("float32")

    one, target = drawn(4), drawn(2)
    inputs = {
        "many": [one, drawn(4)],
        "named": {"a": one, "b": drawn(4)},
        "recurrent": drawn(5, 4),
        "attentive": random.integers(0, 10, (12, 5)).astype("int32"),
        "convolutional": drawn(8, 8, 3),
    }
    targets = {"many": [target, drawn(2)], "named": {"sum": target}}
    return inputs.get(name, one), targets.get(name, target)
