"""Vocabularies in `.keras` files, and what the words weigh in "tf_idf": as Keras keeps them.

Its layers need TensorFlow, which the tests do not have: `tests/golden/make_keras_files.py` wrote models with it, which
`test_golden.py` opens too, and says by `--check` whether Keras predicts the same from what Plait makes of them.
"""

import io
import zipfile

import h5py
import numpy as np
import pytest

from plait import Input, Model, layers, saving
from tests.files.test_golden import GOLDEN, expected, extracted, inputs

ARCHIVES = sorted((GOLDEN / "keras_3.15").glob("*.zip"))
TEXTS = np.array([["the cat sat"], ["the dog"], ["a cat, a dog, a mat"]])


def arrays(path):
    """Returns the arrays of a `.keras` file, by their paths."""
    found = {}

    def keep(where, one):
        if isinstance(one, h5py.Dataset):
            found[where] = one[()]

    with zipfile.ZipFile(path) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
        file.visititems(keep)
    return found


def rewritten(path, change):
    """Changes the members of a `.keras` file, by their names."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.stem)
def test_the_arrays_are_where_keras_has_them(archive, tmp_path):
    source = extracted(archive, "model.keras", tmp_path)
    saving.load_model(source).save(tmp_path / "plait.keras")
    ours, theirs = arrays(tmp_path / "plait.keras"), arrays(source)
    assert ours.keys() == theirs.keys()
    for path, array in theirs.items():
        np.testing.assert_allclose(ours[path], array, rtol=1e-6, err_msg=path)


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.stem)
def test_what_was_read_is_read_again(archive, tmp_path):
    model = saving.load_model(extracted(archive, "model.keras", tmp_path))
    model.save(tmp_path / "plait.keras")
    again, given = saving.load_model(tmp_path / "plait.keras"), inputs(expected(archive))
    np.testing.assert_array_equal(again.predict(given, verbose=0), model.predict(given, verbose=0))


def test_what_plait_learns_weighs_in_its_file_what_the_formula_says(tmp_path):
    cut = layers.TextVectorization(output_mode="tf_idf")
    cut.adapt(TEXTS)
    model = Model(text := Input((1,), dtype="string"), layers.Dense(1)(cut(text)))
    model.save(tmp_path / "m.keras")
    kept = arrays(tmp_path / "m.keras")
    ours, inside = (kept[f"layers/text_vectorization/{part}vars/idf_weights"] for part in ("", "_lookup_layer/"))
    # Of three texts two have each of the first three words; of unknown words the average is taken.
    frequent, rare = np.log(1 + 3 / 3), np.log(1 + 3 / 2)
    weights = {"the": frequent, "cat": frequent, "dog": frequent, "a": rare, "sat": rare, "mat": rare}
    wanted = [weights[word] for word in cut.get_vocabulary(include_special_tokens=False)]
    np.testing.assert_allclose(ours, [np.mean(wanted), *wanted], rtol=1e-6)
    np.testing.assert_array_equal(inside, ours)


def learned(folder):
    """Returns the path of a file of Keras's whose words are beside the config."""
    return extracted(GOLDEN / "keras_3.15" / "counts.zip", "model.keras", folder)


def test_a_model_whose_words_are_missing_says_so_when_it_needs_them(tmp_path):
    path = learned(tmp_path)
    rewritten(path, lambda members: [members.pop(name) for name in [*members] if name.startswith("assets/")])
    model = saving.load_model(path)
    with pytest.raises(RuntimeError, match="has no vocabulary yet"):
        model.predict(inputs(expected(GOLDEN / "keras_3.15" / "counts.zip")), verbose=0)


def test_more_words_than_the_config_promises_are_refused(tmp_path):
    path = learned(tmp_path)

    def lengthen(members):
        members["assets/layers/string_lookup/vocabulary.txt"] += b"\none more"

    rewritten(path, lengthen)
    with pytest.raises(ValueError, match="called with a vocabulary of 3 tokens, got one of 4"):
        saving.load_model(path)
