"""Twenty steps on weights of zero to four axes, by an optimizer of Plait's and by one of genuine Keras."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from tests.compiling import quickly

STEPS = 20
RANDOM = np.random.default_rng(0)
SHAPES = {
    "scale": (),
    "bias": (4,),
    "kernel": (5, 3),
    "embeddings": (3, 4),
    "volume": (2, 3, 2),
    "filters": (2, 2, 2, 3),
}
START = {path: np.asarray(RANDOM.normal(size=shape), "float32") for path, shape in SHAPES.items()}
GRADS = [
    {path: np.asarray(RANDOM.normal(scale=3.0, size=shape), "float32") for path, shape in SHAPES.items()}
    for _ in range(STEPS)
]

DECAY = {
    "module": "keras.optimizers.schedules",
    "class_name": "ExponentialDecay",
    "config": {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5},
    "registered_name": None,
}


def made(K, name, arguments):
    """Returns an optimizer of Plait's or of Keras's; its schedule, if it has one, is given as a config."""
    rate = arguments.get("learning_rate", 0.05)
    rate = K.optimizers.schedules.deserialize(rate) if isinstance(rate, dict) else rate
    return getattr(K.optimizers, name)(**arguments | {"learning_rate": rate})


def keras_steps(keras, optimizer, constraint=None):
    """Returns the weights by path, and their averages, or once more the weights if there are none."""
    variables = [keras.Variable(start, name=path) for path, start in START.items()]
    for variable in variables:
        variable.constraint = constraint
    optimizer.build(variables)
    update = quickly(optimizer.stateless_apply)
    weights, state = [variable.value for variable in variables], [variable.value for variable in optimizer.variables]
    for grads in GRADS:
        weights, state = update(state, [jnp.asarray(grad) for grad in grads.values()], weights)
    kept = [id(average) for average in optimizer._model_variables_moving_average] if optimizer.use_ema else []
    averages = [value for value, variable in zip(state, optimizer.variables, strict=True) if id(variable) in kept]
    return tuple(dict(zip(START, map(np.array, found), strict=True)) for found in (weights, averages or weights))


def plait_steps(optimizer, **arguments):
    """Returns the weights by path, and the slots."""
    params = jax.tree.map(jnp.asarray, START)
    slots = optimizer.init(params)
    update = quickly(functools.partial(optimizer.update, **arguments))
    for step, grads in enumerate(GRADS):
        params, slots = update(grads, slots, params, optimizer.current_learning_rate(step))
    return params, slots


def assert_close(computed, expected):
    for path in expected:
        np.testing.assert_allclose(computed[path], expected[path], rtol=1e-5, atol=1e-6, err_msg=path)
