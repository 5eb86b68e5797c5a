"""Two compiled models over the same layers, each with an optimizer of its own: the numbers of genuine Keras."""

import numpy as np
import pytest

import plait
from tests.genuine import genuine_keras

RANDOM = np.random.default_rng(0)
REAL = RANDOM.normal(2.0, 0.5, (8, 2)).astype("float32")
NOISE = RANDOM.normal(size=(8, 3)).astype("float32")
YES, NO = np.ones((8, 1), "float32"), np.zeros((8, 1), "float32")


def adversarial(K, is_normalized, weights=None):
    """Returns the first weights, and the weights and losses of a maker and a judge that were trained in turns."""
    maker = K.Sequential([K.Input((3,)), K.layers.Dense(4, activation="tanh"), K.layers.Dense(2)])
    normalized = [K.layers.BatchNormalization()] if is_normalized else []
    judge = K.Sequential(
        [K.Input((2,)), K.layers.Dense(4, activation="tanh"), *normalized, K.layers.Dense(1, activation="sigmoid")]
    )
    judge.compile(K.optimizers.Adam(0.05), "binary_crossentropy")
    judge.trainable = False
    noise = K.Input((3,))
    both = K.Model(noise, judge(maker(noise)))
    both.compile(K.optimizers.SGD(0.1, momentum=0.9), "binary_crossentropy")
    if weights is not None:
        maker.set_weights(weights[0])
        judge.set_weights(weights[1])
    start = [[np.array(weight) for weight in model.get_weights()] for model in (maker, judge)]
    losses = []
    for _ in range(4):
        judge.trainable = True
        losses.append(judge.train_on_batch(REAL, YES))
        losses.append(judge.train_on_batch(maker.predict(NOISE, verbose=0), NO))
        judge.trainable = False
        losses.append(both.train_on_batch(NOISE, YES))
    return start, [losses, *maker.get_weights(), *judge.get_weights()]


@pytest.mark.parametrize("is_normalized", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_maker_and_a_judge_learn_against_each_other_as_in_keras(is_normalized):
    start, ours = adversarial(plait, is_normalized)
    with genuine_keras() as keras:
        _, theirs = adversarial(keras, is_normalized, start)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
