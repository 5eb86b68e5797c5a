"""Modules of Equinox as layers, beside the modules themselves."""

import jax
import numpy as np
import pytest

import plait
from plait import Input, Sequential, layers

eqx = pytest.importorskip("equinox")

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(8, 3)).astype("float32")
Y = RANDOM.normal(size=(8, 2)).astype("float32")


@pytest.fixture(autouse=True)
def as_equinox_is_written():
    with jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard"):
        yield


def perceptron():
    return eqx.nn.MLP(3, 2, 5, 1, key=jax.random.key(0))


def dropping():
    first, last = jax.random.split(jax.random.key(0))
    return eqx.nn.Sequential([eqx.nn.Linear(3, 5, key=first), eqx.nn.Dropout(0.5), eqx.nn.Linear(5, 2, key=last)])


class Normalized(eqx.Module):
    norm: eqx.nn.BatchNorm
    last: eqx.nn.Linear

    def __init__(self, key):
        self.norm = eqx.nn.BatchNorm(3, axis_name="batch", mode="batch")
        self.last = eqx.nn.Linear(3, 2, key=key)

    def __call__(self, inputs, state):
        hidden, state = self.norm(inputs, state)
        return self.last(hidden), state


def test_it_computes_what_the_module_does_for_each_example():
    module = perceptron()
    np.testing.assert_allclose(layers.EquinoxLayer(module)(X), jax.vmap(module)(X), rtol=1e-5, atol=1e-6)


def test_a_module_may_take_a_whole_batch():
    module = eqx.nn.Lambda(lambda x: x - x.mean(0))
    np.testing.assert_allclose(layers.EquinoxLayer(module, batched=False)(X), X - X.mean(0), rtol=1e-5, atol=1e-6)


def test_its_weights_are_named_after_their_places():
    layer = layers.EquinoxLayer(perceptron())
    assert [weight.name for weight in layer.trainable_weights] == [
        "layers/0/weight",
        "layers/0/bias",
        "layers/1/weight",
        "layers/1/bias",
    ]


def test_it_learns():
    model = Sequential([Input((3,)), layers.EquinoxLayer(perceptron())])
    model.compile(plait.optimizers.Adam(0.05), "mse")
    first, *_, last = model.fit(X, Y, epochs=50, verbose=0).history["loss"]
    assert last < first / 2


def test_its_gradient_is_that_of_the_module():
    module = perceptron()
    values, apply = Sequential([Input((3,)), layers.EquinoxLayer(module, name="eqx")]).pure()
    ours = jax.grad(lambda values: apply(values, X)[0].sum())(values)
    theirs = eqx.filter_grad(lambda module: jax.vmap(module)(X).sum())(module)
    np.testing.assert_allclose(ours["eqx/layers/0/weight"], theirs.layers[0].weight, rtol=1e-4, atol=1e-5)


def test_dropout_draws_from_the_key_of_the_call_and_for_each_example_anew():
    values, apply = Sequential([Input((3,)), layers.EquinoxLayer(dropping())]).pure()
    same = np.repeat(X[:1], 8, axis=0)
    one, again, other = (np.asarray(apply(values, same, True, jax.random.key(seed))[0]) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    assert (one != one[:1]).any()
    inferred = np.asarray(apply(values, same)[0])
    np.testing.assert_allclose(inferred, np.repeat(inferred[:1], 8, axis=0), rtol=1e-5)


def test_state_moves_on_in_training_only():
    module, state = eqx.nn.make_with_state(Normalized)(jax.random.key(0))
    layer = layers.EquinoxLayer(module, state)
    model = Sequential([Input((3,)), layer])
    before = [weight.numpy() for weight in layer.non_trainable_weights]
    model.predict(X, verbose=0)
    for one, weight in zip(before, layer.non_trainable_weights, strict=True):
        np.testing.assert_array_equal(one, weight.numpy())
    model.compile("sgd", "mse")
    model.fit(X, Y, batch_size=8, verbose=0)
    _, expected = jax.vmap(module, in_axes=(0, None), out_axes=(0, None), axis_name="batch")(X, state)
    for leaf, weight in zip(jax.tree.leaves(expected), layer.non_trainable_weights, strict=True):
        np.testing.assert_allclose(leaf, weight.numpy(), rtol=1e-4, atol=1e-6)


def test_what_is_no_module_is_refused():
    with pytest.raises(TypeError, match=r"needs an equinox\.Module, got 3"):
        layers.EquinoxLayer(3)


def test_a_module_without_a_config_has_none():
    with pytest.raises(NotImplementedError, match="a MLP is made of code and arrays"):
        layers.EquinoxLayer(perceptron()).get_config()
