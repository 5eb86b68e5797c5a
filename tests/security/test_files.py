"""No file runs code, reads a path, or exhausts the machine: each of these is refused, before anything is changed."""

import numpy as np
import pytest

import plait
from plait import saving
from tests.files.models import dense
from tests.security.crafted import ARCHIVES, FILES, WEIGHTS, sound


def test_a_sound_file_is_opened(tmp_path):
    sound(tmp_path / "m.keras")
    assert saving.load_model(tmp_path / "m.keras").count_params() == 58


@pytest.mark.parametrize("write", FILES.values(), ids=FILES)
def test_a_file_that_cannot_be_trusted_is_refused(write, tmp_path):
    path = tmp_path / "m.keras"
    write(path)
    with pytest.raises(ValueError, match=r"\w"):
        saving.load_model(path)


@pytest.mark.parametrize("write", FILES.values(), ids=FILES)
def test_there_is_no_switch(write, tmp_path):
    path = tmp_path / "m.keras"
    write(path)
    with pytest.raises(ValueError, match=r"\w"):
        saving.load_model(path, safe_mode=False)


@pytest.mark.parametrize("write", [*ARCHIVES.values(), *WEIGHTS.values()], ids=[*ARCHIVES, *WEIGHTS])
def test_a_model_that_is_to_take_such_weights_stays_as_it_was(write, tmp_path):
    path = tmp_path / "m.keras"
    write(path)
    model = dense(plait)
    before = model.get_weights()
    if write is ARCHIVES["no config"]:
        pytest.skip("the weights are sound")
    with pytest.raises(ValueError, match=r"\w"):
        model.load_weights(path)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
