"""Small estimators, and data for them."""

import numpy as np

from plait import Input, Model, layers

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 3))
LABELS = np.where(X[:, 0] > 0.5, "high", np.where(X[:, 1] > 0, "middle", "low"))
NUMBERS = X @ np.array([1.0, -2.0, 0.5])
QUIETLY = {"epochs": 2, "batch_size": 8, "verbose": 0}

# The loss and the activation for each kind of estimator.
OF_CLASSES = {"loss": "categorical_crossentropy", "activation": "softmax"}
OF_NUMBERS = {"loss": "mse", "activation": None}


def perceptron(X, y, loss, activation, units=8, optimizer="adam"):
    """Returns a compiled model of the sizes of the data."""
    inputs = Input((X.shape[1],))
    hidden = layers.Dense(units, activation="relu")(inputs)
    model = Model(inputs, layers.Dense(y.shape[1], activation=activation)(hidden))
    model.compile(optimizer, loss)
    return model


def one_hot(labels):
    """Returns a column for each label, in their order."""
    return (labels[:, None] == np.unique(labels)).astype("float32")
