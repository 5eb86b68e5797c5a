"""Models written as subclasses, with a `call` and no graph: trained like any other."""

import gc

import jax
import numpy as np
import pytest

import plait
from tests.genuine import genuine_keras

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(20, 4)).astype(np.float32)
Y = RANDOM.normal(size=(20, 2)).astype(np.float32)
CLASSES = RANDOM.integers(0, 3, 20)


def perceptron(K):
    """Returns a model of two layers, in Plait or in Keras."""

    class Perceptron(K.Model):
        def __init__(self):
            super().__init__()
            self.hidden = K.layers.Dense(8, activation="tanh")
            self.head = K.layers.Dense(2)

        def call(self, inputs):
            return self.head(self.hidden(inputs))

    return Perceptron()


def two_heads(K):
    class TwoHeads(K.Model):
        def __init__(self):
            super().__init__()
            self.drop = K.layers.Dropout(0.5)
            self.norm = K.layers.BatchNormalization()
            self.size = K.layers.Dense(2)
            self.kind = K.layers.Dense(3, activation="softmax")

        def call(self, inputs, training=False):
            x = self.norm(inputs["x"], training=training)
            return {"size": self.size(x), "kind": self.kind(x)}

    return TwoHeads()


def trained(K, weights=None):
    model = perceptron(K)
    model(X)
    if weights is not None:
        model.set_weights(weights)
    start = model.get_weights()
    before = model.predict(X, verbose=0)
    model.compile(K.optimizers.Adam(0.05), "mse", metrics=["mae"])
    logs = model.fit(X, Y, batch_size=8, shuffle=False, verbose=0).history  # three steps, the last one smaller
    return start, [before, *model.get_weights(), logs["loss"], logs["mae"], model.evaluate(X, Y, verbose=0)]


def test_a_subclassed_model_predicts_and_learns_as_in_keras():
    start, ours = trained(plait)
    with genuine_keras() as keras:
        _, theirs = trained(keras, start)

    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def with_two_heads(K, weights=None):
    model = two_heads(K)
    model({"x": X})
    if weights is not None:
        model.set_weights(weights)
    start = model.get_weights()
    model.compile(
        K.optimizers.SGD(0.1),
        {"size": "mse", "kind": "sparse_categorical_crossentropy"},
        loss_weights={"size": 2.0, "kind": 1.0},
        metrics={"kind": ["accuracy"]},
    )
    model.fit({"x": X}, {"size": Y, "kind": CLASSES}, batch_size=8, shuffle=False, verbose=0)
    predicted = model.predict({"x": X}, verbose=0)
    logs = model.evaluate({"x": X}, {"size": Y, "kind": CLASSES}, verbose=0, return_dict=True)
    numbers = [logs["loss"], logs["kind_accuracy"]]
    return start, [predicted["size"], predicted["kind"], *model.get_weights(), *numbers]


def test_losses_and_data_are_matched_by_name_where_a_call_takes_and_gives_dicts():
    start, ours = with_two_heads(plait)
    with genuine_keras() as keras:
        _, theirs = with_two_heads(keras, start)

    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("use", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_a_subclassed_model_may_be_used_before_it_was_called(use):
    model = perceptron(plait)
    model.compile("sgd", "mse")

    getattr(model, use)(X, Y)

    assert [weight.shape for weight in model.weights] == [(4, 8), (8,), (8, 2), (2,)]


def test_a_subclassed_model_takes_data_of_another_length_later():
    class Mean(plait.Model):
        def __init__(self):
            super().__init__()
            self.head = plait.layers.Dense(1)

        def call(self, inputs):
            return self.head(inputs.mean(1))

    model = Mean()
    model.compile("adam", "mse")
    for length in (3, 5, 3):
        model.fit(np.ones((8, length, 2), np.float32), np.ones(8), verbose=0)

    assert model.predict(np.ones((8, 7, 2), np.float32), verbose=0).shape == (8, 1)


def test_a_subclassed_model_can_be_a_layer_of_a_model_that_is_trained():
    model = plait.Model(inputs := plait.Input((4,)), perceptron(plait)(inputs))
    model.compile("sgd", "mse")

    first, *_, last = model.fit(X, Y, epochs=20, verbose=0).history["loss"]

    assert last < first


def test_dropping_a_subclassed_model_frees_its_arrays():
    def used():
        model = perceptron(plait)
        model.compile("adam", "mse")
        model.fit(X, Y, verbose=0)
        model.predict(X, verbose=0)
        return model

    used()
    gc.collect()
    before = len(jax.live_arrays())
    model = used()
    del model
    assert len(jax.live_arrays()) == before


class Tokens(plait.Model):
    """Looks ids up: those it is given, those of a model in it, and ids that it computes."""

    def __init__(self):
        super().__init__()
        self.embedding, self.computed = plait.layers.Embedding(9, 2, name="given"), plait.layers.Embedding(9, 2)
        inner = plait.layers.Embedding(5, 2, name="inner")
        self.encoder = plait.Sequential([plait.Input((3,), dtype="int32"), inner])

    def call(self, inputs):
        words, classes = inputs["words"], inputs["classes"]
        return self.embedding(words) + self.computed(words % 9) + self.encoder(classes)


def tokens(word=8, kind=4):
    """Returns ids, the last of which are these."""
    words, classes = np.zeros((4, 3), np.int32), np.zeros((4, 3), np.int32)
    words[-1, -1], classes[-1, -1] = word, kind
    return {"words": words, "classes": classes}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"word": 9}, r'The input "words" does not suit Embedding "given": ids go from 0 to 8, got 9 in row 3, pos'),
        ({"word": -1}, r"ids go from 0 to 8, got -1 in row 3, position 2"),
        ({"kind": 5}, r'The input "classes" does not suit Embedding "inner": ids go from 0 to 4, got 5'),
    ],
    ids=str,
)
@pytest.mark.parametrize("use", ["fit", "evaluate", "predict", "train_on_batch"])
def test_an_id_out_of_range_is_refused_before_anything_is_changed(use, wrong, words):
    model, y = Tokens(), np.zeros((4, 3, 2), np.float32)
    model.compile("sgd", "mse")
    model.train_on_batch(tokens(), y)
    before = model.get_weights()
    arguments = () if use == "predict" else (y,)
    with pytest.raises(ValueError, match=words):
        getattr(model, use)(tokens(**wrong), *arguments)
    for ours, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_where_ids_are_looked_for_they_are_found_in_the_first_call_too():
    with pytest.raises(ValueError, match="got 9 in row 3"):
        Tokens().predict(tokens(word=9), verbose=0)
