"""`optimizer.apply` outside of any model's step, as Keras has it: weights change at once, and slots are kept."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plait
from plait import constraints, layers, optimizers
from plait.optimizers import schedules
from tests.genuine import genuine_keras

START = {"kernel": np.array([[1.0, -2.0], [3.0, 0.5]], "float32"), "bias": np.array([0.1, -0.1], "float32")}
GRADS = [{path: np.cos(start * (step + 1)) for path, start in START.items()} for step in range(4)]

MADE = {
    "momentum": lambda K: K.optimizers.SGD(0.1, momentum=0.9, weight_decay=0.1),
    "a schedule": lambda K: K.optimizers.Adam(K.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)),
    "averages": lambda K: K.optimizers.RMSprop(0.1, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2),
    "accumulation": lambda K: K.optimizers.SGD(0.1, gradient_accumulation_steps=2),
    "several": lambda K: K.optimizers.MultiOptimizer(
        K.optimizers.OptimizerMap(K.optimizers.SGD(0.1), {"(.*/)?bias": K.optimizers.Adam(0.1)})
    ),
}


def weights(**constrained):
    layer = layers.Dense(2, name="dense", **constrained)
    layer.build((None, 2))
    for weight, start in zip(layer.weights, START.values(), strict=True):
        weight.assign(start)
    return layer.weights


@pytest.mark.first_rows(1)
@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_weights_change_as_in_keras(make):
    with genuine_keras() as keras:
        theirs, variables = make(keras), [keras.Variable(start, name=path) for path, start in START.items()]
        for variable in variables:
            variable.constraint = keras.constraints.MaxNorm(2.0)
        for grads in GRADS:
            theirs.apply([jnp.asarray(grad) for grad in grads.values()], variables)
        expected = [np.array(variable) for variable in variables]

    ours = make(plait)
    handles = weights(kernel_constraint=constraints.MaxNorm(2.0), bias_constraint=constraints.MaxNorm(2.0))
    for grads in GRADS:
        ours.apply_gradients(zip(grads.values(), handles, strict=True))

    for handle, value in zip(handles, expected, strict=True):
        np.testing.assert_allclose(handle.numpy(), value, rtol=1e-5)
    assert ours.iterations == int(theirs.iterations)


def test_a_learning_rate_may_be_assigned_in_between_and_the_variables_are_those_of_now():
    optimizer, handles = optimizers.SGD(0.5, momentum=0.5), weights()
    optimizer.build(handles)
    optimizer.apply(GRADS[0].values())
    optimizer.learning_rate.assign(0.0)
    before = handles[0].numpy()
    optimizer.apply(list(GRADS[1].values()))

    np.testing.assert_allclose(handles[0].numpy() - before, -0.25 * GRADS[0]["kernel"], rtol=1e-6)
    steps, rate, bias, kernel = optimizer.variables
    assert (int(steps), float(rate)) == (2, 0.0)
    np.testing.assert_allclose(kernel, -0.25 * GRADS[0]["kernel"], rtol=1e-6)
    np.testing.assert_allclose(bias, -0.25 * GRADS[0]["bias"], rtol=1e-6)


def test_a_value_read_before_stays_what_it_was_when_a_frozen_weight_is_trained_later():
    model = plait.Sequential([layers.Input((2,)), layers.Dense(2, name="head")])
    kernel = model.weights[0].value
    copied = np.array(kernel)
    optimizer = optimizers.groups({"head/bias": "sgd"}, None)
    optimizer.apply([jnp.ones((2, 2)), jnp.ones(2)], model.weights)
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 2)), np.ones((4, 2)), epochs=1, verbose=0)

    np.testing.assert_array_equal(kernel, copied)


def test_weights_of_one_path_are_told_apart():
    one, other = weights(), weights()
    optimizers.SGD(1.0).apply([1 * GRADS[0]["bias"], 2 * GRADS[0]["bias"]], [one[1], other[1]])
    np.testing.assert_allclose(other[1].numpy() - START["bias"], -2 * GRADS[0]["bias"], rtol=1e-5)
    np.testing.assert_allclose(one[1].numpy() - START["bias"], -GRADS[0]["bias"], rtol=1e-5)


def traced():
    handles = weights()
    jax.jit(lambda grad: optimizers.SGD().apply([grad, grad], handles))(1.0)


def given_others():
    optimizer = optimizers.SGD()
    optimizer.apply(list(GRADS[0].values()), weights())
    optimizer.apply(list(GRADS[0].values()), weights())


def given_a_schedule_too_late():
    optimizer = optimizers.SGD()
    optimizer.apply(list(GRADS[0].values()), weights())
    optimizer.learning_rate = schedules.CosineDecay(0.1, 3)


MISTAKES = {
    "inside a function that is traced": (
        traced,
        RuntimeError,
        "SGD cannot apply gradients while JAX traces a function",
    ),
    "other weights": (given_others, ValueError, "SGD was built for 2 weights, and not for those given now"),
    "no weights": (lambda: optimizers.SGD().apply([1.0]), ValueError, "SGD.apply needs to know the weights first"),
    "a gradient too few": (
        lambda: optimizers.SGD().apply([1.0], weights()),
        ValueError,
        "SGD was built for 2 weights, got 1 gradient",
    ),
    "a schedule after the first step": (
        given_a_schedule_too_late,
        TypeError,
        "SGD cannot take or lose a schedule after training has begun",
    ),
    "names in the place of weights": (
        lambda: optimizers.SGD().exclude_from_weight_decay(["bias"]),
        TypeError,
        "takes weights as var_list, got the string 'bias' in it",
    ),
}


@pytest.mark.parametrize(("mistake", "kind", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_explained(mistake, kind, words):
    with pytest.raises(kind) as caught:
        mistake()
    assert words in str(caught.value)
