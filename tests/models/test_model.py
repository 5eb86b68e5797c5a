import gc
import json

import jax
import numpy as np
import pytest

from plait import Input, Model, Sequential, layers, metrics
from plait.models import clone_model, model_from_json


def two_towers():
    a, b = Input((3,), name="a"), Input((3,), name="b")
    shared = layers.Dense(4, activation="relu", name="shared")
    joined = layers.concatenate([shared(a), shared(b)])
    scaled = layers.BatchNormalization(name="norm")(joined * 0.5)
    return Model([a, b], {"left": layers.Dense(2, name="l")(scaled), "right": layers.Dense(1, name="r")(scaled)})


DATA = [np.random.default_rng(seed).normal(size=(6, 3)).astype(np.float32) for seed in (1, 2)]


def predicted(model):
    return np.hstack(list(model.predict(DATA, verbose=0).values()))


@pytest.mark.parametrize(
    "again",
    [
        lambda model: model_from_json(model.to_json()),
        lambda model: Model.from_config(json.loads(json.dumps(model.get_config()))),
        clone_model,
    ],
    ids=["json", "config", "clone"],
)
def test_a_model_made_again_has_the_same_structure_and_takes_the_same_weights(again):
    model = two_towers()
    copy = again(model)
    assert copy.output_names == model.output_names
    assert [layer.name for layer in copy.layers] == [layer.name for layer in model.layers]
    assert not set(copy.weights) & set(model.weights)
    copy.set_weights(model.get_weights())
    np.testing.assert_array_equal(predicted(copy), predicted(model))


def test_cloning_may_replace_layers():
    def wider(layer):
        if isinstance(layer, layers.Dense):
            return layers.Dense(layer.units * 2, name=layer.name)
        return type(layer).from_config(layer.get_config())

    model = Sequential([layers.Dense(4, input_shape=(3,)), layers.Activation("relu"), layers.Dense(2)])
    assert clone_model(model, clone_function=wider).output_shape == (None, 4)


def test_a_config_with_a_class_that_is_not_registered_is_refused_by_name():
    config = json.loads(two_towers().to_json())
    config["config"]["layers"][1]["class_name"] = "os.system"
    with pytest.raises(ValueError, match=r"Nothing is registered under the name 'os.system'"):
        model_from_json(json.dumps(config))


def test_names_address_layers_inside_models():
    inner = Sequential([layers.Dense(2, input_shape=(3,), name="deep")], name="inner")
    outer = Model(inputs := Input((3,)), inner(inputs))
    assert outer.get_layer("inner/deep") is inner.layers[0]
    assert outer.get_layer(index=1) is inner


def test_features_of_a_nested_layer_can_be_taken_out():
    inner = Sequential([layers.Dense(2, input_shape=(3,), name="deep"), layers.Dense(1)], name="inner")
    Model(inputs := Input((3,)), inner(inputs))
    features = Model(inner.input, inner.get_layer("deep").output)
    assert features.predict(DATA[0], verbose=0).shape == (6, 2)


def test_attributes_tell_what_a_layer_was_called_on():
    layer = layers.Dense(4)
    first, second = Input((3,)), Input((3,))
    out = [layer(first), layer(second)]
    assert layer.input == first
    assert layer.output == out[0]
    assert layer.get_input_at(1) == second
    assert layer.get_output_at(1) == out[1]
    assert layer.input_shape == (None, 3)
    assert layer.output_shape == (None, 4)
    assert layer.count_params() == 16


def test_a_frozen_model_freezes_what_is_in_it():
    model = two_towers()
    model.trainable = False
    assert model.trainable_weights == []
    assert len(model.non_trainable_weights) == len(model.weights)
    model.trainable = True
    assert [weight.name for weight in model.non_trainable_weights] == ["moving_mean", "moving_variance"]


def test_set_weights_and_get_weights_agree_and_give_copies():
    model = two_towers()
    values = [np.full(weight.shape, number, np.float32) for number, weight in enumerate(model.weights)]
    model.set_weights(values)
    values[0][:] = 99.0
    assert [float(value.flat[0]) for value in model.get_weights()] == [float(n) for n in range(len(values))]


def trained_model():
    model = Model(inputs := Input((8,)), layers.Dense(1)(layers.Dense(8, activation="relu")(inputs)))
    model.compile("adam", "mse", metrics=["mae"])
    x = np.ones((20, 8), np.float32)
    model.fit(x, x[:, :1], epochs=2, verbose=0, validation_split=0.2)
    model.predict(x, verbose=0)
    model.evaluate(x, x[:, :1], verbose=0)
    return model


def test_dropping_a_model_frees_its_arrays_and_its_compiled_programs():
    trained_model()  # what JAX itself keeps of single operations is made here
    gc.collect()
    before = len(jax.live_arrays())
    programs = len(jax.devices()[0].client.live_executables())
    model = trained_model()
    assert len(jax.live_arrays()) > before
    assert len(jax.devices()[0].client.live_executables()) > programs
    del model
    assert len(jax.live_arrays()) == before  # at once, without the garbage collector
    gc.collect()
    assert len(jax.devices()[0].client.live_executables()) <= programs


def test_input_and_output_names_follow_layers_or_keys_and_are_unique():
    shared = layers.Dense(1, name="score")
    a, b = Input((2,), name="a"), Input((2,), name="b")
    assert Model([a, b], [shared(a), shared(b)]).output_names == ["score", "score_1"]
    assert Model([a, b], {"first": shared(a), "second": [shared(b)]}).output_names == ["first", "second/0"]


@pytest.mark.parametrize(
    ("inputs", "given"),
    [
        (lambda a, b: [a, b], lambda x, y: [x, y]),
        (lambda a, b: (a, b), lambda x, y: (x, y)),
        (lambda a, b: [a, b], lambda x, y: {"b": y, "a": x}),
        (lambda a, b: {"one": a, "two": b}, lambda x, y: {"two": y, "one": x}),
        (lambda a, b: {"one": a, "two": b}, lambda x, y: [x, y]),
        (lambda a, b: {"pair": [a, b]}, lambda x, y: {"pair": [x, y]}),
        (lambda a, b: [a, [b]], lambda x, y: [x, [y]]),
    ],
    ids=["list", "tuple", "dict for a list", "dict", "list for a dict", "list in a dict", "list in a list"],
)
def test_inputs_of_any_structure_reach_the_tensor_they_are_meant_for(inputs, given):
    a, b = Input((3,), name="a"), Input((3,), name="b")
    model = Model(inputs(a, b), a - 2 * b)
    np.testing.assert_allclose(model.predict(given(*DATA), verbose=0), DATA[0] - 2 * DATA[1], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model(given(*DATA)), DATA[0] - 2 * DATA[1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("loss", "units", "kind"),
    [
        ("mse", 1, metrics.BinaryAccuracy),
        ("categorical_crossentropy", 3, metrics.CategoricalAccuracy),
        ("sparse_categorical_crossentropy", 3, metrics.SparseCategoricalAccuracy),
    ],
)
def test_the_metrics_of_a_model_are_objects_in_the_order_of_their_names(loss, units, kind):
    mine = metrics.MeanAbsoluteError(name="mine")
    model = Sequential([Input((3,)), layers.Dense(units)])
    assert model.metrics == []

    model.compile("sgd", loss, metrics=["accuracy", mine])

    assert [metric.name for metric in model.metrics] == model.metrics_names[1:]
    assert (type(model.metrics[0]), model.metrics[1]) == (kind, mine)
    assert model.metrics == model.metrics


def test_resetting_the_metrics_empties_them():
    mine = metrics.MeanAbsoluteError()
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[mine])
    mine.update_state([[1.0]], [[3.0]])

    model.reset_metrics()

    assert float(mine.result()) == 0


def test_a_method_that_keras_took_away_is_not_there_and_says_what_to_write():
    model = Sequential([Input((3,)), layers.Dense(1)], name="m")

    assert not hasattr(model, "predict_proba")
    with pytest.raises(AttributeError, match=r'Sequential "m" has no method predict_classes\.(.|\n)*argmax\(axis=-1\)'):
        model.predict_classes(DATA[0])
