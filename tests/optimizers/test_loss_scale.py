"""The loss scaled for float16, held to genuine Keras: which steps are left out, and how the scale goes."""

import jax.numpy as jnp
import numpy as np
import pytest

import plait
from plait import layers, optimizers
from tests.genuine import genuine_keras

# Gradients before they are divided by the scale; two of the steps have some that are not finite.
GRADIENTS = [
    {"a": np.full((2, 3), factor, "float32"), "b": np.array([1.0, bad], "float32")}
    for factor, bad in ((4.0, 2.0), (8.0, 1.0), (1.0, np.inf), (2.0, 3.0), (4.0, 4.0), (-8.0, np.nan), (1.0, 1.0))
]
WEIGHTS = {"a": np.ones((2, 3), "float32"), "b": np.array([3.0, -1.0], "float32")}


def test_steps_and_scales_are_those_of_keras():
    optimizer = optimizers.LossScaleOptimizer(optimizers.Adam(0.1), initial_scale=8.0, dynamic_growth_steps=2)
    params, scales = {path: jnp.asarray(array) for path, array in WEIGHTS.items()}, []
    slots = optimizer.init(params)
    for grads in GRADIENTS:
        params, slots = optimizer.update(grads, slots, params, optimizer.current_learning_rate(0))
        scales.append(float(slots.scale))
    with genuine_keras() as keras:
        inner = keras.optimizers.Adam(0.1)
        theirs = keras.optimizers.LossScaleOptimizer(inner, initial_scale=8.0, dynamic_growth_steps=2)
        variables = [keras.Variable(array) for array in WEIGHTS.values()]
        theirs.build(variables)
        state = [variable.value for variable in theirs.variables]
        place = next(n for n, variable in enumerate(theirs.variables) if variable.name == "dynamic_scale")
        their_weights, their_scales = [variable.value for variable in variables], []
        for grads in GRADIENTS:
            given = [jnp.asarray(grad) for grad in grads.values()]
            their_weights, state = theirs.stateless_apply(state, given, their_weights)
            their_scales.append(float(state[place]))
    assert scales == their_scales
    assert int(optimizer.step_of(slots)) == 5
    for one, other in zip(params.values(), their_weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_its_settings_are_those_of_the_optimizer_inside():
    optimizer = optimizers.LossScaleOptimizer(optimizers.SGD(0.5))
    assert optimizer.learning_rate == 0.5
    optimizer.learning_rate = 0.25
    assert optimizer.inner_optimizer.learning_rate == 0.25
    again = optimizers.get(optimizers.serialize(optimizer))
    assert again.get_config() == optimizer.get_config()


def test_compile_scales_the_loss_under_mixed_float16():
    inputs = layers.Input((4,))
    model = plait.Model(inputs, layers.Dense(2, dtype="mixed_float16")(inputs), dtype="mixed_float16")
    model.compile("sgd", "mse")
    assert isinstance(model.optimizer, optimizers.LossScaleOptimizer)
    model.compile("sgd", "mse", auto_scale_loss=False)
    assert isinstance(model.optimizer, optimizers.SGD)


def test_gradients_that_float16_would_lose_arrive():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(32, 4)).astype("float32"), np.zeros((32, 1), "float32")
    plait.config.set_dtype_policy("mixed_float16")
    try:
        model = plait.Sequential([layers.Input((4,)), layers.Dense(8), layers.Dense(1)])
    finally:
        plait.config.set_dtype_policy("float32")
    before = model.get_weights()
    # Each gradient is about 1e-8, which float16 rounds to 0.
    model.compile(optimizers.SGD(1e6), "mse", loss_weights=1e-8)
    model.fit(x, y, epochs=1, batch_size=32, verbose=0)
    assert model.optimizer.iterations == 1
    assert all(np.isfinite(array).all() for array in model.get_weights())
    assert all((one != other).any() for one, other in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sgd?",), "needs an optimizer inside, got 'sgd\\?'"),
        ((optimizers.SGD(loss_scale_factor=2.0),), "does not scale the loss itself"),
        ((optimizers.SGD(), 0.0), "needs an initial_scale above 0, got 0.0"),
        ((optimizers.SGD(), 1.0, 0), "needs an integer of 1 or more for dynamic_growth_steps, got 0"),
    ],
)
def test_what_it_refuses(arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        optimizers.LossScaleOptimizer(*arguments)
