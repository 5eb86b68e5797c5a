"""Every rule and every option of an optimizer: ten steps against genuine Keras."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait import constraints, optimizers
from tests.genuine import genuine_keras

STEPS = 10
RANDOM = np.random.default_rng(0)
START = {
    "dense/kernel": RANDOM.normal(size=(3, 4)).astype("float32"),
    "dense/bias": RANDOM.normal(size=4).astype("float32"),
}
GRADS = [
    {path: RANDOM.normal(scale=3.0, size=start.shape).astype("float32") for path, start in START.items()}
    for _ in range(STEPS)
]

CASES = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("RMSprop", {}),
    ("RMSprop", {"rho": 0.8, "momentum": 0.9, "epsilon": 1e-3}),
    ("RMSprop", {"centered": True, "epsilon": 1e-2}),
    ("Adam", {}),
    ("Adam", {"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-2}),
    ("Adam", {"amsgrad": True, "beta_2": 0.5}),
    ("AdamW", {}),
    ("AdamW", {"weight_decay": 0.5}),
    ("Adamax", {"epsilon": 1e-2}),
    ("Nadam", {"epsilon": 1e-2}),
    ("Lamb", {}),
    ("Lion", {}),
    ("Adagrad", {}),
    ("Adadelta", {"learning_rate": 1.0}),
    ("Ftrl", {"learning_rate": 0.1}),
    ("Ftrl", {"l1_regularization_strength": 0.5, "l2_regularization_strength": 0.1, "beta": 0.1}),
    ("Ftrl", {"l2_shrinkage_regularization_strength": 0.1, "learning_rate_power": -0.7}),
    ("SGD", {"weight_decay": 0.5}),
    ("RMSprop", {"weight_decay": 0.5}),
    ("Adam", {"clipnorm": 1.0}),
    ("SGD", {"clipnorm": 5.0}),
    ("SGD", {"clipvalue": 0.5}),
    ("SGD", {"global_clipnorm": 1.0}),
    ("SGD", {"loss_scale_factor": 8.0}),
    ("Adam", {"use_ema": True, "ema_momentum": 0.7}),
    ("Adam", {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 3}),
    ("Adam", {"gradient_accumulation_steps": 3}),
    (
        "AdamW",
        {
            "gradient_accumulation_steps": 2,
            "global_clipnorm": 1.0,
            "use_ema": True,
            "ema_overwrite_frequency": 2,
            "loss_scale_factor": 2.0,
        },
    ),
]


def keras_steps(keras, optimizer, constraint=None):
    variables = [keras.Variable(start, name=path.rpartition("/")[2]) for path, start in START.items()]
    for variable in variables:
        variable.constraint = constraint
    for grads in GRADS:
        optimizer.apply([jnp.asarray(grad) for grad in grads.values()], variables)
    averages = optimizer._model_variables_moving_average if optimizer.use_ema else variables
    return dict(zip(START, map(np.array, variables), strict=True)), [np.array(mean) for mean in averages]


def plait_steps(optimizer, **arguments):
    params = jax.tree.map(jnp.asarray, START)
    slots = optimizer.init(params)
    update = jax.jit(functools.partial(optimizer.update, **arguments))
    for step, grads in enumerate(GRADS):
        params, slots = update(grads, slots, params, optimizer.current_learning_rate(step))
    return params, slots


def assert_close(computed, expected):
    for path in expected:
        np.testing.assert_allclose(computed[path], expected[path], rtol=1e-5, atol=1e-6, err_msg=path)


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_ten_steps_are_those_of_keras(name, arguments):
    arguments = {"learning_rate": 0.05} | arguments
    with genuine_keras() as keras:
        expected, averages = keras_steps(keras, getattr(keras.optimizers, name)(**arguments))

    optimizer = getattr(optimizers, name)(**arguments)
    params, slots = plait_steps(optimizer)

    assert_close(params, expected)
    assert_close(optimizer.final(params, slots), dict(zip(START, averages, strict=True)))
    assert optimizer.step_of(slots) == STEPS


@pytest.mark.parametrize("name", sorted(cls.__name__ for cls in optimizers._TABLE.values()))
def test_the_defaults_are_those_of_keras(name):
    with genuine_keras() as keras:
        expected = keras.optimizers.serialize(getattr(keras.optimizers, name)())

    config = optimizers.serialize(optimizers.get(name))

    assert config["class_name"] == expected["class_name"]
    assert config["module"] == expected["module"]
    assert config["config"].pop("learning_rate") == pytest.approx(expected["config"].pop("learning_rate"))
    assert config["config"] == expected["config"] | {"name": config["config"]["name"]}


def test_a_schedule_is_asked_at_every_step():
    arguments = {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5}
    with genuine_keras() as keras:
        schedule = keras.optimizers.schedules.ExponentialDecay(**arguments)
        expected, _ = keras_steps(keras, keras.optimizers.Adam(schedule))

    params, _ = plait_steps(optimizers.Adam(optimizers.schedules.ExponentialDecay(**arguments)))

    assert_close(params, expected)


def test_constraints_come_last():
    with genuine_keras() as keras:
        expected, _ = keras_steps(keras, keras.optimizers.SGD(0.1, momentum=0.9), keras.constraints.NonNeg())

    params, _ = plait_steps(
        optimizers.SGD(0.1, momentum=0.9), constrain=lambda params: jax.tree.map(constraints.NonNeg(), params)
    )

    assert_close(params, expected)


def test_weights_exempt_from_decay_are_those_of_keras():
    with genuine_keras() as keras:
        theirs = keras.optimizers.AdamW(0.1, weight_decay=0.5)
        theirs.exclude_from_weight_decay(var_names=["bias"])
        expected, _ = keras_steps(keras, theirs)

    ours = optimizers.AdamW(0.1, weight_decay=0.5)
    ours.exclude_from_weight_decay(var_names=["bias"])
    params, _ = plait_steps(ours)

    assert_close(params, expected)
