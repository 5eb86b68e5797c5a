"""A Siamese LSTM: one encoder reads two sequences, and the distance of its codes says whether they are of one kind.

The sequences are waves, made here: two of a pair have the same shape (sine, square, sawtooth) or not, while their
frequency, phase and noise always differ.

    python examples/siamese_lstm.py [epochs]
"""

import sys

import numpy as np

from plait import Input, Model, layers, utils

STEPS = 48


def wave(kind, random):
    t = (np.arange(STEPS) / STEPS * random.uniform(2.5, 4.5) + random.random()) % 1.0
    shape = [np.sin(2 * np.pi * t), np.where(t < 0.5, 1.0, -1.0), 2 * t - 1][kind]
    return shape + random.normal(0, 0.1, STEPS)


def pairs(count, random):
    kinds = random.integers(3, size=(count, 2))
    kinds[::2, 1] = kinds[::2, 0]  # half of the pairs are of one kind
    waves = np.array([[wave(kind, random) for kind in pair] for pair in kinds], dtype="float32")[..., None]
    return [waves[:, 0], waves[:, 1]], (kinds[:, 0] == kinds[:, 1]).astype("float32")


utils.set_random_seed(0)
random = np.random.default_rng(0)

first, second = Input((STEPS, 1), name="first"), Input((STEPS, 1), name="second")
encoder = layers.LSTM(32, name="encoder")
one, other = encoder(first), encoder(second)  # the same weights read both
distance = abs(one - other)
same = layers.Dense(1, activation="sigmoid", name="same")(layers.Dense(16, activation="relu")(distance))
model = Model([first, second], same)
model.summary()

model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
x, y = pairs(6_000, random)
epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
model.fit(x, y, batch_size=64, epochs=epochs, verbose=2)
print("held out:", model.evaluate(*pairs(1_000, random), verbose=0, return_dict=True))
