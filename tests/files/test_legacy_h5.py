"""`.h5` files: those that genuine Keras 3 still writes, and configs as Keras 2 wrote them."""

import json
import warnings

import h5py
import jax
import numpy as np
import pytest

import plait
from plait import layers, saving
from plait.files import legacy_config
from plait.models.loading import model_from_config
from tests.files.models import MODELS, data, dense
from tests.files.test_keras_file import OPTIMIZERS, same, trained, trained_on
from tests.genuine import genuine_keras

# What no `.h5` file has ever held.
EXPRESSIBLE = [name for name in MODELS if name not in ("named",)]


@pytest.mark.first_rows(2)
@pytest.mark.parametrize("name", EXPRESSIBLE)
def test_a_model_that_keras_3_saved_is_opened(name, tmp_path):
    x, _ = data(name)
    with genuine_keras() as keras:
        theirs = trained(keras, name)
        theirs.save(tmp_path / "k.h5")
        expected = theirs.predict(x, verbose=0)
        further = trained_on(theirs, name)
    model = saving.load_model(tmp_path / "k.h5")
    same(model.predict(x, verbose=0), expected)
    if name != "sequential":  # dropout draws differ
        same(trained_on(model, name), further, rtol=1e-4)


@pytest.mark.parametrize("name", ["adam", "momentum", "rmsprop"])
def test_and_trained_further_from_the_state_of_its_optimizer(name, tmp_path):
    with genuine_keras() as keras:
        theirs = trained(keras, "dense", OPTIMIZERS[name](keras))
        theirs.save(tmp_path / "k.h5")
        expected = trained_on(theirs, "dense")
    same(trained_on(saving.load_model(tmp_path / "k.h5"), "dense"), expected, rtol=1e-4)


def test_weights_are_matched_by_name_if_so_asked(tmp_path):
    with genuine_keras() as keras:
        inputs = keras.Input((4,))
        hidden = keras.layers.Dense(8, name="kept")(inputs)
        theirs = keras.Model(inputs, keras.layers.Dense(2, name="other")(hidden))
        theirs.save(tmp_path / "k.h5")
        kernel = np.asarray(theirs.get_layer("kept").kernel)
    inputs = plait.Input((4,))
    model = plait.Model(inputs, layers.Dense(3, name="new")(layers.Dense(8, name="kept")(inputs)))
    before = model.get_layer("new").get_weights()
    model.load_weights(tmp_path / "k.h5", by_name=True)
    same(model.get_layer("kept").kernel.numpy(), kernel, rtol=0, atol=0)
    same(model.get_layer("new").get_weights(), before, rtol=0, atol=0)


def test_weights_that_do_not_fit_are_listed(tmp_path):
    with genuine_keras() as keras:
        dense(keras).save(tmp_path / "k.h5")
    inputs = plait.Input((4,))
    model = plait.Model(inputs, layers.Dense(2)(layers.Dense(9)(inputs)))
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"dense/kernel \(4, 9\)") as caught:
        model.load_weights(tmp_path / "k.h5")
    assert "(4, 8)" in str(caught.value)
    same(model.get_weights(), before, rtol=0, atol=0)


def of_keras_2(class_name, **config):
    return {"class_name": class_name, "config": config}


INITIALIZER = of_keras_2("VarianceScaling", scale=1.0, mode="fan_avg", distribution="uniform", seed=None)
FUNCTIONAL = of_keras_2(
    "Model",
    name="model_1",
    layers=[
        {
            **of_keras_2("InputLayer", batch_input_shape=[None, 4], dtype="float32", sparse=False, name="a"),
            "name": "a",
            "inbound_nodes": [],
        },
        {
            **of_keras_2("InputLayer", batch_input_shape=[None, 4], dtype="float32", sparse=False, name="b"),
            "name": "b",
            "inbound_nodes": [],
        },
        {
            **of_keras_2(
                "Dense", name="shared", trainable=True, units=3, activation="hard_sigmoid", use_bias=True,
                kernel_initializer=INITIALIZER, bias_initializer=of_keras_2("Zeros"), kernel_regularizer=None,
                bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None,
            ),
            "name": "shared",
            "inbound_nodes": [[["a", 0, 0, {}]], [["b", 0, 0, {}]]],
        },
        {
            **of_keras_2("Concatenate", name="joined", trainable=True, axis=-1),
            "name": "joined",
            "inbound_nodes": [[["shared", 0, 0, {}], ["shared", 1, 0, {}]]],
        },
    ],
    input_layers=[["a", 0, 0], ["b", 0, 0]],
    output_layers=[["joined", 0, 0]],
)  # fmt: skip


def test_a_graph_as_keras_2_wrote_it():
    model = model_from_config(legacy_config.modern(FUNCTIONAL, is_keras_2=True))
    a, b = (np.random.default_rng(n).normal(size=(2, 4)).astype("float32") for n in (0, 1))
    kernel = model.get_layer("shared").kernel.numpy()
    # The hard_sigmoid of Keras 2.
    expected = np.clip(0.2 * np.concatenate([a @ kernel, b @ kernel], axis=-1) + 0.5, 0, 1)
    same(model.predict([a, b], verbose=0), expected)


@pytest.mark.parametrize("wrapped", [lambda inner: inner, lambda inner: {"name": "s", "layers": inner}])
def test_a_chain_as_keras_2_wrote_it(wrapped):
    inner = [
        of_keras_2("Dense", name="first", units=3, activation="relu", batch_input_shape=[None, 4], dtype="float32"),
        of_keras_2("Dense", name="second", units=2),
    ]
    model = model_from_config(legacy_config.modern(of_keras_2("Sequential") | {"config": wrapped(inner)}, True))
    assert [layer.name for layer in model.layers] == ["first", "second"]
    assert model.output_shape == (None, 2)


def test_what_names_meant_before_keras_3_is_kept():
    lstm = of_keras_2("LSTM", name="l", units=2, recurrent_activation="hard_sigmoid", batch_input_shape=[None, 3, 4])
    gru = of_keras_2("GRU", name="g", units=2, batch_input_shape=[None, 3, 4])
    for layer, attribute, expected in (
        (lstm, "recurrent_activation", plait.activations.hard_sigmoid_of_keras_2),
        (gru, "reset_after", False),
    ):
        model = model_from_config(legacy_config.modern(of_keras_2("Sequential") | {"config": [layer]}, True))
        assert getattr(model.layers[0], attribute) == expected


def test_a_file_of_keras_2_is_opened(tmp_path):
    model = model_from_config(legacy_config.modern(FUNCTIONAL, is_keras_2=True))
    kernel, bias = (
        np.random.default_rng(n).normal(size=shape).astype("float32") for n, shape in enumerate([(4, 3), 3])
    )
    training = {
        "optimizer_config": of_keras_2(
            "Adam", lr=0.005, beta_1=0.9, beta_2=0.999, decay=0.1, epsilon=1e-7, amsgrad=False
        ),
        "loss": "mse",
        "metrics": ["mae"],
        "sample_weight_mode": None,
        "loss_weights": None,
    }
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = b"2.2.4", b"tensorflow"
        file.attrs["model_config"] = json.dumps(FUNCTIONAL).encode()
        file.attrs["training_config"] = json.dumps(training).encode()
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"a", b"b", b"shared", b"joined"]
        for name in ("a", "b", "joined"):
            group.create_group(name).attrs["weight_names"] = np.array([], "S1")
        shared = group.create_group("shared")
        shared.attrs["weight_names"] = [b"shared/kernel:0", b"shared/bias:0"]
        shared.create_dataset("shared/kernel:0", data=kernel)
        shared.create_dataset("shared/bias:0", data=bias)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = saving.load_model(tmp_path / "m.h5")
    same(model.get_weights(), [kernel, bias], rtol=0, atol=0)
    assert (model.optimizer.learning_rate, model.optimizer.decay) == (0.005, 0.1)
    assert jax.tree.leaves(model.loss) == ["mse"]
