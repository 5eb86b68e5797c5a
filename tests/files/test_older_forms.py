"""Kernels that Keras 2 kept in other forms: those of LocallyConnected layers, by implementations 2 and 3.

That Plait opens such files of genuine Keras 2.15, and predicts what Keras predicted, is in `test_golden.py`.
"""

import h5py
import numpy as np
import pytest

import plait
from plait import layers, saving
from tests.files.test_golden import GOLDEN, assert_predicts, expected, extracted
from tests.genuine import genuine_keras

ARCHIVE = GOLDEN / "keras_2.15" / "locally_connected_forms.zip"
KERNEL = "layers/locally_connected1d/vars/0"


def chain(*settings, **more):
    return plait.Sequential([plait.Input((7, 3)), layers.LocallyConnected1D(*settings, **more), layers.Flatten()])


@pytest.fixture
def opened(tmp_path):
    return saving.load_model(extracted(ARCHIVE, "model.keras", tmp_path))


@pytest.mark.parametrize("name", ["alone.weights.h5", "alone.h5"])
def test_a_layer_of_either_implementation_takes_both_forms(name, opened, tmp_path):
    config = opened.get_config()
    for layer in config["layers"]:
        if "implementation" in layer["config"]:
            layer["config"]["implementation"] = {2: 3, 3: 2}[layer["config"]["implementation"]]
    model = plait.Model.from_config(config)
    model.load_weights(extracted(ARCHIVE, name, tmp_path))
    assert_predicts(model, expected(ARCHIVE))


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_they_are_kept_and_saved_in_the_form_of_implementation_1(ending, opened, tmp_path):
    opened.save(tmp_path / f"again{ending}")
    again = saving.load_model(tmp_path / f"again{ending}")
    found = [layer for layer in again.layers if hasattr(layer, "implementation")]
    assert [layer.implementation for layer in found] == [2, 3, 2, 3, 2, 3]
    assert {len(layer.kernel.shape) for layer in found} == {3}
    assert_predicts(again, expected(ARCHIVE))


def replaced(path, where, array):
    """Puts another array into a file."""
    with h5py.File(path, "r+") as file:
        del file[where]
        file[where] = array


MISFITS = {
    "a matrix to other outputs": (np.zeros((7, 3, 5, 2), "float32"), r"kernel \(5, 9, 4\) +\(7, 3, 5, 2\)"),
    "a row of no such kernel": (np.zeros(89, "float32"), r"kernel \(5, 9, 4\) +\(89,\)"),
    "a row that is nearly as long": (np.zeros(179, "float32"), "of 180 links is not made of 179 elements in a row"),
}


@pytest.mark.parametrize(("array", "words"), MISFITS.values(), ids=MISFITS)
def test_a_kernel_that_does_not_fit_is_refused(array, words, tmp_path):
    model = chain(4, 3)
    model.save_weights(tmp_path / "m.weights.h5")
    before = model.get_weights()
    replaced(tmp_path / "m.weights.h5", KERNEL, array)
    replaced(tmp_path / "m.weights.h5", KERNEL[:-1] + "1", np.ones((5, 4), "float32"))
    with pytest.raises(ValueError, match=words):
        model.load_weights(tmp_path / "m.weights.h5")
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_an_optimizer_that_trained_another_form_starts_anew(tmp_path):
    model, x = chain(4, 3, implementation=2), np.ones((2, 7, 3), "float32")
    model.compile("adam", "mse")
    model.fit(x, np.ones((2, 20), "float32"), verbose=0)
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5") as file:
        found = []
        file.visititems(lambda path, one: found.append(path) if getattr(one, "shape", None) == (5, 9, 4) else None)
    assert len(found) == 3  # the kernel, and Adam's two means
    for path in found:
        replaced(tmp_path / "m.h5", path, np.ones((7, 3, 5, 4), "float32"))
    with pytest.warns(UserWarning, match="starts anew.*of shape"):
        again = saving.load_model(tmp_path / "m.h5")
    np.testing.assert_array_equal(again.get_weights()[0], np.ones((5, 9, 4)))


def test_keras_3_has_no_such_layers(tmp_path):
    chain(4, 3).save(tmp_path / "m.keras")
    refused = pytest.raises(ValueError, match=r"Could not deserialize .keras\.layers\.LocallyConnected1D")
    with genuine_keras() as keras, refused:
        keras.saving.load_model(tmp_path / "m.keras")
