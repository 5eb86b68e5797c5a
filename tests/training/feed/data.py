"""The data and the model that the tests of a feed train with."""

import numpy as np

from plait import Input, Model, layers, optimizers

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(22, 4)).astype(np.float32)
Y = (X @ [[1.0], [-2.0], [0.5], [3.0]]).astype(np.float32)
# The last of three is smaller.
BATCHES = [(X[start : start + 8], Y[start : start + 8]) for start in (0, 8, 16)]


def network(**arguments):
    inputs = Input((4,), name="x")
    outputs = layers.Dense(1, name="y")(layers.Dense(3, activation="tanh", name="hidden")(inputs))
    model = Model(inputs, outputs)
    model.compile(**{"optimizer": optimizers.Adam(0.05), "loss": "mse", "metrics": ["mae"], **arguments})
    return model


def trained(x, y=None, epochs=2, model=None, **arguments):
    """Returns the weights that training gives, and the history."""
    model = model or network()
    history = model.fit(x, y, epochs=epochs, verbose=0, **{"shuffle": False, **arguments})
    return model.get_weights(), history.history


def by_arrays(**arguments):
    return trained(X, Y, batch_size=8, **arguments)


def check_same(got, expected):
    """Makes sure that weights and history are the same to the bit."""
    for one, other in zip(got[0], expected[0], strict=True):
        np.testing.assert_array_equal(one, other)
    assert got[1] == expected[1]


class Again:
    """An iterable that begins anew each time."""

    def __init__(self, batches=BATCHES):
        self.batches = batches

    def __iter__(self):
        return iter(self.batches)


class Numbered:
    """What has batches by number, and neither iterates nor derives from a PyDataset."""

    def __len__(self):
        return len(BATCHES)

    def __getitem__(self, number):
        return BATCHES[number]
