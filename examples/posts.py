"""The lecture's model of social-media posts: one text in; age, income group and gender of the author out.

The posts are made here: every author has an age, an income group and a gender, and each of the three makes some words
likelier. One model reads a post and answers all three, with a loss and a weight for each.

    python examples/posts.py [epochs]
"""

import sys

import numpy as np

from plait import Input, Model, utils
from plait.layers import Conv1D, Dense, Embedding, GlobalMaxPooling1D, MaxPooling1D

VOCABULARY, LENGTH, INCOME_GROUPS = 2_000, 120, 10


def authors(count, random):
    """Returns posts (count, LENGTH) as word ids, and age (in decades), income group (one-hot) and gender of each."""
    age = random.uniform(1.8, 8.0, count)
    income = random.integers(INCOME_GROUPS, size=count)
    gender = random.integers(2, size=count)
    posts = random.integers(200, VOCABULARY, (count, LENGTH))
    telling = random.random((count, LENGTH))
    posts = np.where(telling < 0.08, 1 + (age[:, None] * 10).astype(int), posts)  # words of one's own age: 19 to 80
    posts = np.where((telling > 0.3) & (telling < 0.36), 100 + income[:, None], posts)
    posts = np.where(telling > 0.95, 120 + gender[:, None], posts)
    return posts.astype("int32"), age, utils.to_categorical(income, INCOME_GROUPS), gender


utils.set_random_seed(0)
random = np.random.default_rng(0)
posts, age, income, gender = authors(6_000, random)

posts_input = Input(shape=(None,), dtype="int32", name="posts")
x = Embedding(VOCABULARY, 32)(posts_input)
x = Conv1D(48, 5, activation="relu")(x)
x = MaxPooling1D(5)(x)
x = Conv1D(64, 5, activation="relu")(x)
x = GlobalMaxPooling1D()(x)
x = Dense(64, activation="relu")(x)
age_prediction = Dense(1, name="age")(x)
income_prediction = Dense(INCOME_GROUPS, activation="softmax", name="income")(x)
gender_prediction = Dense(1, activation="sigmoid", name="gender")(x)
model = Model(posts_input, [age_prediction, income_prediction, gender_prediction])
model.summary()

model.compile(
    optimizer="rmsprop",
    loss=["mse", "categorical_crossentropy", "binary_crossentropy"],
    loss_weights=[0.25, 1.0, 10.0],
    metrics={"age": "mae", "income": "accuracy", "gender": "accuracy"},
)
epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 8
model.fit(posts, [age, income, gender], epochs=epochs, batch_size=64, verbose=2)
posts, age, income, gender = authors(1_000, random)
print(model.evaluate(posts, {"gender": gender, "age": age, "income": income}, verbose=0, return_dict=True))
