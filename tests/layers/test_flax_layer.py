"""Modules of Flax as layers: of linen beside genuine Keras's FlaxLayer, of NNX beside the module itself."""

import jax
import numpy as np
import pytest

import plait
from plait import Input, Sequential, layers
from tests.genuine import genuine_keras

linen = pytest.importorskip("flax.linen")
nnx = pytest.importorskip("flax.nnx")

# Written without the strictness of these tests in mind.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(8, 3)).astype("float32")
Y = RANDOM.normal(size=(8, 2)).astype("float32")


@pytest.fixture(autouse=True)
def as_flax_is_written():
    with jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard"):
        yield


class Plain(linen.Module):
    @linen.compact
    def __call__(self, inputs):
        return linen.Dense(2)(linen.relu(linen.Dense(5)(inputs)))


class Normalized(linen.Module):
    @linen.compact
    def __call__(self, inputs, training):
        hidden = linen.BatchNorm(use_running_average=not training)(linen.Dense(5)(inputs))
        return linen.Dense(2)(hidden)

    @linen.compact
    def doubled(self, inputs):
        return 2 * linen.Dense(2)(inputs)


class Dropping(linen.Module):
    @linen.compact
    def __call__(self, inputs, training):
        return linen.Dropout(0.5, deterministic=not training)(inputs)


def variables(module, method=None):
    return module.init(
        jax.random.key(0), X, method=method, **({} if method or isinstance(module, Plain) else {"training": True})
    )


def by_function(module, inputs):
    return module(inputs, False)


# The module, its method, and whether it starts from given variables. Keras's layers need TensorFlow to make some.
LAYERS = {
    "plain": (Plain(), None, False),
    "with variables": (Plain(), None, True),
    "with running state": (Normalized(), None, False),
    "by the name of a method": (Normalized(), "doubled", False),
    "by a function": (Normalized(), by_function, False),
}


def trained(K, make, weights=None):
    model = K.Sequential([K.Input((3,)), make(K.layers)])
    if weights is not None:
        model.set_weights(weights)
    start = [np.array(weight) for weight in model.get_weights()]
    before = model.predict(X, verbose=0)
    model.compile(K.optimizers.SGD(0.1), "mse")
    losses = model.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0).history["loss"]
    return start, [before, losses, *model.get_weights(), model.predict(X, verbose=0)]


@pytest.mark.first_rows(1)
@pytest.mark.parametrize(("module", "method", "is_given"), LAYERS.values(), ids=LAYERS)
def test_a_linen_module_predicts_and_learns_as_in_keras(module, method, is_given):
    given = variables(module, method)
    start, ours = trained(plait, lambda L: L.FlaxLayer(module, method, given if is_given else None))
    method = getattr(module, method) if isinstance(method, str) else method
    with genuine_keras() as keras:
        _, theirs = trained(keras, lambda L: L.FlaxLayer(module, method, given), start)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_weights_are_named_after_their_places_in_the_module():
    layer = layers.FlaxLayer(Normalized())
    layer(X)
    assert [weight.name for weight in layer.weights] == [
        "params/BatchNorm_0/bias",
        "params/BatchNorm_0/scale",
        "params/Dense_0/bias",
        "params/Dense_0/kernel",
        "params/Dense_1/bias",
        "params/Dense_1/kernel",
        "batch_stats/BatchNorm_0/mean",
        "batch_stats/BatchNorm_0/var",
    ]


def test_dropout_of_a_module_draws_from_the_key_of_the_call():
    values, apply = Sequential([Input((3,)), layers.FlaxLayer(Dropping())]).pure()
    one, again, other = (apply(values, X, True, jax.random.key(seed))[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(apply(values, X)[0], X)


class Block(nnx.Module):
    def __init__(self, rngs):
        self.first = nnx.Linear(3, 5, rngs=rngs)
        self.norm = nnx.BatchNorm(5, rngs=rngs)
        self.drop = nnx.Dropout(0.5, rngs=rngs)
        self.last = nnx.Linear(5, 2, rngs=rngs)

    def __call__(self, inputs):
        return self.last(self.drop(self.norm(self.first(inputs))))


def test_an_nnx_module_infers_as_by_itself_and_stays_as_it_is():
    module = Block(nnx.Rngs(0))
    before = jax.tree.map(np.array, nnx.state(module, nnx.Not(nnx.RngState)))
    model = Sequential([Input((3,)), layers.NNXLayer(module)])
    predicted = model.predict(X, verbose=0)
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    after = nnx.state(module, nnx.Not(nnx.RngState))
    jax.tree.map(np.testing.assert_array_equal, before, jax.tree.map(np.array, after))
    module.eval()
    np.testing.assert_allclose(predicted, module(X), rtol=1e-4, atol=1e-5)


def test_an_nnx_module_is_trained_with_its_running_state():
    layer = layers.NNXLayer(Block(nnx.Rngs(0)))
    before = {weight.name: weight.numpy() for weight in layer.weights}
    model = Sequential([Input((3,)), layer])
    model.compile(plait.optimizers.SGD(0.1), "mse")
    first, *_, last = model.fit(X, Y, epochs=30, verbose=0).history["loss"]
    assert last < first
    moved = {weight.name for weight in layer.weights if not np.array_equal(before[weight.name], weight.numpy())}
    assert moved | {"first/bias/value"} == set(before)  # which the normalization takes off again
    assert {weight.name for weight in layer.non_trainable_weights} == {"norm/mean/value", "norm/var/value"}


def test_dropout_of_an_nnx_module_draws_from_the_key_of_the_call():
    values, apply = Sequential([Input((3,)), layers.NNXLayer(Block(nnx.Rngs(0)))]).pure()
    one, again, other = (jax.jit(apply, static_argnums=2)(values, X, True, jax.random.key(n))[0] for n in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


WRONG = {
    "no module": (lambda: layers.FlaxLayer(3), TypeError, "needs a flax.linen.Module, got 3"),
    "no NNX module": (lambda: layers.NNXLayer(Plain()), TypeError, "needs a flax.nnx.Module, got "),
    "no method": (lambda: layers.FlaxLayer(Plain(), "forward"), ValueError, "has no method 'forward'"),
    "other parameters": (
        lambda: layers.FlaxLayer(Plain(), lambda module, x: x),
        ValueError,
        "needs a method with parameters out of inputs, training, got one named 'x'",
    ),
    "no config": (
        lambda: layers.NNXLayer(Block(nnx.Rngs(0))).get_config(),
        NotImplementedError,
        "cannot write its own config: a Block is made of code and arrays",
    ),
}


@pytest.mark.parametrize(("mistake", "kind", "words"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_explained(mistake, kind, words):
    with pytest.raises(kind) as caught:
        mistake()
    assert words in str(caught.value)
