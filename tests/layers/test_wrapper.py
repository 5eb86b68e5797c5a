"""Layers that hold a layer, and embeddings that are gone back."""

import numpy as np

import plait
from plait import layers

EXAMPLES = np.random.default_rng(3).normal(size=(4, 5)).astype("float32")
IDS = np.array([[1, 2, 0, 0], [6, 5, 4, 0]])


def test_a_wrapper_of_ones_own_runs_the_layer_inside():
    class Twice(layers.Wrapper):
        def call(self, inputs):
            return self.layer(self.layer(inputs))

    layer = Twice(layers.Dense(5, use_bias=False), name="twice")
    inputs = layers.Input((5,))
    model = plait.Model(inputs, layer(inputs))
    kernel = model.get_weights()[0]
    np.testing.assert_allclose(model.predict(EXAMPLES, verbose=0), EXAMPLES @ kernel @ kernel, rtol=1e-4, atol=1e-5)


def test_a_model_trains_there_and_back_with_one_matrix():
    ids = layers.Input((4,), dtype="int32")
    embed = layers.ReversibleEmbedding(9, 6)
    model = plait.Model(ids, embed(layers.Dense(6)(embed(ids)), reverse=True))
    loss = plait.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    history = model.fit(IDS, IDS, epochs=3, verbose=0)
    assert len(model.weights) == 3
    assert history.history["loss"][-1] < history.history["loss"][0]
