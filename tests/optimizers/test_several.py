"""Weights trained by several optimizers: groups by path, and Keras's MultiOptimizer."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import plait
from plait import Input, Model, Sequential, layers, optimizers, saving
from tests.genuine import genuine_keras
from tests.optimizers.steps import DECAY, GRADS, START, assert_close, keras_steps, made, plait_steps

X, Y = np.linspace(-1, 1, 24, dtype="float32").reshape(6, 4), np.ones((6, 1), "float32")


def of_a_map(K):
    rate = K.optimizers.schedules.deserialize(DECAY)
    chosen = {"k.*": K.optimizers.Adam(0.1, weight_decay=0.1), "bias": K.optimizers.SGD(0.05, clipnorm=1.0)}
    return K.optimizers.MultiOptimizer(K.optimizers.OptimizerMap(K.optimizers.RMSprop(rate), chosen))


def of_a_function(K):
    adam, sgd = K.optimizers.Adam(0.1), K.optimizers.SGD(0.05, momentum=0.9)
    return K.optimizers.MultiOptimizer(lambda variable: adam if len(variable.shape) > 1 else sgd, loss_scale_factor=4.0)


@pytest.mark.parametrize("make", [of_a_map, of_a_function])
def test_several_optimizers_step_as_they_do_in_keras(make):
    with genuine_keras() as keras:
        expected, _ = keras_steps(keras, make(keras))

    params, _ = plait_steps(make(plait))

    assert_close(params, expected)


def test_each_group_is_trained_as_if_it_were_alone_and_none_is_frozen():
    alone = {
        "bias": optimizers.SGD(0.1, momentum=0.9),
        "kernel": optimizers.Adam(0.1, global_clipnorm=1.0, use_ema=True),
        "scale": optimizers.RMSprop(made(plait, "SGD", {"learning_rate": DECAY}).learning_rate),
    }
    ours = optimizers.groups(
        {"b.*": alone["bias"], "kernel": alone["kernel"], "[vf].*": None, "em.*": None}, alone["scale"]
    )

    params, slots = plait_steps(ours)

    assert_close(params, {path: START[path] for path in ("volume", "filters", "embeddings")})
    for path, optimizer in alone.items():
        only, own_slots = steps_of(path, optimizer)
        assert_close({path: params[path]}, only)
        assert_close({path: ours.final(params, slots)[path]}, optimizer.final(only, own_slots))


def steps_of(path, optimizer):
    """Returns a weight, by its path, and the slots of an optimizer that has no other."""
    params = {path: jnp.asarray(START[path])}
    slots = optimizer.init(params)
    update = jax.jit(optimizer.update)
    for step, grads in enumerate(GRADS):
        params, slots = update({path: grads[path]}, slots, params, optimizer.current_learning_rate(step))
    return params, slots


def network():
    inputs = Input((4,))
    encoded = Sequential([Input((4,)), layers.Dense(3, name="first"), layers.Dense(3, name="second")], name="encoder")
    return Model(inputs, layers.Dense(1, name="head")(encoded(inputs)))


def fitted(optimizer, epochs=2):
    model = network()
    model.compile(optimizer, "mse")
    model.fit(X, Y, batch_size=3, epochs=epochs, shuffle=False, verbose=0)
    return model


def changed(model, before):
    """Returns the paths whose weights are no longer what they were."""
    return {weight.path for weight, old in zip(model.weights, before, strict=True) if (weight.numpy() != old).any()}


def test_in_fit_a_frozen_group_stays_and_keeps_no_slots():
    model = network()
    before = model.get_weights()
    optimizer = optimizers.groups({"encoder/.*": None, ".*/bias": "sgd"}, optimizers.Adam(0.1))
    model.compile(optimizer, "mse")
    model.fit(X, Y, epochs=1, verbose=0)

    assert changed(model, before) == {"head/kernel", "head/bias"}
    sgd, adam = optimizer.slots_in_use().parts
    assert (sgd.rule, set(adam.rule.momentum)) == (None, {"head/kernel"})


def test_the_learning_rate_of_a_group_may_be_changed_between_epochs():
    adam = optimizers.Adam(0.1)
    optimizer = optimizers.groups({"encoder/.*": adam}, "sgd")
    model = fitted(optimizer)
    before = model.get_weights()

    adam.learning_rate = 0.0
    model.fit(X, Y, epochs=1, verbose=0)

    assert changed(model, before) == {"head/kernel", "head/bias"}
    assert (optimizer.iterations, adam.iterations, optimizer.optimizers[1].iterations) == (5, 5, 5)


def test_an_optax_transformation_may_be_a_group():
    optimizer = optimizers.groups({".*/bias": optax.sgd(0.1, momentum=0.9)}, optax.sgd(0.1))
    model = network()
    before = model.get_weights()
    model.compile(optimizer, "mse")
    model.fit(X, Y, epochs=1, verbose=0)
    assert len(changed(model, before)) == 6
    with pytest.raises(ValueError, match="cannot be written to a config"):
        optimizers.serialize(optimizer)


def test_a_step_of_ones_own_may_apply_groups():
    class Written(Model):
        def train_step(self, data):
            x, y = data
            loss, gradients = self.value_and_grad(lambda: jnp.mean((self(x) - y) ** 2), self.trainable_weights)
            self.optimizer.apply(gradients)
            return {"loss": loss}

    def made_groups():
        decay = optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)
        return optimizers.groups({".*/bias": optimizers.SGD(decay)}, optimizers.Adam(0.02))

    plain, inputs = network(), Input((4,))
    encoded = Sequential([Input((4,)), layers.Dense(3, name="first"), layers.Dense(3, name="second")], name="encoder")
    own = Written(inputs, layers.Dense(1, name="head")(encoded(inputs)))
    own.set_weights(plain.get_weights())
    for model in (plain, own):
        model.compile(made_groups(), "mse")
        model.fit(X, Y, batch_size=3, epochs=2, shuffle=False, verbose=0)

    for one, other in zip(plain.get_weights(), own.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_a_loss_may_be_scaled_around_groups():
    scaled = optimizers.LossScaleOptimizer(optimizers.groups({"bias": optimizers.SGD(0.5)}, optimizers.SGD(0.25)))
    params = {"bias": jnp.ones(2), "kernel": jnp.ones(2)}
    slots = scaled.init(params)
    grads = jax.tree.map(lambda weight: scaled.scale_loss(weight, slots), params)

    params, _ = scaled.update(grads, slots, params, scaled.current_learning_rate(0))

    np.testing.assert_allclose(jnp.stack([params["bias"], params["kernel"]]), [[0.5, 0.5], [0.75, 0.75]])


def test_weights_may_be_exempt_from_the_decay_of_all():
    def after_a_step(exempt):
        optimizer = optimizers.groups({"encoder/.*": optimizers.AdamW(0.1, 0.5)}, optimizers.SGD(0.1, weight_decay=0.5))
        model = network()
        optimizer.exclude_from_weight_decay([weight for weight in model.weights if weight.path in exempt])
        model.set_weights([np.ones(weight.shape) for weight in model.weights])
        model.compile(optimizer, "mse")
        model.fit(X, Y, epochs=1, verbose=0)
        return {weight.path: weight.numpy() for weight in model.weights}

    some = {"encoder/first/kernel", "head/bias"}
    decayed, exempt = after_a_step(set()), after_a_step(some)
    assert {path for path in decayed if not np.allclose(decayed[path], exempt[path])} == some


def test_a_config_makes_the_same_groups_again_with_shared_optimizers_shared():
    shared = optimizers.Adam(0.1)
    optimizer = optimizers.groups(
        {"a/.*": shared, "b/.*": None, "c/.*": shared}, "sgd", loss_scale_factor=2.0, name="mine"
    )

    config = optimizers.serialize(optimizer)
    again = optimizers.get(config)

    assert optimizers.serialize(again) == config
    assert [type(one).__name__ for one in again.optimizers] == ["Adam", "SGD"]
    assert again.patterns["a/.*"] is again.patterns["c/.*"]


def test_a_config_of_keras_makes_the_same_map_again():
    with genuine_keras() as keras:
        expected = keras.optimizers.serialize(of_a_map(keras))

    config = optimizers.serialize(optimizers.deserialize(expected))

    assert config == expected


@pytest.mark.parametrize("default", ["adam", None])
def test_training_goes_on_from_a_file(default, tmp_path):
    optimizer = optimizers.groups({".*/bias": optimizers.SGD(0.1, momentum=0.9), "encoder/first/.*": None}, default)
    model = fitted(optimizer)
    optimizer.optimizers[0].learning_rate = 0.05
    model.save(tmp_path / "m.keras")
    again = saving.load_model(tmp_path / "m.keras")

    assert again.optimizer.optimizers[0].learning_rate == pytest.approx(0.05)
    for one in (model, again):
        one.fit(X, Y, batch_size=3, epochs=2, shuffle=False, verbose=0)
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
    assert again.optimizer.iterations == model.optimizer.iterations == 8


def test_a_state_for_other_groups_is_not_taken(tmp_path):
    fitted(optimizers.groups({".*/bias": "adam"}, "sgd")).save_weights(tmp_path / "m.weights.h5")
    other = fitted(optimizers.groups({".*/bias": "sgd"}, "sgd"))
    with pytest.warns(UserWarning, match="starts anew"):
        other.load_weights(tmp_path / "m.weights.h5")


def with_map(*keys):
    return optimizers.OptimizerMap("sgd", dict.fromkeys(keys, "adam"))


MISTAKES = {
    "no pattern": (
        lambda: optimizers.groups({3: "sgd"}, None),
        TypeError,
        "needs a regular expression for a pattern, got 3",
    ),
    "a broken pattern": (lambda: optimizers.groups({"*": "sgd"}, None), ValueError, "got '*': nothing to repeat"),
    "no optimizer": (lambda: optimizers.groups({"a": 3}, None), TypeError, "Expected the name of an optimizer"),
    "a scaled part": (
        lambda: optimizers.groups({"a": optimizers.SGD(loss_scale_factor=2.0)}, None),
        ValueError,
        "An optimizer of groups cannot scale the loss",
    ),
    "groups in groups": (
        lambda: optimizers.groups({"a": optimizers.groups({}, "sgd")}, None),
        ValueError,
        "Groups cannot have a Groups as a part",
    ),
    "a dynamic scale inside": (
        lambda: optimizers.MultiOptimizer(optimizers.OptimizerMap(optimizers.LossScaleOptimizer(optimizers.SGD()))),
        ValueError,
        "MultiOptimizer cannot have a LossScaleOptimizer as a part",
    ),
    "a pattern for nothing": (
        lambda: fitted(optimizers.groups({"head/kernels": "sgd"}, "adam")),
        ValueError,
        "The pattern 'head/kernels' of groups matches none of the 6 weights that are trained.",
    ),
    "the nearest paths": (
        lambda: fitted(optimizers.groups({"head/kernels": "sgd"}, "adam")),
        ValueError,
        'The nearest paths: "head/kernel", ',
    ),
    "a pattern too late": (
        lambda: fitted(optimizers.groups({".*": "sgd", "head/.*": None}, None)),
        ValueError,
        "No weight is left for the pattern 'head/.*' of groups: '.*' comes before it.",
    ),
    "a rate of all": (
        lambda: optimizers.groups({}, "sgd").learning_rate,
        AttributeError,
        "Groups has no learning rate of its own",
    ),
    "a rate set for all": (
        lambda: setattr(optimizers.groups({}, "sgd"), "learning_rate", 0.1),
        AttributeError,
        "optimizer.optimizers[0].learning_rate",
    ),
    "a dict for a map": (
        lambda: optimizers.MultiOptimizer({"a": "sgd"}),
        TypeError,
        "MultiOptimizer needs an OptimizerMap or a function, got {'a': 'sgd'}",
    ),
    "a key twice": (
        lambda: with_map("a").update({"a": "sgd"}),
        ValueError,
        "OptimizerMap has an optimizer for 'a' already",
    ),
    "a key that is none": (lambda: with_map(3), TypeError, "OptimizerMap needs a string for a key, got 3"),
    "two keys that match": (
        lambda: with_map("a.*", ".*b")["ab"],
        ValueError,
        "Several keys of an OptimizerMap match \"ab\": 'a.*', '.*b'",
    ),
    "a function of no optimizer": (
        lambda: optimizers.MultiOptimizer(lambda variable: None).init({"a": jnp.ones(2)}),
        TypeError,
        "Expected the name of an optimizer",
    ),
}


@pytest.mark.parametrize(("mistake", "kind", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_explained(mistake, kind, words):
    with pytest.raises(kind) as caught:
        mistake()
    assert words in str(caught.value)
