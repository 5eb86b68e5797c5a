"""Random graphs: whatever is drawn from the same lines, Plait and genuine Keras make the same model of it."""

import jax
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import plait
from plait.core import nest
from tests.genuine import genuine_keras
from tests.parity.programs import programs


def drawn(weights):
    """Returns values for weights; those called variance are positive."""
    random = np.random.default_rng(1)
    return [
        random.uniform(0.5 if "variance" in weight.name else -0.9, 0.9, weight.shape).astype("float32")
        for weight in weights
    ]


def kinds(model):
    """Returns what layers a model has, in order; Keras calls a model made of tensors Functional."""
    return [type(layer).__name__.replace("Functional", "Model") for layer in model.layers]


def is_nested_without_sharing(model):
    """Whether no weight is in two of the model's layers: a config says nothing of layers shared by two models."""
    nested = [layer for layer in model.layers if isinstance(layer, plait.Model)]
    counts = [len(layer.weights) for layer in model.layers]
    return sum(counts) == len(model.weights) and all(map(is_nested_without_sharing, nested))


def shapes(structure):
    return nest.walk(lambda leaf: tuple(leaf.shape), structure)


def assert_same_bits(ours, others):
    for one, other in zip(nest.flatten(ours), nest.flatten(others), strict=True):
        np.testing.assert_array_equal(one, other)


# Layers that lose a mask say so, here as in Keras.
@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), print_blob=False)
@given(programs())
def test_a_program_makes_the_model_that_keras_makes_and_config_and_clone_are_that_model_again(program):
    data = program.data()
    ours = program.run(plait)
    ours.set_weights(drawn(ours.weights))
    outputs = ours(data)
    with genuine_keras() as keras:
        theirs = program.run(keras)
        theirs.set_weights(ours.get_weights())
        their_outputs = jax.tree.map(np.asarray, theirs(data))
        their_kinds, their_shapes, their_count = kinds(theirs), shapes(theirs.output), theirs.count_params()

    assert kinds(ours) == their_kinds
    assert shapes(ours.output) == their_shapes
    assert ours.count_params() == their_count
    for one, other in zip(nest.flatten(outputs), nest.flatten(their_outputs), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5 * max(1.0, np.abs(other).max()))

    if not is_nested_without_sharing(ours):
        return
    for again in (plait.models.model_from_json(ours.to_json()), plait.models.clone_model(ours)):
        again.set_weights(ours.get_weights())
        assert_same_bits(again(data), outputs)
