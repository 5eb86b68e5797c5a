"""Files for Keras 2 and of Keras 2, held to what genuine Keras 2.2.4 has: `golden/make_keras_2.py` wrote it."""

import json
import pathlib

import numpy as np
import pytest

import plait
from plait import layers, saving
from plait.core import registry
from plait.files import keras_2_config
from tests.files.formats import ROWS_OF_KERAS_2
from tests.files.models_of_keras_2 import MODELS, data, filled
from tests.files.test_keras_file import same

HERE = pathlib.Path(__file__).parent / "golden"
GOLDEN = json.loads((HERE / "keras_2.json").read_text())
STEEP = "hard_sigmoid_of_keras_2"


def made(name):
    return filled(MODELS[name](plait, STEEP))


def predicted(model, name):
    found = model.predict(data(name), verbose=0)
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize("name", MODELS)
def test_keras_2_computes_what_plait_computes(name):
    same(predicted(made(name), name), [np.asarray(array) for array in GOLDEN[name]["predicted"]])


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("row", ROWS_OF_KERAS_2[1:2], ids=str)
def test_a_config_for_keras_2_is_the_one_that_keras_2_writes(row, name):
    assert_within(keras_2_config.ancient(registry.serialize(made(name))), GOLDEN[name]["config"])


def assert_within(ours, theirs):
    """Makes sure that each value of ours is theirs; they may say more, as the dtype of each layer."""
    if isinstance(theirs, dict):
        if "layers" in theirs:
            # Keras 2 writes the shape of a chain's input with its first layer, and reads it of an InputLayer too.
            chain = [one for one in ours["layers"] if one["class_name"] != "InputLayer" or "inbound_nodes" in one]
            ours = {**ours, "layers": chain}
        for key, value in ours.items():
            # Each has its own way to compute, and its own name for the layer that Bidirectional copies.
            if key != "implementation" and not (key == "name" and str(value).startswith("forward_")):
                assert_within(value, theirs[key])
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            assert_within(one, other)
    else:
        assert ours == (pytest.approx(theirs, rel=1e-6) if isinstance(theirs, float) else theirs)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("row", ROWS_OF_KERAS_2[:1], ids=str)
def test_plait_opens_what_it_saved_for_keras_2(row, name, tmp_path):
    model = made(name)
    model.save(tmp_path / "m.h5", keras_version=2)
    again = saving.load_model(tmp_path / "m.h5")
    same(again.get_weights(), model.get_weights(), rtol=0, atol=0)
    same(predicted(again, name), predicted(model, name))


@pytest.mark.parametrize("name", ["text", "towers"])
@pytest.mark.parametrize("row", ROWS_OF_KERAS_2[2:], ids=str)
def test_plait_opens_what_keras_2_saved(row, name):
    model = saving.load_model(HERE / f"keras_2_{name}.h5")
    same(model.get_weights(), made(name).get_weights(), rtol=0, atol=0)
    same(predicted(model, name), [np.asarray(array) for array in GOLDEN[name]["predicted"]])
    assert type(model.optimizer) is plait.optimizers.Adam


def chain(*between, shape=(4,)):
    return plait.Sequential([plait.Input(shape), *between])


def masked():
    both = layers.Bidirectional(layers.LSTM(2, return_sequences=True))
    return chain(layers.Embedding(5, 3, mask_zero=True), both, shape=(4,))


def other_way_back():
    return chain(layers.Bidirectional(layers.LSTM(2), backward_layer=layers.GRU(2, go_backwards=True)), shape=(3, 4))


def by_name():
    inputs = plait.Input((4,))
    return plait.Model(inputs, {"named": layers.Dense(2)(inputs)})


REFUSED = {
    "a layer": (lambda: chain(layers.LayerNormalization()), "LayerNormalization"),
    "an activation": (lambda: chain(layers.Dense(2, "gelu")), "gelu"),
    "the hard sigmoid of Keras 3": (lambda: chain(layers.Dense(2, "hard_sigmoid")), "hard_sigmoid"),
    "groups": (lambda: chain(layers.Conv1D(4, 3, groups=2), shape=(8, 4)), "groups=2"),
    "a kernel for each place, in another form": (
        lambda: chain(layers.LocallyConnected1D(4, 3, implementation=2), shape=(8, 4)),
        "implementation=2",
    ),
    "such kernels along one axis, channels first": (
        lambda: chain(layers.LocallyConnected1D(4, 3, data_format="channels_first"), shape=(4, 8)),
        "data_format='channels_first'",
    ),
    "kept axes": (lambda: chain(layers.GlobalMaxPooling1D(keepdims=True), shape=(8, 4)), "keepdims=True"),
    "a policy": (lambda: chain(layers.Dense(2, dtype="mixed_bfloat16")), "mixed_bfloat16"),
    "a function": (lambda: plait.Model(x := plait.Input((4,)), plait.ops.exp(x)), "Exp"),
    "a dict of outputs": (by_name, "a dict"),
    "masked steps": (masked, "masked"),
    "another layer for the way back": (other_way_back, "way back"),
}


@pytest.mark.parametrize(("make", "words"), REFUSED.values(), ids=REFUSED)
def test_a_model_that_keras_2_has_not_is_refused(make, words, tmp_path):
    with pytest.raises(ValueError, match=words):
        make().save(tmp_path / "m.h5", keras_version=2)
    assert list(tmp_path.iterdir()) == []
