"""Every optimizer with every option: twenty steps on weights of zero to four axes against genuine Keras."""

import jax
import pytest

import plait
from plait import constraints, optimizers
from plait.optimizers import lookup
from tests.genuine import genuine_keras
from tests.optimizers.steps import DECAY, STEPS, assert_close, keras_steps, made, plait_steps

# What every optimizer takes.
SHARED = {
    "weight decay": {"weight_decay": 0.5},
    "clipnorm": {"clipnorm": 5.0},
    "clipvalue": {"clipvalue": 0.5},
    "global clipnorm": {"global_clipnorm": 1.0},
    "averages": {"use_ema": True, "ema_momentum": 0.7},
    "averages taken over": {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 3},
    "accumulation": {"gradient_accumulation_steps": 3},
    "a schedule": {"learning_rate": DECAY},
    "a loss scaled": {"loss_scale_factor": 8.0},
    "all at once": {
        "weight_decay": 0.1,
        "gradient_accumulation_steps": 2,
        "global_clipnorm": 1.0,
        "use_ema": True,
        "ema_overwrite_frequency": 2,
        "loss_scale_factor": 2.0,
        "learning_rate": DECAY,
    },
}

# What some take: other ways to compute, and other numbers.
WAYS = [
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("RMSprop", {"rho": 0.8, "momentum": 0.9, "epsilon": 1e-3}),
    ("RMSprop", {"centered": True, "epsilon": 1e-2}),
    ("Adam", {"amsgrad": True, "beta_2": 0.5}),
    ("AdamW", {"amsgrad": True, "weight_decay": 0.5}),
    ("Ftrl", {"l1_regularization_strength": 0.5, "l2_regularization_strength": 0.1, "beta": 0.1}),
    ("Ftrl", {"l2_shrinkage_regularization_strength": 0.1, "learning_rate_power": -0.7}),
    ("Ftrl", {"learning_rate_power": 0.0, "initial_accumulator_value": 0.5}),
    ("Adafactor", {"relative_step": False, "beta_2_decay": -0.5, "clip_threshold": 0.5}),
    ("Muon", {"nesterov": False, "momentum": 0.5}),
    ("Muon", {"rms_rate": None, "ns_steps": 3, "muon_a": 3.0, "muon_b": -3.0, "muon_c": 1.0}),
    ("Muon", {"exclude_embeddings": False, "exclude_layers": ["^ker"], "adam_lr_ratio": 0.5}),
    ("Muon", {"adam_weight_decay": None, "weight_decay": 0.5, "adam_beta_1": 0.8, "adam_beta_2": 0.9, "epsilon": 1e-2}),
    ("Muon", {"adam_weight_decay": 0.5, "weight_decay": None}),
    ("ScheduleFreeAdamW", {"warmup_steps": 7}),
]
NUMBERS = [
    ("Adam", {"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-2}),
    ("Adamax", {"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-2}),
    ("Nadam", {"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-2}),
    ("Lamb", {"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-2}),
    ("Lion", {"beta_1": 0.8, "beta_2": 0.9}),
    ("Adagrad", {"initial_accumulator_value": 0.0, "epsilon": 1e-2}),
    ("Adadelta", {"learning_rate": 1.0, "rho": 0.8, "epsilon": 1e-2}),
    ("Adafactor", {"epsilon_1": 1e-2, "epsilon_2": 1.0}),
    ("ScheduleFreeAdamW", {"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-2}),
    ("Adafactor", {"learning_rate": 1.0}),
]

# Slow are those whose parts are in others: what all share is computed in one place.
NAMES = [cls.__name__ for cls in lookup.TABLE.values()]
SHARED_CASES = [
    pytest.param(name, arguments, id=f"{name}-{words}", marks=[] if name == "Adam" else pytest.mark.slow)
    for name in NAMES
    for words, arguments in SHARED.items()
]
CASES = [
    *(pytest.param(name, {}, id=name) for name in NAMES),
    *(pytest.param(*case, id=str(case)) for case in WAYS),
    *(pytest.param(*case, id=str(case), marks=pytest.mark.slow) for case in NUMBERS),
]


@pytest.mark.first_rows(2)
@pytest.mark.parametrize(("name", "arguments"), CASES + SHARED_CASES)
def test_twenty_steps_are_those_of_keras(name, arguments):
    with genuine_keras() as keras:
        expected, averages = keras_steps(keras, made(keras, name, arguments))

    optimizer = made(plait, name, arguments)
    params, slots = plait_steps(optimizer)

    assert_close(params, expected)
    assert_close(optimizer.final(params, slots), averages)
    assert optimizer.step_of(slots) == STEPS


@pytest.mark.parametrize("name", NAMES)
def test_the_defaults_are_those_of_keras(name):
    with genuine_keras() as keras:
        expected = keras.optimizers.serialize(getattr(keras.optimizers, name)())

    config = optimizers.serialize(optimizers.get(name))

    assert config["class_name"] == expected["class_name"]
    assert config["module"] == expected["module"]
    assert config["config"].pop("learning_rate") == pytest.approx(expected["config"].pop("learning_rate"))
    assert config["config"] == expected["config"] | {"name": config["config"]["name"]}


def test_constraints_come_last():
    with genuine_keras() as keras:
        expected, _ = keras_steps(keras, keras.optimizers.SGD(0.1, momentum=0.9), keras.constraints.NonNeg())

    params, _ = plait_steps(
        optimizers.SGD(0.1, momentum=0.9), constrain=lambda params: jax.tree.map(constraints.NonNeg(), params)
    )

    assert_close(params, expected)


@pytest.mark.parametrize("name", ["AdamW", "Muon"])
def test_weights_exempt_from_decay_are_those_of_keras(name):
    with genuine_keras() as keras:
        theirs = getattr(keras.optimizers, name)(0.1, weight_decay=0.5)
        theirs.exclude_from_weight_decay(var_names=["bias", "ker"])
        expected, _ = keras_steps(keras, theirs)

    ours = getattr(optimizers, name)(0.1, weight_decay=0.5)
    ours.exclude_from_weight_decay(var_names=["bias", "ker"])
    params, _ = plait_steps(ours)

    assert_close(params, expected)
