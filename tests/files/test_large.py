"""Large models are saved and loaded array by array: beside the model that takes little more than its largest array."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what a process takes is asked of Linux")

GIBI = 2**30
# For all that has nothing to do with the size of the model.
BESIDES = 64 * 2**20

# Says by how many bytes the process was larger in the middle of each step than before it.
MEASURED = """
import gc, json, pathlib, sys
import jax
import numpy as np
import plait
from plait import layers, saving
from tests.security.worker import forget_the_most, memory

path, width, depth, is_compiled = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "True"
is_whole = path.name.endswith(".keras")
grown = {}

def measured(name, step):
    gc.collect()
    before = memory("VmRSS")
    forget_the_most()
    result = step()
    grown[name] = memory("VmHWM") - before
    return result

def made():
    chain = [layers.Dense(width, use_bias=False, kernel_initializer="ones") for _ in range(depth)]
    model = plait.Sequential([plait.Input((width,)), *chain])
    if is_compiled:
        model.compile("adam", "mse")
    return model

def save():
    model.save(path) if is_whole else model.save_weights(path)

def load():
    if is_whole:
        return saving.load_model(path)
    fresh = made()
    fresh.load_weights(path)
    return fresh

model = made()
for number, weight in enumerate(model.weights):
    weight.assign(np.full(weight.shape, number, "float32"))
jax.block_until_ready([weight.value for weight in model.weights])  # else they are still on their way
if is_compiled:
    save()  # what the optimizer keeps is made here
measured("save", save)
if not is_compiled:
    measured("replace", lambda: model.load_weights(path))
model = None
model = measured("load", load)
assert [float(weight.numpy()[0, -1]) for weight in model.weights] == list(range(depth))
print(json.dumps(grown))
"""


def measured(path, width, depth, is_compiled):
    """Returns how many bytes it took to save a model, to load the weights of one that has some, and to load it anew."""
    arguments = map(str, (path, width, depth, is_compiled))
    # What is freed goes back to the system at once, so that only what is in use counts.
    environment = {**os.environ, "PLAIT_MALLOC": "off", "MALLOC_MMAP_THRESHOLD_": str(2**20)}
    done = subprocess.run([sys.executable, "-c", MEASURED, *arguments], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def enough_for_4_gb(path):
    lines = pathlib.Path("/proc/meminfo").read_text().splitlines()
    available = 1024 * next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))
    return available > 16 * GIBI and shutil.disk_usage(path).free > 10 * GIBI


def check(path, width, depth, is_compiled=False):
    """Checks what saving and loading take, of models whose arrays are all of one size."""
    array = 4 * width**2
    model = array * depth * (3 if is_compiled else 1)
    grown = measured(path, width, depth, is_compiled)
    assert grown["save"] < array + BESIDES
    # The new array is there twice, as NumPy's and as JAX's, while the old one is.
    assert grown.get("replace", 0) < 2 * array + BESIDES
    assert grown["load"] < model + array + BESIDES


@pytest.mark.parametrize(
    ("name", "is_compiled"),
    [
        ("m.keras", False),
        ("m.weights.h5", True),
        pytest.param("m.keras", True, marks=pytest.mark.slow),
        pytest.param("m.weights.h5", False, marks=pytest.mark.slow),
    ],
)
def test_saving_and_loading_take_little_more_than_the_largest_array(name, is_compiled, tmp_path):
    check(tmp_path / name, width=2048, depth=10, is_compiled=is_compiled)


@pytest.mark.slow
def test_a_model_of_4_gb_is_saved_and_loaded(tmp_path):
    if not enough_for_4_gb(tmp_path):
        pytest.skip("needs 16 GB of memory and 10 GB of disk")
    # One after the other: side by side they would need twice as much.
    for name in ("m.keras", "m.weights.h5"):
        check(tmp_path / name, width=8192, depth=16)
        (tmp_path / name).unlink()
