"""Every kind of file, from whoever writes it to whoever reads it: weights to the bit, predictions to 1e-5."""

import json
import pathlib

import h5py
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest

import plait
from plait import layers, saving
from plait.core import names
from tests.files.formats import KINDS, LIBRARIES, ROWS, by_path, distinct, fresh, table
from tests.files.models import MODELS, data, dense
from tests.files.test_keras_file import Own, same, trained, trained_on
from tests.genuine import genuine_keras

ROOT = pathlib.Path(__file__).parents[2]
# The others take their time, and show little that these do not.
QUICK = ("many", "recurrent")


def cases():
    for row in ROWS:
        for name in MODELS:
            # Keras 3 cannot read the dicts of inputs that it writes there.
            if row.kind == "h5" and name == "named" and "Keras 3" in row:
                continue
            yield pytest.param(row, name, id=f"{row}-{name}", marks=[] if name in QUICK else [pytest.mark.slow])


def written(row, name, path):
    """Writes a file, and returns what its model predicts, and its weights."""
    x, _ = data(name)
    kind = KINDS[row.kind]
    if row.writer == "Keras 3":
        with genuine_keras() as keras:
            model = distinct(MODELS[name](keras))
            kind.write(model, path)
            return model.predict(x, verbose=0), model.get_weights()
    model = distinct(fresh(plait, name))
    if row.writer in LIBRARIES:
        save, _ = LIBRARIES[row.writer]
        save(path, by_path(model))
    else:
        kind.write(model, path)
    return model.predict(x, verbose=0), model.get_weights()


def found(row, name, path):
    """Returns what the model in a file predicts, and its weights."""
    x, _ = data(name)
    if row.reader == "Keras 3":
        with genuine_keras() as keras:
            model = KINDS[row.kind].read(keras, name, path)
            return model.predict(x, verbose=0), model.get_weights()
    if row.reader in LIBRARIES:
        _, load = LIBRARIES[row.reader]
        model = fresh(plait, name)
        model.assign(load(path))
    else:
        names.clear()
        model = KINDS[row.kind].read(plait, name, path)
    return model.predict(x, verbose=0), model.get_weights()


@pytest.mark.first_rows(2)
@pytest.mark.parametrize(("row", "name"), list(cases()))
def test_a_file_goes_from_who_writes_it_to_who_reads_it(row, name, tmp_path):
    path = tmp_path / KINDS[row.kind].file
    predicted, weights = written(row, name, path)
    predicted_again, weights_again = found(row, name, path)
    same(weights_again, weights, rtol=0, atol=0)
    same(predicted_again, predicted)


def test_the_document_has_the_table_of_what_is_tested():
    assert table() in (ROOT / "docs/files.md").read_text()


KEPT = {kind: KINDS[kind] for kind in KINDS if "optimizer state" in KINDS[kind].kept}


@pytest.mark.first_rows(2)
@pytest.mark.parametrize("kind", KEPT.values(), ids=KEPT)
def test_a_model_is_trained_further_from_where_it_was(kind, tmp_path):
    model = trained(plait, "dense")
    kind.write(model, tmp_path / kind.file)
    if "layers" in kind.kept:
        again = saving.load_model(tmp_path / kind.file)
    else:
        again = dense(plait)
        again.compile("adam", "mse")
        again.load_weights(tmp_path / kind.file)
    same(trained_on(again, "dense"), trained_on(model, "dense"), rtol=0, atol=0)


def test_an_old_file_says_how_it_is_trained_as_keras_3_says_it(tmp_path):
    trained(plait, "dense").save(tmp_path / "m.h5")
    with genuine_keras() as keras:
        theirs = trained(keras, "dense")
        theirs.save(tmp_path / "k.h5")
        opened = keras.saving.load_model(tmp_path / "m.h5")
        assert (type(opened.optimizer).__name__, int(opened.optimizer.iterations)) == ("Adam", 2)
    with h5py.File(tmp_path / "m.h5") as ours, h5py.File(tmp_path / "k.h5") as theirs:
        said, expected = (json.loads(file.attrs["training_config"]) for file in (ours, theirs))
        assert said.keys() == expected.keys()
        assert {name: said[name] for name in ("loss", "metrics")} == {"loss": "mean_squared_error", "metrics": ["mae"]}
        kept, kept_there = (
            [file["optimizer_weights"][name][()] for name in file["optimizer_weights"].attrs["weight_names"]]
            for file in (ours, theirs)
        )
        assert [array.shape for array in kept] == [array.shape for array in kept_there]
        assert kept[:2] == [2, np.float32(0.001)]
        assert list(ours["model_weights"].attrs["layer_names"]) == [b"x", b"dense_2", b"dense_1"]


def test_names_that_are_too_many_for_one_attribute_are_cut_up_as_keras_does(tmp_path):
    count, letters = 300, 400

    def make(K):
        chain = [K.layers.Dense(1, name=f"{'n' * letters}{number}") for number in range(count)]
        return K.Sequential([K.Input((1,)), *chain])

    model = make(plait)
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5") as file:
        assert "layer_names" not in file["model_weights"].attrs
        assert len(file["model_weights"].attrs["layer_names0"]) < count
    again = saving.load_model(tmp_path / "m.h5")
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    same(again.get_weights(), model.get_weights(), rtol=0, atol=0)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_kept(dtype, kind, tmp_path):
    def make():
        names.clear()
        inputs = plait.Input((4,))
        return plait.Model(inputs, layers.Dense(2, dtype=dtype)(inputs))

    model = distinct(make())
    expected = model.get_weights()
    kind.write(model, tmp_path / kind.file)
    again = make()
    again.load_weights(tmp_path / kind.file)
    assert [array.dtype for array in again.get_weights()] == [np.dtype(dtype)] * 2
    for ours, theirs in zip(again.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_numpy_has_bfloat16_as_jax_saves_it(tmp_path):
    inputs = plait.Input((4,))
    model = plait.Model(inputs, layers.Dense(2, dtype="bfloat16")(inputs))
    model.save_weights(tmp_path / "m.npz")
    jnp.savez(tmp_path / "j.npz", **{"dense_1/kernel": model.layers[1].kernel.value})
    ours, theirs = (np.load(tmp_path / name)["dense_1/kernel"].view(ml_dtypes.bfloat16) for name in ("m.npz", "j.npz"))
    np.testing.assert_array_equal(ours, theirs)


# ---------------------------------------------------------------------------------------- what does not fit

BY_PATH = [kind for kind in KINDS.values() if kind.file in ("m.npz", "m.safetensors")]


@pytest.mark.parametrize("kind", BY_PATH, ids=lambda kind: kind.file)
def test_what_does_not_fit_is_listed_by_path_and_nothing_is_changed(kind, tmp_path):
    kind.write(fresh(plait, "dense"), tmp_path / kind.file)
    names.clear()
    inputs = plait.Input((4,))
    model = plait.Model(inputs, layers.Dense(2, name="other")(layers.Dense(9)(inputs)))
    before = model.get_weights()
    with pytest.raises(ValueError, match="do not fit each other") as caught:
        model.load_weights(tmp_path / kind.file)
    for words in (["dense_1/kernel", "(4, 9)", "(8, 2)"], ["dense_2/kernel", "nothing", "(4, 8)"], ["other/bias"]):
        assert any(all(word in line for word in words) for line in str(caught.value).splitlines())
    same(model.get_weights(), before, rtol=0, atol=0)
    assert "names of layers" in str(caught.value)


@pytest.mark.parametrize("kind", BY_PATH, ids=lambda kind: kind.file)
def test_what_is_skipped_is_listed_by_path(kind, tmp_path):
    source = distinct(fresh(plait, "dense"))
    kind.write(source, tmp_path / kind.file)
    names.clear()
    inputs = plait.Input((4,))
    model = plait.Model(inputs, layers.Dense(3)(layers.Dense(8)(inputs)))
    with pytest.warns(UserWarning, match="dense_1/kernel"):
        model.load_weights(tmp_path / kind.file, skip_mismatch=True)
    same(model.get_weights()[:2], source.get_weights()[:2], rtol=0, atol=0)


def test_an_array_that_is_larger_than_a_file_may_be_is_refused_and_the_old_files_stay(tmp_path):
    model = dense(plait)
    model.save_weights(tmp_path / "m.weights.json")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ValueError, match="max_shard_size"):
        model.save_weights(tmp_path / "m.weights.json", max_shard_size=1e-8)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert sorted(before) == ["m.weights.json", "m_00000.weights.h5"]


def test_what_a_stateful_layer_remembers_is_no_weight(tmp_path):
    inputs = plait.Input(batch_shape=(2, 3, 4))
    model = plait.Model(inputs, layers.LSTM(5, stateful=True, name="remembers")(inputs))
    model.predict(np.ones((2, 3, 4), "float32"), verbose=0)
    model.save_weights(tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz") as file:
        assert sorted(path.rpartition("/")[2] for path in file) == ["bias", "kernel", "recurrent_kernel"]


WRONG = {
    "a model with a call of its own": (lambda path: built().save(path / "m.h5"), "call of its own"),
    "another Keras": (lambda path: dense(plait).save(path / "m.h5", keras_version=1), "keras_version=1"),
    "an archive for Keras 2": (lambda path: dense(plait).save(path / "m.keras", keras_version=2), "reads no .keras"),
    "weights for a model": (lambda path: dense(plait).save(path / "m.npz"), "'.keras' or '.h5'"),
    "a size for one file": (lambda path: dense(plait).save_weights(path / "m.npz", max_shard_size=1), "several files"),
    "no size": (lambda path: dense(plait).save_weights(path / "m.weights.json", max_shard_size=0), "above 0"),
    "a name that no archive may have": (lambda path: named("a:b").save_weights(path / "m.npz"), "leads out of it"),
}


def built():
    model = Own(3)
    model.predict(data("dense")[0], verbose=0)
    return model


def named(name):
    return plait.Sequential([plait.Input((4,)), layers.Dense(2, name=name)])


@pytest.mark.parametrize(("mistake", "words"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_explained_and_nothing_is_written(mistake, words, tmp_path):
    with pytest.raises(ValueError, match=r"\w") as caught:
        mistake(tmp_path)
    assert words in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["h5-weights", "weights-h5", "npz", "safetensors"])
def test_weights_of_a_models_own_are_kept(kind, tmp_path):
    model = built()
    model.scale = model.add_weight(shape=(3,), initializer="ones", name="scale")
    distinct(model)
    KINDS[kind].write(model, tmp_path / KINDS[kind].file)
    expected = model.get_weights()
    model.set_weights([array * 0 for array in expected])
    model.load_weights(tmp_path / KINDS[kind].file)
    same(model.get_weights(), expected, rtol=0, atol=0)


# ---------------------------------------------------------------------------------------- models in models


def nested(K):
    """Returns a model whose outputs are those of models in it, one of which is used twice."""
    inside = K.Input((4,))
    encoder = K.Model(inside, K.layers.Dense(3, name="in_encoder")(inside), name="encoder")
    chain = K.Sequential([K.Input((3,)), K.layers.Dense(2, name="in_chain")], name="chain")
    a, b = K.Input((4,), name="a"), K.Input((4,), name="b")
    first, second = encoder(a), encoder(b)
    return K.Model([a, b], [first, second, chain(second)])


@pytest.mark.parametrize("file", ["m.keras", "m.h5"])
@pytest.mark.parametrize("way", [("Plait", "Keras 3"), ("Keras 3", "Plait"), ("Plait", "Plait")], ids="-".join)
def test_outputs_of_models_in_a_model_stay_those_of_their_calls(way, file, tmp_path):
    x = [np.ones((1, 4), "float32"), np.full((1, 4), 2, "float32")]
    with genuine_keras() as keras:
        sides = {"Plait": plait, "Keras 3": keras}
        model = distinct(nested(sides[way[0]]))
        model.save(tmp_path / file)
        again = sides[way[1]].saving.load_model(tmp_path / file)
        same(again.predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.first_rows(1)
@pytest.mark.parametrize("name", MODELS)
def test_the_text_of_a_model_goes_both_ways(name):
    model = MODELS[name](plait)
    with genuine_keras() as keras:
        theirs = keras.models.model_from_json(model.to_json())
        assert [weight.shape for weight in theirs.weights] == [weight.shape for weight in model.weights]
        text = theirs.to_json()
    again = plait.models.model_from_json(text)
    assert [type(layer) for layer in again.layers] == [type(layer) for layer in model.layers]
    again.set_weights(model.get_weights())
    x, _ = data(name)
    same(again.predict(x, verbose=0), model.predict(x, verbose=0))
