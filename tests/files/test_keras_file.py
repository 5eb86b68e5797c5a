"""`.keras` files, both ways between Plait and genuine Keras."""

import json
import os
import signal
import subprocess
import sys
import time
import warnings
import zipfile

import h5py
import jax
import numpy as np
import optax
import pytest

import plait
from plait import Model, layers, losses, saving
from plait.files import archive_writer, layout
from tests.files.models import MODELS, data, dense, sequential
from tests.genuine import genuine_keras
from tests.rows import where

# What dropout draws is another thing in each run.
RANDOM = ["sequential"]


def same(ours, theirs, rtol=1e-5, atol=1e-5):
    ours, theirs = jax.tree.leaves(ours), jax.tree.leaves(theirs)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)


def trained(K, name, optimizer="adam", **compiled):
    """Returns a model after two steps."""
    model = MODELS[name](K)
    x, y = data(name)
    model.compile(optimizer, "mse", metrics=None if name in ("many", "named") else ["mae"], **compiled)
    model.fit(x, y, batch_size=6, epochs=1, shuffle=False, verbose=0)
    return model


def trained_on(model, name):
    """Returns the losses of two more epochs."""
    return model.fit(*data(name), batch_size=6, epochs=2, shuffle=False, verbose=0).history["loss"]


@pytest.mark.parametrize("name", MODELS)
def test_weights_are_where_keras_keeps_them(name, tmp_path):
    model = MODELS[name](plait)
    ours = {place.dataset(n): w.shape for place in layout.places(model) for n, w in enumerate(place.weights)}
    with genuine_keras() as keras:
        MODELS[name](keras).save_weights(tmp_path / "k.weights.h5")
    theirs = {}
    with h5py.File(tmp_path / "k.weights.h5") as file:
        file.visititems(lambda path, one: theirs.update({path: one.shape} if isinstance(one, h5py.Dataset) else {}))
    assert ours == theirs


@pytest.mark.first_rows(1)
@pytest.mark.parametrize("name", MODELS)
def test_a_model_comes_back_as_it_was(name, tmp_path):
    model = trained(plait, name)
    model.save(tmp_path / "m.keras")
    again = saving.load_model(tmp_path / "m.keras")
    x, _ = data(name)
    assert type(again) is type(model)
    assert again.get_config() == model.get_config()
    same(again.predict(x, verbose=0), model.predict(x, verbose=0), rtol=0, atol=0)
    same(again.get_weights(), model.get_weights(), rtol=0, atol=0)
    if name not in RANDOM:
        same(trained_on(again, name), trained_on(model, name), rtol=0, atol=0)


@pytest.mark.first_rows(1)
@pytest.mark.parametrize("name", MODELS)
def test_keras_opens_what_plait_saves_and_goes_on(name, tmp_path):
    model = trained(plait, name)
    model.save(tmp_path / "m.keras")
    x, _ = data(name)
    expected = model.predict(x, verbose=0)
    with genuine_keras() as keras:
        theirs = keras.saving.load_model(tmp_path / "m.keras")
        same(expected, theirs.predict(x, verbose=0))
        if name not in RANDOM:
            same(trained_on(model, name), trained_on(theirs, name), rtol=1e-4)


@pytest.mark.first_rows(2)
@pytest.mark.parametrize("name", MODELS)
def test_plait_opens_what_keras_saves_and_goes_on(name, tmp_path):
    x, _ = data(name)
    with genuine_keras() as keras:
        theirs = trained(keras, name)
        theirs.save(tmp_path / "k.keras")
        expected = theirs.predict(x, verbose=0)
        further = trained_on(theirs, name)
    model = saving.load_model(tmp_path / "k.keras")
    same(model.predict(x, verbose=0), expected)
    if name not in RANDOM:
        same(trained_on(model, name), further, rtol=1e-4)


OPTIMIZERS = {
    "sgd": lambda K: K.optimizers.SGD(0.01),
    "momentum": lambda K: K.optimizers.SGD(0.01, momentum=0.9, nesterov=True),
    "adam": lambda K: K.optimizers.Adam(0.01),
    "amsgrad": lambda K: K.optimizers.Adam(0.01, amsgrad=True, weight_decay=0.01),
    "adamw": lambda K: K.optimizers.AdamW(0.01),
    "adamax": lambda K: K.optimizers.Adamax(0.01),
    "nadam": lambda K: K.optimizers.Nadam(0.01),
    "lamb": lambda K: K.optimizers.Lamb(0.01),
    "rmsprop": lambda K: K.optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    "adagrad": lambda K: K.optimizers.Adagrad(0.01),
    "adadelta": lambda K: K.optimizers.Adadelta(0.01),
    "ftrl": lambda K: K.optimizers.Ftrl(0.01),
    "lion": lambda K: K.optimizers.Lion(0.01),
    "averaged": lambda K: K.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.5),
    "accumulating": lambda K: K.optimizers.SGD(0.01, momentum=0.9, gradient_accumulation_steps=4),
    "scaling the loss": lambda K: K.optimizers.LossScaleOptimizer(K.optimizers.Adam(0.01, amsgrad=True)),
    "scheduled": lambda K: K.optimizers.Adam(K.optimizers.schedules.ExponentialDecay(0.01, 3, 0.5)),
}


# These keep for each weight what another of the list keeps.
KEPT_BY_OTHERS = ("adamw", "adamax", "lamb", "lion")


@pytest.mark.first_rows(1)
@pytest.mark.parametrize("name", where([(name,) for name in OPTIMIZERS], lambda name: name not in KEPT_BY_OTHERS))
def test_the_state_of_every_optimizer_goes_both_ways(name, tmp_path):
    model = trained(plait, "dense", OPTIMIZERS[name](plait))
    model.save(tmp_path / "m.keras")
    with genuine_keras() as keras:
        theirs = keras.saving.load_model(tmp_path / "m.keras")
        theirs.save(tmp_path / "k.keras")
        expected = trained_on(theirs, "dense")
    same(trained_on(model, "dense"), expected, rtol=1e-4)
    same(trained_on(saving.load_model(tmp_path / "k.keras"), "dense"), expected, rtol=1e-4)


def test_a_learning_rate_that_was_set_is_kept(tmp_path):
    model = trained(plait, "dense")
    model.optimizer.learning_rate = 0.5
    model.save(tmp_path / "m.keras")
    assert saving.load_model(tmp_path / "m.keras").optimizer.learning_rate == 0.5


def test_a_model_may_be_loaded_without_its_training(tmp_path):
    trained(plait, "dense").save(tmp_path / "m.keras")
    assert saving.load_model(tmp_path / "m.keras", compile=False).optimizer is None


def test_an_untrained_model_has_no_loss_yet(tmp_path):
    model = dense(plait)
    model.save(tmp_path / "m.keras")
    same(saving.load_model(tmp_path / "m.keras").get_weights(), model.get_weights(), rtol=0, atol=0)


@saving.register_keras_serializable("tests")
class Scaled(layers.Layer):
    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones")

    def call(self, inputs):
        return self.factor * self.scale[None] * inputs


@saving.register_keras_serializable("tests")
class Own(Model):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.blocks = [layers.Dense(units), Scaled(2.0)]
        self.head = layers.Dense(2)

    def call(self, inputs):
        for block in self.blocks:
            inputs = block(inputs)
        return self.head(inputs)


@saving.register_keras_serializable("tests")
def cubed(y_true, y_pred):
    return abs(y_true - y_pred) ** 3


def test_registered_layers_models_and_losses_come_back(tmp_path):
    model = Own(3)
    x, y = data("dense")
    model.compile("adam", cubed)
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "m.keras")
    again = saving.load_model(tmp_path / "m.keras")
    assert (type(again), again.units) == (Own, 3)
    same(again.predict(x, verbose=0), model.predict(x, verbose=0), rtol=0, atol=0)
    same(again.evaluate(x, y, verbose=0), model.evaluate(x, y, verbose=0), rtol=0, atol=0)


def test_a_loss_that_cannot_be_written_is_left_out_and_said(tmp_path):
    model = dense(plait)
    model.compile("sgd", lambda y_true, y_pred: abs(y_true - y_pred))
    with pytest.warns(UserWarning, match="saved without what compile"):
        model.save(tmp_path / "m.keras")
    assert saving.load_model(tmp_path / "m.keras").optimizer is None


def test_an_optimizer_that_keras_has_no_place_for_starts_anew_which_is_said(tmp_path):
    model = dense(plait)
    model.compile(optax.sgd(0.01, momentum=0.9), "mse")
    model.fit(*data("dense"), verbose=0)
    with pytest.warns(UserWarning, match="saved without how far its optimizer is"):
        model.save_weights(tmp_path / "m.weights.h5")
    other = dense(plait)
    other.load_weights(tmp_path / "m.weights.h5")
    same(other.get_weights(), model.get_weights(), rtol=0, atol=0)


# The loss is taken a million times, so that some of these steps are left out, and others are not.
def scaling(K):
    return K.optimizers.LossScaleOptimizer(K.optimizers.Adam(0.01), initial_scale=2.0**108, dynamic_growth_steps=2)


def scale(model):
    """Returns the scale of the loss, how many steps it has stood, and how many there were that were not left out."""
    slots = model.optimizer.slots_in_use()
    return float(slots.scale), int(slots.good_steps), model.optimizer.iterations


def scale_in_keras(model):
    optimizer = model.optimizer
    return float(optimizer.dynamic_scale), int(optimizer.step_counter), int(optimizer.iterations)


def test_the_scale_of_a_loss_goes_both_ways(tmp_path):
    model = trained(plait, "dense", scaling(plait), loss_weights=[1e6])
    assert scale(model)[0] == 2.0**109
    model.save(tmp_path / "m.keras")
    with genuine_keras() as keras, warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        theirs = keras.saving.load_model(tmp_path / "m.keras")
        assert [one for one in said if "Skipping variable loading" in str(one.message)] == []
        assert scale_in_keras(theirs) == scale(model)
        theirs.save(tmp_path / "k.keras")
        expected, after = trained_on(theirs, "dense"), scale_in_keras(theirs)
    for one in (model, saving.load_model(tmp_path / "k.keras")):
        same(trained_on(one, "dense"), expected, rtol=1e-4)
        assert scale(one) == after


def test_an_old_file_of_kerass_has_the_scale_too(tmp_path):
    with genuine_keras() as keras:
        theirs = trained(keras, "dense", scaling(keras), loss_weights=[1e6])
        theirs.save(tmp_path / "k.h5")
        kept, expected = scale_in_keras(theirs), trained_on(theirs, "dense")
    model = saving.load_model(tmp_path / "k.h5")
    assert scale(model) == kept
    same(trained_on(model, "dense"), expected, rtol=1e-4)


def test_the_optimizer_inside_is_where_keras_has_it(tmp_path):
    trained(plait, "dense", scaling(plait)).save_weights(tmp_path / "m.weights.h5")
    with genuine_keras() as keras:
        trained(keras, "dense", scaling(keras)).save_weights(tmp_path / "k.weights.h5")
    with h5py.File(tmp_path / "m.weights.h5") as ours, h5py.File(tmp_path / "k.weights.h5") as theirs:
        for group in ("optimizer/vars", "optimizer/inner_optimizer/vars"):
            assert ours[group].keys() == theirs[group].keys()
            for name, array in theirs[group].items():
                assert (ours[group][name].shape, ours[group][name].dtype) == (array.shape, array.dtype)


def in_mixed_float16(config, make):
    """Returns what is made while this is the policy of every new layer."""
    config.set_dtype_policy("mixed_float16")
    try:
        return make()
    finally:
        config.set_dtype_policy("float32")


def test_a_model_of_kerass_in_mixed_float16_is_trained_on_where_that_is_not_the_policy(tmp_path):
    with genuine_keras() as keras:
        theirs = in_mixed_float16(keras.config, lambda: trained(keras, "dense"))
        theirs.save(tmp_path / "k.keras")
        kept, expected = scale_in_keras(theirs), trained_on(theirs, "dense")
    model = saving.load_model(tmp_path / "k.keras")
    assert type(model.optimizer) is plait.optimizers.LossScaleOptimizer
    assert scale(model) == kept == (2.0**15, 2, 2)
    same(trained_on(model, "dense"), expected, rtol=2**-8)


def test_keras_trains_a_model_in_mixed_float16_on_where_that_is_not_its_policy(tmp_path):
    model = in_mixed_float16(plait.config, lambda: trained(plait, "dense"))
    model.save(tmp_path / "m.keras")
    with genuine_keras() as keras:
        theirs = keras.saving.load_model(tmp_path / "m.keras")
        assert scale_in_keras(theirs) == scale(model)
        same(trained_on(model, "dense"), trained_on(theirs, "dense"), rtol=2**-8)


def test_a_scale_of_another_shape_is_not_taken(tmp_path):
    trained(plait, "dense", scaling(plait)).save_weights(tmp_path / "m.weights.h5")
    with h5py.File(tmp_path / "m.weights.h5", "r+") as file:
        del file["optimizer/vars/3"]
        file["optimizer/vars/3"] = np.ones(2, "float32")
    model = trained(plait, "dense", scaling(plait))
    with pytest.warns(UserWarning, match=r'starts anew, .* keeps "scale" of shape \(\), got \(2,\)'):
        model.load_weights(tmp_path / "m.weights.h5")


def test_weights_alone_go_both_ways(tmp_path):
    model = sequential(plait)
    model.save_weights(tmp_path / "m.weights.h5")
    x, _ = data("sequential")
    with genuine_keras() as keras:
        theirs = sequential(keras)
        theirs.load_weights(tmp_path / "m.weights.h5")
        same(model.predict(x, verbose=0), theirs.predict(x, verbose=0))
        theirs.set_weights([weight + 1 for weight in theirs.get_weights()])
        theirs.save_weights(tmp_path / "k.weights.h5")
        expected = theirs.predict(x, verbose=0)
    model.load_weights(tmp_path / "k.weights.h5")
    same(model.predict(x, verbose=0), expected)


def test_the_weights_in_a_whole_file_are_taken_too(tmp_path):
    model = dense(plait)
    model.save(tmp_path / "m.keras")
    other = dense(plait)
    other.load_weights(tmp_path / "m.keras")
    same(other.get_weights(), model.get_weights(), rtol=0, atol=0)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "mixed_bfloat16"])
def test_half_precision_goes_both_ways(dtype, tmp_path):
    def make(K):
        inputs = K.Input((4,))
        return K.Model(inputs, K.layers.Dense(2, dtype=dtype)(inputs))

    model = make(plait)
    model.save(tmp_path / "m.keras")
    expected = [np.asarray(one, "float32") for one in model.get_weights()]
    with genuine_keras() as keras:
        theirs = keras.saving.load_model(tmp_path / "m.keras")
        same([np.asarray(one, "float32") for one in theirs.get_weights()], expected, rtol=0, atol=0)
        theirs.save(tmp_path / "k.keras")
    again = saving.load_model(tmp_path / "k.keras")
    assert [weight.dtype for weight in again.weights] == [weight.dtype for weight in model.weights]
    same([np.asarray(one, "float32") for one in again.get_weights()], expected, rtol=0, atol=0)


# ---------------------------------------------------------------------------------------- what does not fit


def wider(K=plait):
    inputs = K.Input((4,))
    return K.Model(inputs, K.layers.Dense(2)(K.layers.Dense(9)(inputs)))


def deeper(K=plait):
    inputs = K.Input((4,))
    return K.Model(inputs, K.layers.Dense(2)(K.layers.Dense(2)(K.layers.Dense(8)(inputs))))


def test_weights_that_do_not_fit_are_listed_and_nothing_is_changed(tmp_path):
    dense(plait).save_weights(tmp_path / "m.weights.h5")
    # What a row says: the path in the file, what the model has there, what the file has.
    for model, wanted in (
        (wider(), ["layers/dense/vars/0", "dense/kernel (4, 9)", "(4, 8)"]),
        (deeper(), ["layers/dense_2/vars/0", "nothing"]),
        (plait.Sequential([plait.Input((4,)), layers.Dense(8)]), ["layers/dense_1/vars/0", "nothing", "(8, 2)"]),
    ):
        before = model.get_weights()
        with pytest.raises(ValueError, match="do not fit each other") as caught:
            model.load_weights(tmp_path / "m.weights.h5")
        assert all(word in str(caught.value) for word in wanted)
        same(model.get_weights(), before, rtol=0, atol=0)


def test_what_is_skipped_is_listed(tmp_path):
    source, model = dense(plait), deeper()
    source.save_weights(tmp_path / "m.weights.h5")
    with pytest.warns(UserWarning, match="layers/dense_2/vars/0"):
        model.load_weights(tmp_path / "m.weights.h5", skip_mismatch=True)
    same(model.get_weights()[0], source.get_weights()[0], rtol=0, atol=0)


def test_a_load_that_matches_nothing_is_an_error(tmp_path):
    dense(plait).save_weights(tmp_path / "m.weights.h5")
    inputs = plait.Input((4, 4))
    model = Model(inputs, layers.LSTM(3)(inputs))
    with pytest.raises(ValueError, match="Nothing in the file fits"):
        model.load_weights(tmp_path / "m.weights.h5", skip_mismatch=True)


WRONG = {
    "another ending": (lambda path: dense(plait).save(path / "m.model"), ValueError, "ends with '.keras'"),
    "weights to another ending": (lambda path: dense(plait).save_weights(path / "m.keras"), ValueError, ".weights.h5"),
    "no such folder": (
        lambda path: dense(plait).save(path / "no" / "m.keras"),
        FileNotFoundError,
        "There is no folder",
    ),
    "no such file": (lambda path: saving.load_model(path / "m.keras"), FileNotFoundError, "There is no file"),
    "not built": (lambda path: Own(3).save(path / "m.keras"), ValueError, "is not built"),
}


@pytest.mark.parametrize(("mistake", "kind", "words"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_explained(mistake, kind, words, tmp_path):
    with pytest.raises(kind) as caught:
        mistake(tmp_path)
    assert words in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_may_be_kept(tmp_path):
    dense(plait).save(tmp_path / "m.keras")
    with pytest.raises(FileExistsError, match="overwrite is False"):
        dense(plait).save(tmp_path / "m.keras", overwrite=False)


# ---------------------------------------------------------------------------------------- whole or not at all

SAVING = """
import sys
import plait
from plait import layers
inputs = plait.Input((1000,))
model = plait.Model(inputs, layers.Dense(2000)(inputs))
model.get_weights()
print("ready", flush=True)
while True:
    model.save(sys.argv[1])
"""


def test_a_process_that_is_killed_while_it_saves_leaves_a_whole_file(tmp_path):
    target = tmp_path / "m.keras"
    process = subprocess.Popen([sys.executable, "-c", SAVING, str(target)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    random = np.random.default_rng(0)
    kills = 0
    while kills < 5:
        time.sleep(0.3 + random.uniform(0, 0.05))
        os.kill(process.pid, signal.SIGSTOP)
        # What a kill at this moment would leave.
        if target.exists():
            assert saving.load_model(target).count_params() == 2_002_000
            kills += 1
        os.kill(process.pid, signal.SIGCONT)
    process.kill()
    process.communicate()
    assert saving.load_model(target).count_params() == 2_002_000


def test_a_save_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    model = dense(plait)
    model.save(tmp_path / "m.keras")
    before = (tmp_path / "m.keras").read_bytes()
    monkeypatch.setattr(archive_writer, "_checksum", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(OSError, match="No space left"):
        model.save(tmp_path / "m.keras")
    assert [path.name for path in tmp_path.iterdir()] == ["m.keras"]
    assert (tmp_path / "m.keras").read_bytes() == before


def test_the_config_names_what_keras_calls_it(tmp_path):
    model = trained(plait, "dense")
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        assert archive.namelist() == ["metadata.json", "config.json", "model.weights.h5"]
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}
        config = json.loads(archive.read("config.json"))
    assert config["compile_config"]["loss"] == "mse"
    assert losses.get(config["compile_config"]["loss"]).name == "mean_squared_error"
