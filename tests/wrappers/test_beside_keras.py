"""Estimators beside those of genuine Keras: the same weights to start from, the same order of the samples."""

import numpy as np
import pytest

import plait
from tests.genuine import genuine_keras
from tests.wrappers.making import LABELS, NUMBERS, X

RANDOM = np.random.default_rng(1)
KERNEL = RANDOM.normal(size=(3, 3))
WEIGHTS = RANDOM.uniform(0.1, 2.0, size=len(X))
TWO = np.where(X[:, 0] > 0, "yes", "no")

METHODS = ["predict", "decision_function", "transform"]
ESTIMATORS = {
    "labels": ("SKLearnClassifier", LABELS, "categorical_crossentropy"),
    "two labels, by yes and no": ("SKLearnClassifier", TWO, "binary_crossentropy"),
    "ids that begin elsewhere": ("SKLearnClassifier", np.where(X[:, 2] > 0, 7, -3), "categorical_crossentropy"),
    "numbers": ("SKLearnRegressor", NUMBERS, "mse"),
    "whole numbers": ("SKLearnRegressor", NUMBERS.astype(int), "mae"),
    "features": ("SKLearnTransformer", NUMBERS, "mse"),
}


def said_by(estimator, y):
    """Returns what an estimator says of the samples, by the methods that it has, and what it learned."""
    said = {name: getattr(estimator, name)(X) for name in METHODS if hasattr(estimator, name)}
    if hasattr(estimator, "score"):
        said["score"] = estimator.score(X, y)
    if hasattr(estimator, "classes_"):
        said["classes_"] = estimator.classes_
    return {**said, "losses": estimator.history_.history["loss"]}


def fitted(library, name, y, loss, **arguments):
    def model(X, y, rate):
        units = y.shape[1]
        activation = "softmax" if "cross" in loss else None
        made = library.Sequential([library.Input((3,)), library.layers.Dense(units, activation=activation)])
        made.compile(library.optimizers.SGD(rate), loss)
        made.set_weights([KERNEL[:, :units], np.zeros(units)])
        return made

    quietly = {"epochs": 3, "batch_size": 16, "shuffle": False, "verbose": 0}
    estimator = getattr(library.wrappers, name)(model, model_kwargs={"rate": 0.1}, fit_kwargs=quietly)
    return estimator.fit(X, y, **arguments)


def compare(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name, value in theirs.items():
        value = np.asarray(value)
        assert np.shape(ours[name]) == value.shape, name
        if value.dtype.kind in "fc":
            np.testing.assert_allclose(ours[name], value, rtol=1e-4, atol=1e-5, err_msg=name)
        else:
            np.testing.assert_array_equal(ours[name], value, err_msg=name)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["as they are", "weighted"])
@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_estimator_says_what_that_of_keras_says(name, weights):
    cls, y, loss = ESTIMATORS[name]
    arguments = {} if weights is None else {"sample_weight": weights}
    ours = said_by(fitted(plait, cls, y, loss, **arguments), y)
    with genuine_keras() as keras:
        theirs = said_by(fitted(keras, cls, y, loss, **arguments), y)
    compare(ours, theirs)
