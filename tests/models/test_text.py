"""Models that take text: their first layers work on the host, before the compiled program."""

import json

import numpy as np
import pytest

from plait import layers, models
from plait.layers import Input
from plait.models import Model, Sequential

TEXTS = np.array([["good film"], ["bad film"], ["very good"], ["very bad film"]])
LABELS = np.array([[1.0], [0.0], [1.0], [0.0]], "float32")


def classifier(**config):
    vectorize = layers.TextVectorization(output_sequence_length=4, **config)
    vectorize.adapt(TEXTS)
    return Sequential(
        [
            Input((1,), dtype="string"),
            vectorize,
            layers.Embedding(vectorize.vocabulary_size(), 4),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1, "sigmoid"),
        ]
    )


def test_a_model_learns_from_text():
    model = classifier()
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.optimizer.learning_rate = 0.1
    history = model.fit(TEXTS, LABELS, epochs=40, verbose=0, validation_data=(TEXTS, LABELS))
    assert history.history["val_accuracy"][-1] == 1
    assert model.evaluate(TEXTS, LABELS, verbose=0)[1] == 1


def test_a_call_and_a_prediction_of_text_agree():
    model = classifier()
    expected = model.predict(TEXTS, verbose=0)
    np.testing.assert_allclose(model(TEXTS), expected, rtol=1e-5)
    np.testing.assert_allclose(model.predict(TEXTS[:, 0], verbose=0), expected, rtol=1e-5)
    np.testing.assert_allclose(model.predict(TEXTS.astype(object), batch_size=2, verbose=0), expected, rtol=1e-5)
    np.testing.assert_allclose(model.predict_on_batch(TEXTS), expected, rtol=1e-5)
    np.testing.assert_allclose(model(TEXTS.astype(object)), expected, rtol=1e-5)


def test_text_and_numbers_go_in_side_by_side():
    kind, size, key = (
        Input((1,), dtype="string", name="kind"),
        Input((2,), name="size"),
        Input((1,), dtype="int64", name="key"),
    )
    encoded = layers.StringLookup(vocabulary=["a", "b"], output_mode="one_hot")(kind)
    bins = layers.Hashing(1000)(key)
    model = Model([kind, size, key], [layers.concatenate([encoded, size]), bins])
    given = {"key": np.array([[2**40], [3]]), "size": np.ones((2, 2)), "kind": np.array([["b"], ["x"]])}
    joined, found = model.predict(given, verbose=0)
    assert joined.tolist() == [[0, 0, 1, 1, 1], [1, 0, 0, 1, 1]]
    assert found.tolist() == layers.Hashing(1000)(given["key"]).tolist()


def test_layers_on_the_host_follow_each_other():
    x = Input((1,), dtype="string")
    lookup = layers.StringLookup(vocabulary=["a", "b", "c"])(x)
    model = Model(x, layers.Hashing(50)(lookup))
    expected = layers.Hashing(50)(np.array([[2], [0]]))
    assert model.predict(np.array([["b"], ["z"]]), verbose=0).tolist() == expected.tolist()


def test_a_model_on_text_is_written_and_made_again_with_its_vocabulary():
    model = classifier()
    again = models.model_from_json(json.dumps(json.loads(model.to_json())))
    again.set_weights(model.get_weights())
    np.testing.assert_allclose(again.predict(TEXTS, verbose=0), model.predict(TEXTS, verbose=0), rtol=1e-6)
    copy = models.clone_model(model)
    assert copy.layers[0].get_vocabulary() == model.layers[0].get_vocabulary()


def test_a_lookup_of_numbers_is_compiled_and_differentiated_with_the_rest():
    x = Input((2,), dtype="int32")
    model = Model(x, layers.Dense(1)(layers.IntegerLookup(vocabulary=[5, 7], output_mode="multi_hot")(x)))
    model.compile("sgd", "mse")
    model.fit(np.array([[5, 7], [1, 5]]), np.ones((2, 1)), verbose=0)
    assert model.graph.before.steps == []


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Model(x := Input((1,), dtype="string"), x), "cannot go into a compiled program"),
        (
            lambda: Model(x := Input((1,), dtype="string"), layers.Flatten()(x)),
            "Call a layer on it first that makes numbers of text",
        ),
        (
            lambda: Model(x := Input((1,)), layers.Hashing(3)(layers.Rescaling(2.0)(x))),
            "works on the host, and cannot take",
        ),
        (lambda: classifier()(TEXTS, training=True), "starts on the host, with TextVectorization"),
    ],
)
def test_what_only_the_host_can_do_is_explained(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_model_on_text_inside_another_learns_as_it_does_alone():
    alone, inner = classifier(), classifier()
    inner.set_weights(alone.get_weights())
    outer = Model(x := Input((1,), dtype="string"), inner(x))
    for model in (alone, outer):
        model.compile("sgd", "binary_crossentropy")
        model.fit(TEXTS, LABELS, epochs=3, shuffle=False, verbose=0)
    np.testing.assert_allclose(outer.predict(TEXTS, verbose=0), alone.predict(TEXTS, verbose=0), rtol=1e-6)
    np.testing.assert_allclose(outer(TEXTS), alone(TEXTS), rtol=1e-6)


def test_a_model_on_text_is_shared_and_nested_twice_beside_numbers():
    encoder = classifier()
    texts, size = Input((1,), dtype="string", name="text"), Input((1,), name="size")
    inside = Model([texts, size], layers.concatenate([encoder(texts), size]), name="inside")
    left, right = Input((1,), dtype="string", name="left"), Input((1,), dtype="string", name="right")
    number = Input((1,), name="number")
    model = Model([left, right, number], layers.subtract([inside([left, number]), inside([right, number])]))
    given = {"left": TEXTS, "right": TEXTS[::-1], "number": np.ones((4, 1), "float32")}
    scores = encoder.predict(TEXTS, verbose=0)
    expected = np.concatenate([scores - scores[::-1], np.zeros((4, 1))], axis=1)
    np.testing.assert_allclose(model.predict(given, verbose=0), expected, atol=1e-6)


def test_a_model_that_starts_with_hashes_inside_another_hashes_on_the_host():
    inner = Model(x := Input((1,), dtype="int64"), layers.Hashing(3)(x))
    outer = Model(x := Input((1,), dtype="int64"), inner(x))
    given = np.array([[1], [2**40]])
    assert outer.predict(given, verbose=0).tolist() == layers.Hashing(3)(given).tolist()


@pytest.mark.parametrize(
    "wrapped",
    [lambda inner: inner.pure()[1](inner.pure()[0], TEXTS), lambda inner: layers.TimeDistributed(inner)(TEXTS[None])],
)
def test_a_model_on_text_in_what_is_wholly_compiled_is_explained(wrapped):
    with pytest.raises((TypeError, ValueError)):
        wrapped(classifier())
