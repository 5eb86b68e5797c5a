"""Schedules: the learning rates of genuine Keras."""

import jax
import numpy as np
import pytest

from plait.optimizers import schedules
from tests.genuine import genuine_keras

STEPS = [0, 1, 3, 5, 10, 14, 15, 16, 25, 40, 100]
DECAY = {"initial_learning_rate": 0.1, "decay_steps": 10}

CASES = [
    ("ExponentialDecay", DECAY | {"decay_rate": 0.5}),
    ("ExponentialDecay", DECAY | {"decay_rate": 0.5, "staircase": True}),
    ("InverseTimeDecay", DECAY | {"decay_rate": 0.5}),
    ("InverseTimeDecay", DECAY | {"decay_rate": 0.5, "staircase": True}),
    ("PiecewiseConstantDecay", {"boundaries": [3, 15], "values": [0.1, 0.05, 0.01]}),
    ("PolynomialDecay", DECAY),
    ("PolynomialDecay", DECAY | {"end_learning_rate": 0.01, "power": 2.0}),
    ("PolynomialDecay", DECAY | {"end_learning_rate": 0.01, "power": 0.5, "cycle": True}),
    ("CosineDecay", DECAY),
    ("CosineDecay", DECAY | {"alpha": 0.1}),
    ("CosineDecay", DECAY | {"warmup_target": 0.5, "warmup_steps": 5, "alpha": 0.1}),
    ("CosineDecay", DECAY | {"warmup_target": 0.5}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 7}),
    (
        "CosineDecayRestarts",
        {"initial_learning_rate": 0.1, "first_decay_steps": 7, "t_mul": 1.0, "m_mul": 0.5},
    ),
    (
        "CosineDecayRestarts",
        {"initial_learning_rate": 0.1, "first_decay_steps": 7, "t_mul": 1.5, "m_mul": 0.9, "alpha": 0.1},
    ),
]


@pytest.mark.first_rows(3)
@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_a_schedule_equals_that_of_keras_also_when_compiled(name, arguments):
    with genuine_keras() as keras:
        theirs = getattr(keras.optimizers.schedules, name)(**arguments)
        expected = [float(theirs(step)) for step in STEPS]

    ours = getattr(schedules, name)(**arguments)

    np.testing.assert_allclose([ours(step) for step in STEPS], expected, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose([jax.jit(ours)(step) for step in STEPS], expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_a_config_is_that_of_keras_and_makes_the_schedule_again(name, arguments):
    with genuine_keras() as keras:
        theirs = keras.optimizers.schedules
        expected = theirs.serialize(getattr(theirs, name)(**arguments))

    config = schedules.serialize(getattr(schedules, name)(**arguments))

    assert config == expected
    assert schedules.serialize(schedules.deserialize(config)) == config


MESSAGES = [
    (lambda: schedules.CosineDecay(0.1, 0), "CosineDecay needs a positive decay_steps, got 0"),
    (lambda: schedules.CosineDecayRestarts(0.1, -1), "needs a positive first_decay_steps, got -1"),
    (lambda: schedules.PiecewiseConstantDecay([1, 2], [0.1]), "got 1 values and 2 boundaries"),
    (
        lambda: schedules.ExponentialDecay(-0.1, 3, 0.5),
        "needs learning rates of 0 or more for initial_learning_rate, got -0.1",
    ),
    (lambda: schedules.PiecewiseConstantDecay([1], [0.1, float("inf")]), "of 0 or more for values, got inf"),
    (lambda: schedules.PolynomialDecay(0.1, 3, float("nan")), "of 0 or more for end_learning_rate, got nan"),
    (lambda: schedules.CosineDecay(0.1, 3, warmup_target=-1), "of 0 or more for warmup_target, got -1"),
]


@pytest.mark.parametrize(("mistake", "message"), MESSAGES)
def test_a_mistake_is_explained(mistake, message):
    with pytest.raises(ValueError, match=message):
        mistake()
