"""Functions of JAX as layers: the numbers of genuine Keras's JaxLayer, and what is said of wrong functions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plait
from plait import Input, Model, Sequential, layers, saving
from tests.genuine import genuine_keras

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(8, 3)).astype("float32")
Y = RANDOM.normal(size=(8, 2)).astype("float32")
PARAMS = {
    "first": {"kernel": RANDOM.normal(size=(3, 4)).astype("float32"), "bias": np.zeros(4, "float32")},
    "second": [RANDOM.normal(size=(4, 2)).astype("float32")],
}
STATE = {"mean": np.zeros(3, "float32"), "count": np.zeros((), "int32")}


def perceptron(params, inputs):
    hidden = inputs @ params["first"]["kernel"]
    hidden = jnp.tanh(hidden + jnp.broadcast_to(params["first"]["bias"], hidden.shape))
    return hidden @ params["second"][0]


def first_params(rng, inputs):
    one, other = jax.random.split(jax.random.wrap_key_data(rng))
    kernel = jax.random.normal(one, (inputs.shape[-1], 4))
    return {"first": {"kernel": kernel, "bias": jnp.zeros(4)}, "second": [jax.random.normal(other, (4, 2))]}


def centred(params, state, inputs, training):
    mean = inputs.mean(0) if training else state["mean"]
    new = {"mean": 0.5 * state["mean"] + 0.5 * mean, "count": state["count"] + 1}
    return perceptron(params, inputs - mean[None]), new if training else state


def first_with_state(rng, inputs, training):
    assert training
    return first_params(rng, inputs), {"mean": jnp.zeros(3), "count": 0}


def noisy(rng, inputs, training):
    return inputs + jax.random.normal(rng, inputs.shape) if training else inputs


def scaled(params, inputs):
    return inputs * params


def counted(state, inputs):
    return inputs + state, state + 1


# What Plait makes of its module `layers`, and Keras, whose layers need TensorFlow to call an `init_fn`.
GIVEN = (lambda L: L.JaxLayer(perceptron, params=PARAMS), lambda L: L.JaxLayer(centred, params=PARAMS, state=STATE))
LAYERS = {
    "with params": (GIVEN[0], GIVEN[0]),
    "with an init": (lambda L: L.JaxLayer(perceptron, first_params), GIVEN[0]),
    "with a state": (GIVEN[1], GIVEN[1]),
    "with a state of an init": (lambda L: L.JaxLayer(centred, first_with_state), GIVEN[1]),
}


def trained(K, make, weights=None):
    """Returns the first weights, and what there is before and after two epochs."""
    model = K.Sequential([K.Input((3,)), make(K.layers)])
    if weights is not None:
        model.set_weights(weights)
    start = [np.array(weight) for weight in model.get_weights()]
    before = model.predict(X, verbose=0)
    model.compile(K.optimizers.SGD(0.1), "mse")
    losses = model.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0).history["loss"]
    return start, [before, losses, *model.get_weights(), model.predict(X, verbose=0)]


@pytest.mark.first_rows(2)
@pytest.mark.parametrize(("make", "make_theirs"), LAYERS.values(), ids=LAYERS)
def test_it_predicts_and_learns_as_in_keras(make, make_theirs):
    start, ours = trained(plait, make)
    with genuine_keras() as keras:
        _, theirs = trained(keras, make_theirs, start)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_its_weights_are_named_after_their_places():
    layer = layers.JaxLayer(centred, params=PARAMS, state=STATE)
    described = [(weight.name, weight.shape, weight.dtype, weight.trainable) for weight in layer.weights]
    assert described == [
        ("first/bias", (4,), "float32", True),
        ("first/kernel", (3, 4), "float32", True),
        ("second/0", (4, 2), "float32", True),
        ("count", (), "int32", False),
        ("mean", (3,), "float32", False),
    ]


def test_one_array_is_named_after_the_argument():
    layer = layers.JaxLayer(scaled, params=np.float32(3))
    assert [weight.name for weight in layer.weights] == ["params"]
    np.testing.assert_array_equal(layer(X), 3 * X)


def test_its_shape_is_found_by_tracing_and_nothing_is_made():
    layer = layers.JaxLayer(perceptron, first_params)
    assert layer(Input((None, 3))).shape == (None, None, 2)
    assert not any(weight.is_materialised for weight in layer.weights)


def test_first_values_depend_on_seed_and_place_only():
    def drawn(*before):
        model = Sequential([Input((3,)), *before, layers.JaxLayer(perceptron, first_params, name="jax")])
        return model.get_layer("jax").get_weights()

    first, again = drawn(), drawn(layers.Dense(3))
    plait.utils.set_random_seed(1)
    other = drawn()
    for one, same, different in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(one, same)
        assert not one.any() or not np.array_equal(one, different)


def test_first_values_may_be_wanted_while_jax_traces():
    layer = layers.JaxLayer(perceptron, first_params)
    np.testing.assert_allclose(jax.jit(layer)(X), layer(X), rtol=1e-4, atol=1e-5)


def test_ids_stay_ids_on_their_way_in():
    def table(rng, inputs):
        assert jnp.issubdtype(inputs.dtype, jnp.integer)
        return jnp.arange(10.0).reshape(5, 2)

    ids = np.array([[1, 4]])
    layer = layers.JaxLayer(lambda params, inputs: params[inputs], table)
    np.testing.assert_array_equal(layer(ids), np.arange(10.0).reshape(5, 2)[ids])


def test_it_takes_a_structure_of_inputs():
    layer = layers.JaxLayer(lambda inputs: {"sum": inputs["a"] + inputs["b"]})
    outputs = layer({"a": Input((3,)), "b": Input((3,))})
    assert outputs["sum"].shape == (None, 3)


def test_it_draws_in_training_only_from_the_key_of_the_call_and_its_seed():
    values, apply = Sequential([Input((3,)), layers.JaxLayer(noisy, name="jax")]).pure()
    _, seeded = Sequential([Input((3,)), layers.JaxLayer(noisy, seed=7, name="jax")]).pure()
    one, again, other = (apply(values, X, True, jax.random.key(seed))[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one, seeded(values, X, True, jax.random.key(0))[0])
    np.testing.assert_array_equal(apply(values, X)[0], X)


def test_what_is_no_array_in_a_tree_stays_as_it_is():
    def activated(params, inputs):
        return getattr(jnp, params["activation"])(inputs) * params["scale"]

    layer = layers.JaxLayer(activated, lambda rng, inputs: {"activation": "tanh", "scale": 2.0})
    np.testing.assert_allclose(layer(X), 2 * np.tanh(X), rtol=1e-5)
    assert len(layer.weights) == 1


def test_a_state_may_change_outside_of_training():
    layer = layers.JaxLayer(counted, state=np.float32(0))
    model = Sequential([Input((3,)), layer])
    outputs = [model.predict(X, verbose=0) for _ in range(3)]
    np.testing.assert_allclose(outputs[2], X + 2, rtol=1e-5)
    assert layer.get_weights() == [3]


def test_frozen_it_runs_as_in_inference_and_keeps_its_state():
    layer = layers.JaxLayer(centred, params=PARAMS, state=STATE, trainable=False)
    model = Sequential([Input((3,)), layer, layers.Dense(2)])
    model.compile("sgd", "mse")
    before = layer.get_weights()
    model.fit(X, Y, verbose=0)
    for one, other in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_under_mixed_precision_it_computes_in_half_and_learns_in_float32():
    layer = layers.JaxLayer(perceptron, params=PARAMS, dtype="mixed_bfloat16")
    assert layer(X).dtype == "bfloat16"
    assert {weight.dtype for weight in layer.weights} == {"float32"}


def test_its_config_holds_the_names_of_registered_functions():
    call, init = (saving.register_keras_serializable("jax")(function) for function in (perceptron, first_params))
    layer = layers.JaxLayer(call, init, seed=3, name="jax")
    again = saving.deserialize_keras_object(saving.serialize_keras_object(layer))
    assert (again.call_fn, again.init_fn, again.seed, again.name) == (call, init, 3, "jax")
    with genuine_keras() as keras:
        theirs = keras.layers.JaxLayer(scaled, params=1.0).get_config()
    assert set(layer.get_config()) == {*theirs, "seed"}


def test_it_stands_in_a_graph_and_is_shared():
    layer = layers.JaxLayer(scaled, params=np.float32(2))
    model = Model(inputs := Input((3,)), layer(layer(inputs)))
    np.testing.assert_allclose(model(X), 4 * X, rtol=1e-6)
    assert len(model.weights) == 1


WRONG = {
    "no function": (lambda: layers.JaxLayer(3), TypeError, ["needs a function for call_fn, got 3"]),
    "without inputs": (
        lambda: layers.JaxLayer(lambda params: params),
        ValueError,
        ["needs a call_fn with parameters out of params, state, rng, inputs, training, got none named 'inputs'"],
    ),
    "an unknown parameter": (
        lambda: layers.JaxLayer(lambda parms, inputs: inputs),
        ValueError,
        ["got one named 'parms'", 'Did you mean "params"?'],
    ),
    "an unknown parameter of init": (
        lambda: layers.JaxLayer(perceptron, lambda key, inputs: inputs),
        ValueError,
        ["needs a init_fn with parameters out of rng, inputs, training, got one named 'key'"],
    ),
    "nothing to start from": (
        lambda: layers.JaxLayer(perceptron),
        ValueError,
        ["needs an init_fn, params or state to start from", "Give an init_fn(rng, inputs)"],
    ),
    "no pair": (
        lambda: layers.JaxLayer(lambda state, inputs: inputs, state=np.float32(0))(X),
        ValueError,
        ["A call_fn whose layer has a state returns outputs, new_state, got"],
    ),
    "another state": (
        lambda: layers.JaxLayer(lambda state, inputs: (inputs, {}), state=STATE)(X),
        ValueError,
        ["got another state back than it gave"],
    ),
    "a state of another shape": (
        lambda: layers.JaxLayer(lambda state, inputs: (inputs, state[None]), state=np.zeros(2))(X),
        ValueError,
        ["got another state back than it gave: state of shape (1, 2), not shape (2,)"],
    ),
}


@pytest.mark.parametrize(("mistake", "kind", "fragments"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_explained(mistake, kind, fragments):
    with pytest.raises(kind) as caught:
        mistake()
    assert [fragment for fragment in fragments if fragment not in str(caught.value)] == []
