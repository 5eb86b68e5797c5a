"""No file runs code, reads a path, or exhausts the machine: each of these is refused, before anything is changed."""

import numpy as np
import pytest

import plait
from plait import saving
from tests.files.models import dense
from tests.security import crafted, crafted_h5
from tests.security.crafted import ARCHIVES, WEIGHTS

# What writes the file, and what its name ends with.
FILES = {
    **{name: (write, "m.keras") for name, write in crafted.FILES.items()},
    **{f"h5: {name}": (write, "m.h5") for name, write in crafted_h5.FILES.items()},
}


def test_a_sound_file_is_opened(tmp_path):
    crafted.sound(tmp_path / "m.keras")
    assert saving.load_model(tmp_path / "m.keras").count_params() == 58


def test_a_sound_file_of_keras_2_is_opened(tmp_path):
    crafted_h5.sound(tmp_path / "m.h5")
    assert saving.load_model(tmp_path / "m.h5").count_params() == 24


@pytest.mark.parametrize(("write", "name"), FILES.values(), ids=FILES)
def test_a_file_that_cannot_be_trusted_is_refused(write, name, tmp_path):
    write(tmp_path / name)
    with pytest.raises(ValueError, match=r"\w"):
        saving.load_model(tmp_path / name)


@pytest.mark.parametrize(("write", "name"), FILES.values(), ids=FILES)
def test_there_is_no_switch(write, name, tmp_path):
    write(tmp_path / name)
    with pytest.raises(ValueError, match=r"\w"):
        saving.load_model(tmp_path / name, safe_mode=False)


# Their weights are sound, and fit.
SOUND_WEIGHTS = ("no config",)
TAKEN = {name: write for name, write in {**ARCHIVES, **WEIGHTS}.items() if name not in SOUND_WEIGHTS}


@pytest.mark.parametrize("write", TAKEN.values(), ids=TAKEN)
def test_a_model_that_is_to_take_such_weights_stays_as_it_was(write, tmp_path):
    path = tmp_path / "m.keras"
    write(path)
    model = dense(plait)
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"\w"):
        model.load_weights(path)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


# What is wrong with these fits the model all the same: it is refused for what it is, not for its shape.
REASONS = {
    "config: a call on no tensor": "on no tensor",
    "config: what would be computed at once": "on no tensor",
    "config: more values than any config": "more than 5000000 values",
    "archive: a compression of another kind": "compressed in a way that no model is",
    "archive: one byte changed": "Bad CRC-32",
    "weights: an array with two names": "once more",
    "weights: groups in circles": "once more",
    "weights: an array in large pieces": "in pieces of",
    "h5: a name twice": "twice",
    "h5: an array with two names": "once more",
    "h5: names of unknown length": "of unknown length",
    "h5: an array of wide numbers": "not of numbers",
}


@pytest.mark.parametrize(("name", "reason"), REASONS.items(), ids=REASONS)
def test_it_is_said_why(name, reason, tmp_path):
    write, path = FILES[name]
    write(tmp_path / path)
    with pytest.raises(ValueError, match=reason):
        saving.load_model(tmp_path / path)
