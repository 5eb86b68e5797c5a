"""Weights of CuDNNLSTM and CuDNNGRU in files of genuine Keras 2.2.4 and 2.15: what LSTM and GRU make of them.

That Plait opens these files, and predicts what Keras predicted with the same weights, is in `test_golden.py`.
"""

import h5py
import numpy as np
import pytest

import plait
from plait import activations, layers, saving
from plait.files import contents, legacy_config
from plait.models.loading import model_from_config
from tests.files.test_golden import GOLDEN, assert_predicts, expected, extracted


def archive(name, version="2.2"):
    return GOLDEN / f"keras_{version}" / f"cudnn_{name}.zip"


def chain(kind, features=3, units=4, **settings):
    inputs = plait.Input((5, features))
    hidden = kind(units, return_sequences=True, name="first", **settings)(inputs)
    return plait.Model(inputs, layers.Dense(2, name="head")(kind(2, name="second", **settings)(hidden)))


def bidirectional():
    inside, inputs = plait.Input((5, 3)), plait.Input((5, 3))
    lstm = layers.Bidirectional(layers.LSTM(2, return_sequences=True), name="lstm")
    hidden = plait.Model(inside, lstm(inside), name="inner")(inputs)
    return plait.Model(inputs, layers.Bidirectional(layers.GRU(3), name="gru")(hidden))


MODELS = {"lstm": lambda: chain(layers.LSTM), "gru": lambda: chain(layers.GRU), "bidirectional": bidirectional}


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_a_model_without_layers_of_cudnn_takes_their_weights(name, by_name, tmp_path):
    model = MODELS[name]()
    model.load_weights(extracted(archive(name), "model.h5", tmp_path), by_name=by_name)
    assert_predicts(model, expected(archive(name)))


@pytest.mark.parametrize("name", MODELS)
def test_it_takes_them_from_where_later_versions_keep_them(name, tmp_path):
    model = MODELS[name]()
    model.load_weights(extracted(archive(name, "2.15"), "alone.weights.h5", tmp_path))
    assert_predicts(model, expected(archive(name, "2.15")))


def test_of_layers_of_both_kinds_in_one_such_file_nothing_says_which_is_which(tmp_path):
    path = extracted(archive("lstm", "2.15"), "alone.weights.h5", tmp_path)
    with h5py.File(path, "r+") as file:
        file.move("layers/cu_dnnlstm_1", "layers/lstm/cell")
    with pytest.raises(ValueError, match=r"layers/lstm_1/cell/vars/0 +second/kernel"):
        MODELS["lstm"]().load_weights(path)


def test_cells_take_them_too(tmp_path):
    model = chain(lambda units, **settings: layers.RNN(layers.LSTMCell(units), **settings))
    model.load_weights(extracted(archive("lstm"), "alone.h5", tmp_path))
    assert_predicts(model, expected(archive("lstm")))


def test_layers_of_cudnn_become_lstm_and_gru_with_the_settings_that_it_has(tmp_path):
    made = {name: saving.load_model(extracted(archive(name), "model.h5", tmp_path)) for name in ("lstm", "gru")}
    lstm, gru = (model.get_layer("first") for model in made.values())
    assert (type(lstm), type(gru)) == (layers.LSTM, layers.GRU)
    assert {layer.recurrent_activation for layer in (lstm, gru)} == {activations.sigmoid}
    assert gru.reset_after
    assert type(made["lstm"].optimizer) is plait.optimizers.Adam


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_and_are_saved_as_these(ending, tmp_path):
    saving.load_model(extracted(archive("lstm"), "model.h5", tmp_path)).save(tmp_path / f"again{ending}")
    found = [layer.class_name for layer in contents.of(tmp_path / f"again{ending}").layers()]
    assert found == ["InputLayer", "LSTM", "LSTM", "Dense"]
    assert_predicts(saving.load_model(tmp_path / f"again{ending}"), expected(archive("lstm")))


def test_what_is_in_such_a_file_is_said_to_be_known(tmp_path):
    found = list(contents.of(extracted(archive("bidirectional"), "model.h5", tmp_path)).layers())
    assert {"CuDNNLSTM", "CuDNNGRU"} <= {layer.class_name for layer in found}
    assert all(layer.is_known for layer in found)


@pytest.mark.parametrize("words", [{}, {"module": "keras.layers", "registered_name": None}], ids=["older", "newer"])
def test_tf_keras_says_it_in_its_own_words(words):
    config = {"name": "first", "units": 2, "go_backwards": True, "time_major": False, "batch_input_shape": [None, 5, 3]}
    written = {"class_name": "CuDNNLSTM", "config": config, **words}
    described = {"class_name": "Sequential", "config": {"name": "chain", "layers": [written]}}
    (layer,) = model_from_config(legacy_config.modern(described, is_keras_2=True)).layers
    assert type(layer) is layers.LSTM
    assert layer.go_backwards


MISFITS = {
    "a GRU that resets before": ("gru", lambda: chain(layers.GRU, reset_after=False), 'GRU "first" resets before'),
    "other features": ("lstm", lambda: chain(layers.LSTM, features=2), r"first/kernel \(2, 16\) +\(3, 16\)"),
    "other units": ("lstm", lambda: chain(layers.LSTM, units=3), r"first/bias \(12,\) +\(32,\)"),
    "no bias": ("lstm", lambda: chain(layers.LSTM, use_bias=False), r"nothing +\(32,\)"),
    "another kind of layer": ("lstm", lambda: chain(layers.GRU), r"first/bias \(2, 12\) +\(32,\)"),
}


@pytest.mark.parametrize(("name", "make", "words"), MISFITS.values(), ids=MISFITS)
def test_weights_that_do_not_fit_are_refused(name, make, words, tmp_path):
    model = make()
    before = model.get_weights()
    with pytest.raises(ValueError, match=words):
        model.load_weights(extracted(archive(name), "model.h5", tmp_path))
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_of_a_layer_that_fits_in_part_the_rest_is_converted(tmp_path):
    path, model = extracted(archive("lstm"), "alone.h5", tmp_path), chain(layers.LSTM, features=2)
    with pytest.warns(UserWarning, match=r"first/kernel \(2, 16\)"):
        model.load_weights(path, skip_mismatch=True)
    with h5py.File(path) as file:
        held = file["first"]
        _, recurrent_kernel, bias = (held[name][()] for name in held.attrs["weight_names"])
    transposed = [gate.T for gate in np.split(recurrent_kernel, 4, axis=1)]
    np.testing.assert_array_equal(model.get_layer("first").get_weights()[1], np.concatenate(transposed, axis=1))
    np.testing.assert_array_equal(model.get_layer("first").get_weights()[2], bias[:16] + bias[16:])


def test_an_optimizer_that_trained_other_weights_starts_anew(tmp_path):
    path = extracted(archive("lstm"), "model.h5", tmp_path)
    with h5py.File(path, "r+") as file:
        groups = [file["model_weights"][name] for name in ("first", "second", "head")]
        arrays = [group[name][()] for group in groups for name in group.attrs["weight_names"]]
        state = file.create_group("optimizer_weights")
        state.attrs["weight_names"] = [f"slot_{number}".encode() for number in range(1 + 2 * len(arrays))]
        for name, array in zip(state.attrs["weight_names"], [np.int64(7), *arrays, *arrays], strict=True):
            state.create_dataset(name, data=array)
    with pytest.warns(UserWarning, match='starts anew.*"momentum/first/bias" of shape'):
        model = saving.load_model(path)
    assert_predicts(model, expected(archive("lstm")))
