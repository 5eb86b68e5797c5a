"""Where compiled programs are kept: in bounds, in a place that can be chosen, or nowhere."""

import os
import subprocess
import sys

import pytest

from plait.core import compilation_cache

FIT = """
import numpy as np, plait
model = plait.Sequential([plait.Input((3,)), plait.layers.Dense(2)])
model.compile("adam", "mse")
model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
"""


def kept_by(program, folder, **environment):
    """Returns the training programs kept in a folder; small ones come and go with the time they take to compile."""
    settings = {**os.environ, "PLAIT_CACHE": str(folder), **environment}
    subprocess.run([sys.executable, "-c", program], env=settings, check=True)
    return sorted(path.name for path in folder.rglob("jit_train-*-cache"))


def test_a_second_process_finds_what_the_first_compiled(tmp_path):
    first = kept_by(FIT, tmp_path)
    assert len(first) == 1
    assert kept_by(FIT, tmp_path) == first


def test_a_place_that_jax_was_told_is_left_alone(tmp_path):
    elsewhere = tmp_path / "jax"
    kept_by(FIT, tmp_path / "plait", JAX_COMPILATION_CACHE_DIR=str(elsewhere))
    assert not (tmp_path / "plait").exists()


@pytest.mark.parametrize("setting", ["off", "0", "OFF"])
def test_it_can_be_switched_off(setting, monkeypatch):
    monkeypatch.setenv("PLAIT_CACHE", setting)
    assert compilation_cache.folder() is None


def test_what_was_used_longest_ago_goes_first(tmp_path):
    for age, name in enumerate(["new", "older", "oldest"]):
        (tmp_path / name).write_bytes(bytes(100))
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    compilation_cache.bound(tmp_path, 250)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "older"]
