"""Writes keras_<version>/<model>.zip: files of a Keras, what it predicts from them, and how it trains on.

Run it with each: Keras 2.2.4 on TensorFlow 1.15 (Python 3.7), Keras 2.13 and 2.15, Keras 3.0.5 and 3.15.1 on TensorFlow.
Of 3.15, which the tests have without TensorFlow, it writes the models that need that.

    python tests/golden/make_keras_files.py [MODEL ...]
    python tests/golden/make_keras_files.py --check FOLDER

With --check it opens FOLDER/<model>.keras, which Plait has made of the archive's (`plait convert model.keras
FOLDER/<model>.keras`), and fails unless it predicts the same of it.

An archive holds whole models (`model.keras`, `model.h5`), for some models weights alone (`alone.weights.h5`, `alone.h5`),
and `expected.npz`: inputs, outputs, a target, and the losses of two more epochs, of two batches of six examples each. What
layers of cuDNN predict is what Keras predicts when it gives their weights to LSTM and GRU: a GPU is not needed.
"""

import io
import os
import pathlib
import sys
import tempfile
import zipfile

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
from keras import layers as L
from keras.models import Model, Sequential

VERSION = ".".join(keras.__version__.split(".")[:2])
IS_FIRST, IS_3, IS_NEW = VERSION == "2.2", VERSION.startswith("3"), VERSION == "3.15"
EXAMPLES, BATCH = 12, 6


def drawn(*shape):
    return np.random.normal(size=(EXAMPLES,) + shape).astype("float32")


def numbers(below, *shape):
    return np.random.randint(0, below, (EXAMPLES,) + shape).astype("int32")


def adam():
    return keras.optimizers.Adam(lr=0.01, decay=0.1) if IS_FIRST else keras.optimizers.Adam(0.01)


def sgd():
    if IS_FIRST:
        return keras.optimizers.SGD(lr=0.05, momentum=0.9, nesterov=True)
    return keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True)


# What is compared is how Plait goes on, not what some versions do of their own: TensorFlow 1.15 reads weights and the
# count of steps before or after they are moved, as it happens, which shows in Adam. With Adam the Embedding of Keras 3.0
# goes on by 1e-3 otherwise, for which no reason was looked for.
def adam_or_sgd():
    return sgd() if IS_FIRST else adam()


def mlp():
    model = Sequential([L.Dense(6, activation="relu", input_shape=(4,)), L.Dense(3, activation="softmax")])
    model.compile(optimizer=adam_or_sgd(), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, [drawn(4)], numbers(3, 1)


def logits():
    kept = "l2" if not IS_FIRST else None
    model = Sequential([L.Dense(5, kernel_regularizer=kept, input_shape=(4,)), L.Activation("tanh"), L.Dense(3)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=adam(), loss=loss, metrics=["accuracy"])
    return model, [drawn(4)], numbers(3, 1)


def compiled(model, inputs, optimizer=None):
    model.compile(optimizer=optimizer or adam(), loss="mse")
    return model, inputs, drawn(*model.output_shape[1:])


def two_inputs():
    a, b = L.Input((4,), name="a"), L.Input((4,), name="b")
    shared = L.Dense(3, activation="tanh", name="shared")
    joined = L.concatenate([shared(a), shared(b), L.add([a, b])])
    return compiled(Model([a, b], L.Dense(2, name="head")(joined)), [drawn(4), drawn(4)], sgd())


def embedding_lstm():
    ids = L.Input((5,), dtype="int32")
    hidden = L.LSTM(3)(L.Embedding(10, 4, mask_zero=True)(ids))
    return compiled(Model(ids, L.Dense(2)(hidden)), [numbers(10, 5)], keras.optimizers.SGD(0.05) if IS_3 else adam())


def grus():
    inputs = L.Input((5, 3))
    hidden = L.GRU(2, reset_after=False)(L.GRU(3, return_sequences=True, reset_after=True)(inputs))
    return compiled(Model(inputs, L.Dense(2)(hidden)), [drawn(5, 3)])


def convolution():
    inputs = L.Input((6, 6, 2))
    hidden = L.BatchNormalization()(L.Conv2D(3, 3, padding="same", activation="relu")(inputs))
    hidden = L.Conv2D(2, 2)(L.MaxPooling2D()(hidden))
    return compiled(Model(inputs, L.Dense(2)(L.Flatten()(hidden))), [drawn(6, 6, 2)])


def bidirectional():
    inputs = L.Input((4, 3))
    hidden = L.Bidirectional(L.LSTM(2, return_sequences=True, recurrent_activation="hard_sigmoid"))(inputs)
    return compiled(Model(inputs, L.TimeDistributed(L.Dense(2))(hidden)), [drawn(4, 3)])


def nested():
    inside = L.Input((3,))
    inner = Model(inside, L.Dense(4, activation="tanh")(L.BatchNormalization()(inside)), name="inner")
    chain = Sequential([L.Dense(3, input_shape=(4,)), L.Dropout(0.0)], name="chain")
    inputs = L.Input((4,))
    hidden = chain(inner(L.Dense(3, trainable=False, name="frozen")(inputs)))
    return compiled(
        Model(inputs, L.Dense(2)(hidden)), [drawn(4)], keras.optimizers.SGD(0.05) if IS_3 else adam_or_sgd()
    )


def locally_connected():
    steps, image = L.Input((7, 3)), L.Input((5, 6, 2))
    found = [
        L.LocallyConnected1D(4, 3, strides=2, activation="tanh")(steps),
        L.LocallyConnected2D(3, (2, 3), strides=(2, 1))(image),
        L.LocallyConnected2D(2, (3, 1), use_bias=False)(image),
        # Of five channels; its bias is trained, and not the same everywhere.
        L.LocallyConnected2D(2, (3, 2), data_format="channels_first")(image),
    ]
    joined = L.concatenate([L.Flatten()(one) for one in found])
    return compiled(Model([steps, image], L.Dense(2)(joined)), [drawn(7, 3), drawn(5, 6, 2)], adam_or_sgd())


def locally_connected_forms():
    steps, image = L.Input((7, 3)), L.Input((5, 6, 2))
    found = [
        L.LocallyConnected1D(4, 3, implementation=2)(steps),
        L.LocallyConnected1D(2, 4, 3, "same", implementation=3)(steps),
        L.LocallyConnected1D(2, 2, 2, "same", "channels_first", implementation=2)(steps),
        L.LocallyConnected2D(2, (2, 3), implementation=3)(image),
        L.LocallyConnected2D(2, (3, 2), (2, 1), "same", implementation=2)(image),
        L.LocallyConnected2D(2, (2, 2), 1, "same", "channels_first", implementation=3)(image),
    ]
    joined = L.concatenate([L.Flatten()(one) for one in found])
    return drawn_weights(Model([steps, image], L.Dense(2)(joined)), [drawn(7, 3), drawn(5, 6, 2)])


class WithoutGPU:
    """Makes layers that compute on any machine what those of cuDNN compute on a GPU, and that take their weights."""

    @staticmethod
    def CuDNNLSTM(units, **settings):
        return L.LSTM(units, recurrent_activation="sigmoid", **settings)

    @staticmethod
    def CuDNNGRU(units, **settings):
        return L.GRU(units, recurrent_activation="sigmoid", reset_after=True, **settings)


def with_gpu():
    """Returns what has the layers of cuDNN, which TensorFlow 2 keeps among its names of version 1."""
    import tensorflow as tf

    return L if IS_FIRST else tf.compat.v1.keras.layers


def placed_when_run():
    """Lets TensorFlow 1 read the weights of layers of cuDNN: only what is run needs a device then."""
    import tensorflow as tf

    options = tf.GraphOptions(place_pruned_graph=True)
    keras.backend.set_session(tf.Session(config=tf.ConfigProto(graph_options=options)))


def drawn_weights(model, inputs):
    if IS_FIRST:
        placed_when_run()
    # The biases too, which would be 0, and both of a gate the same.
    model.set_weights([np.random.uniform(-1, 1, array.shape) for array in model.get_weights()])
    if IS_FIRST:
        model.compile(optimizer=adam(), loss="mse")
    return model, inputs, None


def cudnn_lstm(layers=None):
    layers = layers or with_gpu()
    inputs = L.Input((5, 3))
    hidden = layers.CuDNNLSTM(2, name="second")(layers.CuDNNLSTM(4, return_sequences=True, name="first")(inputs))
    return drawn_weights(Model(inputs, L.Dense(2, name="head")(hidden)), [drawn(5, 3)])


def cudnn_gru(layers=None):
    layers = layers or with_gpu()
    inputs = L.Input((5, 3))
    hidden = layers.CuDNNGRU(2, name="second")(layers.CuDNNGRU(4, return_sequences=True, name="first")(inputs))
    return drawn_weights(Model(inputs, L.Dense(2, name="head")(hidden)), [drawn(5, 3)])


def cudnn_bidirectional(layers=None):
    layers = layers or with_gpu()
    inside, inputs = L.Input((5, 3)), L.Input((5, 3))
    lstm = L.Bidirectional(layers.CuDNNLSTM(2, return_sequences=True), name="lstm")
    hidden = Model(inside, lstm(inside), name="inner")(inputs)
    return drawn_weights(Model(inputs, L.Bidirectional(layers.CuDNNGRU(3), name="gru")(hidden)), [drawn(5, 3)])


LINES = ["the cat sat", "The dog, the mat!", "a cat", "", "zebra on the mat today again"]
WORDS = ["red", "green", "blue", "red", "grey"]


def vocabulary():
    line, word = L.Input((1,), dtype="string"), L.Input((1,), dtype="string")
    cut, known = L.TextVectorization(output_sequence_length=4), L.StringLookup()
    cut.adapt(np.array(LINES[:4]))
    known.adapt(np.array(WORDS[:4]))
    texts = L.GlobalAveragePooling1D()(L.Embedding(12, 3)(cut(line)))
    joined = L.concatenate([texts, L.Flatten()(L.Embedding(8, 2)(known(word)))])
    model = Model([line, word], L.Dense(2)(joined))
    return model, [np.array(LINES)[:, None], np.array(WORDS)[:, None]], None


GROUPS = [["red", "green", "red"], ["blue", "red", ""], ["green", "grey", "red"]]
IDS = np.array([[5, 7, 5], [9, 5, 11], [7, 0, 12]], "int64")


def weighed(cut, known, places):
    """Returns a model of layers that count what is in a vocabulary, and weigh the counts."""
    # Of texts of shape (batch, 1) Keras announces one more axis than it computes.
    line, words, numbers = L.Input((), dtype="string"), L.Input((3,), dtype="string"), L.Input((3,), dtype="int64")
    model = Model([line, words, numbers], L.Dense(2)(L.concatenate([cut(line), known(words), places(numbers)])))
    return model, [np.array(LINES[:3]), np.array(GROUPS), IDS + 2], None


def tf_idf():
    cut = L.TextVectorization(output_mode="tf_idf", max_tokens=7)
    known = L.StringLookup(output_mode="tf_idf", mask_token="", num_oov_indices=2)
    places = L.IntegerLookup(output_mode="tf_idf", max_tokens=9, pad_to_max_tokens=True)
    for layer, data in ((cut, np.array(LINES[:4])), (known, np.array(GROUPS)), (places, IDS)):
        layer.adapt(data)
    return weighed(cut, known, places)


def tf_idf_given():
    cut = L.TextVectorization(
        output_mode="tf_idf",
        vocabulary=["the", "cat", "mat"],
        idf_weights=[0.25, 1.5, 4.0],
        max_tokens=6,
        pad_to_max_tokens=True,
    )
    known = L.StringLookup(output_mode="tf_idf", vocabulary=["[UNK]", "red", "blue"], idf_weights=[3.0, 0.5, 2.0])
    places = L.IntegerLookup(output_mode="tf_idf", vocabulary=[7, 11, 9], idf_weights=[1.0, 2.5, 0.125], mask_token=5)
    return weighed(cut, known, places)


def counts():
    cut, known = L.TextVectorization(output_mode="count"), L.StringLookup(output_mode="multi_hot")
    places = L.IntegerLookup(output_mode="count")
    for layer, data in ((cut, np.array(LINES[:4])), (known, np.array(GROUPS[:1])), (places, IDS)):
        layer.adapt(data)
    return weighed(cut, known, places)


EVERYWHERE = (mlp, two_inputs, embedding_lstm, grus, convolution, bidirectional, nested)
CUDNN = (cudnn_lstm, cudnn_gru, cudnn_bidirectional)
WITH_TEXT = (vocabulary, tf_idf, tf_idf_given, counts)
OF_KERAS_2 = (locally_connected,) + CUDNN
if IS_NEW:
    MODELS = WITH_TEXT[1:]
elif IS_FIRST:
    MODELS = EVERYWHERE + OF_KERAS_2
else:
    MODELS = EVERYWHERE + (logits, vocabulary) + (() if IS_3 else OF_KERAS_2 + (locally_connected_forms,))
WITH_WEIGHTS_ALONE = (two_inputs, bidirectional, nested, tf_idf_given, locally_connected_forms) + CUDNN


def files(make):
    """Returns what is written of a model: names, and whether that is a whole model."""
    # Keras 3.0 gives the weights of both directions the same names, which no `.h5` file can have.
    is_without_h5 = make in WITH_TEXT or (IS_3 and make is bidirectional)
    whole = ([] if IS_FIRST else ["model.keras"]) + ([] if is_without_h5 else ["model.h5"])
    alone = ([] if IS_FIRST else ["alone.weights.h5"]) + ([] if IS_3 else ["alone.h5"])
    return whole, alone if make in WITH_WEIGHTS_ALONE else []


def given(inputs):
    return inputs if len(inputs) > 1 else inputs[0]


def of_text(model, inputs):
    import tensorflow as tf

    return np.array(model([tf.constant(array) for array in inputs]))


def fit(model, inputs, target, epochs):
    history = model.fit(given(inputs), target, batch_size=BATCH, epochs=epochs, shuffle=False, verbose=0).history
    return np.array(history["loss"])


def predicted(make, model, inputs, place):
    if make in WITH_TEXT:
        return of_text(model, inputs)
    if make in CUDNN:
        model = make(WithoutGPU)[0]
        model.load_weights(os.path.join(place, "model.h5"))
    return model.predict(given(inputs), verbose=0)


def write(make, folder):
    np.random.seed(sum(map(ord, make.__name__)))
    model, inputs, target = make()
    expected = {"input_%d" % number: array for number, array in enumerate(inputs)}
    if target is not None:
        fit(model, inputs, target, 1)
    whole, alone = files(make)
    with tempfile.TemporaryDirectory() as place:
        for name in whole:
            model.save(os.path.join(place, name))
        for name in alone:
            model.save_weights(os.path.join(place, name))
        contents = [(name, pathlib.Path(place, name).read_bytes()) for name in whole + alone]
        expected["outputs"] = predicted(make, model, inputs, place)
    if target is not None:
        expected["target"] = target
        expected["losses"] = fit(model, inputs, target, 2)
    kept = io.BytesIO()
    np.savez(kept, **expected)
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(str(folder / (make.__name__ + ".zip")), "w") as archive:
        for name, content in contents + [("expected.npz", kept.getvalue())]:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def check(path):
    with zipfile.ZipFile(str(HERE / (path.stem + ".zip"))) as archive:
        expected = dict(np.load(io.BytesIO(archive.read("expected.npz"))))
    inputs = [expected[name] for name in sorted(expected) if name.startswith("input_")]
    model = keras.models.load_model(str(path))
    outputs = model.predict(given(inputs), verbose=0) if "target" in expected else of_text(model, inputs)
    np.testing.assert_allclose(outputs, expected["outputs"], rtol=1e-5, atol=1e-5)
    print(path.stem, "predicts the same")


HERE = pathlib.Path(__file__).resolve().parent / ("keras_" + VERSION)
if __name__ == "__main__":
    if sys.argv[1:2] == ["--check"]:
        for path in sorted(pathlib.Path(sys.argv[2]).glob("*.keras")):
            check(path)
        sys.exit()
    for make in (one for one in MODELS if one.__name__ in (sys.argv[1:] or one.__name__)):
        write(make, HERE)
        print(make.__name__, (HERE / (make.__name__ + ".zip")).stat().st_size)
