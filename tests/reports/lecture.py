"""The models of the lecture, in its order."""

from plait import layers
from plait.models import Model, Sequential


def one_dense_layer():
    yield Sequential([layers.Dense(2, input_shape=(2,))])
    visible = layers.Input(shape=(2,))
    yield Model(inputs=visible, outputs=layers.Dense(2)(visible))


def recurrent():
    yield Sequential(
        [
            layers.LSTM(10, input_shape=(100, 1)),
            layers.Dense(10, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    visible = layers.Input(shape=(100, 1))
    hidden = layers.Dense(10, activation="relu")(layers.LSTM(10)(visible))
    yield Model(inputs=visible, outputs=layers.Dense(1, activation="sigmoid")(hidden))


def convolutional():
    model = Sequential()
    model.add(layers.Conv2D(32, (3, 3), activation="relu", input_shape=(150, 150, 3)))
    model.add(layers.MaxPooling2D((2, 2)))
    model.add(layers.Flatten())
    model.add(layers.Dense(512, activation="relu"))
    model.add(layers.Dense(1, activation="sigmoid"))
    yield model
    inputs = layers.Input(shape=(150, 150, 3))
    x = layers.Conv2D(32, (3, 3), activation="relu")(inputs)
    x = layers.Flatten()(layers.MaxPooling2D((2, 2))(x))
    x = layers.Dense(512, activation="relu")(x)
    yield Model(inputs=inputs, outputs=layers.Dense(1, activation="sigmoid")(x))


def two_inputs():
    text = layers.Input(shape=(None,), name="text")
    embedded_text = layers.Embedding(10000, 64, input_length=10)(text)
    encoded_text = layers.LSTM(32)(embedded_text)
    question = layers.Input(shape=(None,), name="question")
    embedded_question = layers.Embedding(10000, 32, input_length=5)(question)
    encoded_question = layers.LSTM(16)(embedded_question)
    joined = layers.concatenate([encoded_text, encoded_question], axis=-1)
    yield Model([text, question], layers.Dense(500, activation="softmax")(joined))


def three_outputs():
    posts = layers.Input(shape=(None,), dtype="int32", name="posts")
    x = layers.Embedding(50000, 256)(posts)
    x = layers.MaxPooling1D(5)(layers.Conv1D(128, 5, activation="relu")(x))
    x = layers.Conv1D(256, 5, activation="relu")(x)
    x = layers.MaxPooling1D(5)(layers.Conv1D(256, 5, activation="relu")(x))
    x = layers.Dense(128, activation="relu")(x)
    age = layers.Dense(1, name="age")(x)
    income = layers.Dense(10, activation="softmax", name="income")(x)
    gender = layers.Dense(1, activation="sigmoid", name="gender")(x)
    yield Model(posts, [age, income, gender])
