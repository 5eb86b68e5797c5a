"""Two images in, one shared encoder, four answers out: which digits, whether they are the same, and their sum.

python examples/digit_pairs.py [epochs]
"""

import sys

import numpy as np
from sklearn.datasets import load_digits

from plait import Input, Model, layers, utils

utils.set_random_seed(0)
digits = load_digits()  # 1,797 scans of 8×8, from 0 to 16
images = (digits.images / 16).astype("float32")[..., None]
random = np.random.default_rng(0)
order = random.permutation(len(images))


def pairs(scans, count):
    left, right = random.choice(scans, count), random.choice(scans, count)
    for row in range(0, count, 2):  # half of them show the same digit
        right[row] = random.choice(scans[digits.target[scans] == digits.target[left[row]]])
    one, other = digits.target[left], digits.target[right]
    inputs = {"left_image": images[left], "right_image": images[right]}
    return inputs, {"left": one, "right": other, "same": one == other, "sum": one + other}


image = Input((8, 8, 1))
x = layers.Conv2D(24, 3, padding="same", activation="relu")(image)
x = layers.Conv2D(32, 3, padding="same", activation="relu")(x)
x = layers.Flatten()(layers.MaxPooling2D(2)(x))
encoder = Model(image, layers.Dense(96, activation="relu")(layers.Dropout(0.3)(x)), name="encoder")

left_image, right_image = Input((8, 8, 1), name="left_image"), Input((8, 8, 1), name="right_image")
left_code, right_code = encoder(left_image), encoder(right_image)  # called twice: one set of weights
left = layers.Dense(10, activation="softmax", name="left")(left_code)
right = layers.Dense(10, activation="softmax", name="right")(right_code)
clues = layers.concatenate([abs(left_code - right_code), layers.Dot(axes=1)([left, right])])
same = layers.Dense(1, activation="sigmoid", name="same")(layers.Dense(32, activation="relu")(clues))
both = layers.Dense(64, activation="relu")(layers.concatenate([left_code, right_code]))
total = layers.Dense(1, name="sum")(both)
model = Model([left_image, right_image], [left, right, same, total])
model.summary()

model.compile(
    optimizer="adam",
    loss={
        "left": "sparse_categorical_crossentropy",
        "right": "sparse_categorical_crossentropy",
        "same": "binary_crossentropy",
        "sum": "mse",
    },
    loss_weights={"sum": 0.1},
    metrics={"left": "accuracy", "right": "accuracy", "same": "accuracy", "sum": "mae"},
)
x, y = pairs(order[447:], 12_000)
model.fit(x, y, batch_size=128, epochs=int(sys.argv[1]) if len(sys.argv) > 1 else 10)
print(model.evaluate(*pairs(order[:447], 2_000), verbose=0, return_dict=True))
