"""Models that files of Keras 2 are tested with, made with Plait or with genuine Keras 2; every layer has a name."""

import numpy as np


def text(K, hard):
    return K.Sequential(
        [
            K.layers.Embedding(20, 8, input_length=6, name="words"),
            K.layers.Conv1D(4, 3, activation="relu", padding="same", kernel_regularizer="l2", name="phrases"),
            K.layers.MaxPooling1D(2, name="strongest"),
            K.layers.LSTM(5, recurrent_activation=hard, dropout=0.1, name="lstm"),
            K.layers.Dropout(0.5, name="dropout"),
            K.layers.Dense(3, activation="softmax", name="answer"),
        ],
        name="text",
    )


def images(K, hard):
    image = K.Input(shape=(8, 8, 3), name="image")
    hidden = K.layers.Conv2D(4, (3, 3), padding="same", name="conv", kernel_initializer="he_normal")(image)
    hidden = K.layers.Activation(hard, name="activation")(K.layers.BatchNormalization(name="norm")(hidden))
    hidden = K.layers.AveragePooling2D((2, 2), name="pooled")(hidden)
    both = [K.layers.Flatten(name="flat")(hidden), K.layers.GlobalMaxPooling2D(name="most")(hidden)]
    joined = K.layers.Concatenate(name="joined")(both)
    return K.Model(image, K.layers.Dense(2, kernel_constraint="non_neg", name="out")(joined), name="images")


def sequences(K, hard):
    steps = K.Input(shape=(5, 4), name="steps")
    hidden = K.layers.Masking(name="masked")(steps)
    old = K.layers.GRU(3, recurrent_activation="sigmoid", reset_after=False, return_sequences=True, name="old")
    new = K.layers.GRU(3, recurrent_activation=hard, reset_after=True, return_sequences=True, name="new")
    hidden = new(old(hidden))
    hidden = K.layers.TimeDistributed(K.layers.Dense(4, name="step"), name="each")(hidden)
    lstm = K.layers.LSTM(2, recurrent_activation="sigmoid", name="lstm")
    return K.Model(steps, K.layers.Bidirectional(lstm, merge_mode="sum", name="both")(hidden), name="sequences")


def towers(K, hard):
    """Returns a model with a model in it that is used twice and put out, and a chain that is put out."""
    inside = K.Input(shape=(4,), name="inside")
    hidden = K.layers.Dense(3, activation="tanh", name="in_encoder")(inside)
    encoder = K.Model(inside, K.layers.BatchNormalization(name="norm")(hidden), name="encoder")
    chain = K.Sequential([K.layers.Dense(2, input_shape=(3,), name="in_chain")], name="chain")
    a, b = K.Input(shape=(4,), name="a"), K.Input(shape=(4,), name="b")
    first, second = encoder(a), encoder(b)
    merged = [K.layers.Multiply(name="product")([first, second]), K.layers.Dot(axes=1, name="dot")([first, second])]
    return K.Model([a, b], [chain(first), second, *merged], name="towers")


def places(K, hard):
    image = K.Input(shape=(5, 6, 2), name="image")
    hidden = K.layers.LocallyConnected2D(3, (2, 3), strides=(2, 1), activation=hard, name="patches")(image)
    steps = K.layers.Reshape((8, 3), name="in_line")(hidden)
    steps = K.layers.LocallyConnected1D(2, 3, strides=2, use_bias=False, kernel_regularizer="l1", name="steps")(steps)
    rows = K.layers.LocallyConnected2D(2, (3, 2), data_format="channels_first", name="channels_first")(image)
    both = [K.layers.Flatten(name="flat_steps")(steps), K.layers.Flatten(name="flat_rows")(rows)]
    return K.Model(image, K.layers.Concatenate(name="joined")(both), name="places")


MODELS = {make.__name__: make for make in (text, images, sequences, towers, places)}


def data(name):
    """Returns what a model is asked."""
    random = np.random.RandomState(100)
    if name == "text":
        return random.randint(0, 20, (3, 6)).astype("int32")
    every = {"images": [(8, 8, 3)], "sequences": [(5, 4)], "towers": [(4,), (4,)], "places": [(5, 6, 2)]}
    drawn = [random.uniform(-1, 1, (3, *shape)).astype("float32") for shape in every[name]]
    return drawn if len(drawn) > 1 else drawn[0]


def filled(model):
    """Gives a model weights that are the same wherever it is made, and returns it."""
    shapes = [array.shape for array in model.get_weights()]
    drawn = [np.random.RandomState(n).uniform(0.1, 0.9, shape).astype("float32") for n, shape in enumerate(shapes)]
    model.set_weights([array - (0 if array.ndim == 1 else 0.5) for array in drawn])
    return model
