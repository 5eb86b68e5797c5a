"""A save is whole or not at all: whatever ends it, there is the file from before or the new one, and nothing else."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

import plait
from plait import saving
from plait.files import weights
from tests.files.models import dense

ENDINGS = ("m.keras", "m.weights.h5")


def save(model, path):
    model.save(path) if path.name.endswith(".keras") else model.save_weights(path)


def loaded(path):
    """Returns a model with the weights in a file."""
    if path.name.endswith(".keras"):
        return saving.load_model(path)
    model = dense(plait)
    model.load_weights(path)
    return model


def ran(script, *arguments):
    """Returns what a script prints, once it has ended well."""
    done = subprocess.run([sys.executable, "-c", script, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


# Each version has all its weights alike, so a file with several numbers in it is of several versions.
KILLED = """
import os, pathlib, random, signal, sys, time, warnings
import numpy as np
import plait
from plait import layers, saving

path, kills = pathlib.Path(sys.argv[1]), int(sys.argv[2])
is_whole = path.name.endswith(".keras")
warnings.simplefilter("ignore")  # what is forked copies arrays that are there, and asks nothing of JAX's threads

def version(number):
    inputs = plait.Input((500,), name="x")
    model = plait.Model(inputs, layers.Dense(2000, name="dense")(inputs))
    model.set_weights([np.full(weight.shape, number, "float32") for weight in model.weights])
    model.get_weights()
    return model

def save(model):
    model.save(path) if is_whole else model.save_weights(path)

versions = [version(number) for number in range(4)]
save(versions[0])
start = time.perf_counter()
save(versions[0])
once = time.perf_counter() - start
moments = random.Random(0)
for _ in range(kills):
    child = os.fork()
    if not child:
        try:
            while True:
                for one in versions:
                    save(one)
        finally:
            os._exit(1)
    time.sleep(moments.uniform(0, 5 * once))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "it ended before it was killed"
    if is_whole:
        model = saving.load_model(path)
    else:
        model = version(9)
        model.load_weights(path)
    (number,) = {float(value) for one in model.get_weights() for value in np.unique(one)}
    print(number)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that are copied and killed")
@pytest.mark.parametrize("kills", [8, pytest.param(50, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ENDINGS)
def test_a_process_that_is_killed_leaves_one_of_the_versions_whole(name, kills, tmp_path):
    numbers = ran(KILLED, tmp_path / name, kills)
    assert len(numbers) == kills
    assert set(numbers) <= {"0.0", "1.0", "2.0", "3.0"}
    # What it was writing is still there: some were killed in the middle.
    assert [path for path in tmp_path.iterdir() if path.name != name]


FULL = """
import pathlib, resource, sys
import plait
from plait import layers

path = pathlib.Path(sys.argv[1])
inputs = plait.Input((500,), name="x")
model = plait.Model(inputs, layers.Dense(2000, name="dense")(inputs))
before = path.read_bytes()
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
for size in map(int, sys.argv[2:]):
    # After this many bytes every file is as good as on a full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        model.save(path) if path.name.endswith(".keras") else model.save_weights(path)
    except OSError as error:
        said = len(error.__notes__) == 1 and path.name in error.__notes__[0]
        print(said and list(path.parent.iterdir()) == [path] and path.read_bytes() == before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits of this kind")
@pytest.mark.parametrize("name", ENDINGS)
def test_a_full_disk_is_an_error_that_leaves_the_old_file(name, tmp_path):
    save(dense(plait), tmp_path / name)
    sizes = (0, 3_000, 1_000_000, 4_003_000)
    assert ran(FULL, tmp_path / name, *sizes) == ["True"] * len(sizes)


# Run as somebody to whom the folder's permissions apply.
READ_ONLY = """
import os, sys, tempfile
import plait
from tests.files.models import dense

model = dense(plait)
def save(path):
    model.save(path) if path.endswith(".keras") else model.save_weights(path)

with tempfile.TemporaryDirectory() as folder:
    save(f"{folder}/{sys.argv[2]}")  # nothing is left to be imported by somebody who may not
os.chdir(sys.argv[1])
if os.getuid() == 0:
    os.setuid(65534)
try:
    save(sys.argv[2])
except PermissionError as error:
    print(error.filename)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
@pytest.mark.parametrize("name", ENDINGS)
def test_a_folder_that_takes_no_files_is_said_by_the_name_that_was_asked_for(name, tmp_path):
    save(dense(plait), tmp_path / name)
    before = (tmp_path / name).read_bytes()
    tmp_path.chmod(0o555)
    try:
        assert ran(READ_ONLY, tmp_path, name) == [name]
    finally:
        tmp_path.chmod(0o755)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == before


@pytest.mark.parametrize("name", ENDINGS)
def test_a_folder_that_vanishes_while_it_is_written_to_is_said(name, tmp_path, monkeypatch):
    folder = tmp_path / "there"
    folder.mkdir()
    written = weights.write

    def write(model, file):
        written(model, file)
        shutil.rmtree(folder)

    monkeypatch.setattr(weights, "write", write)
    with pytest.raises(FileNotFoundError) as caught:
        save(dense(plait), folder / name)
    assert name in caught.value.__notes__[0]


@pytest.mark.parametrize("name", ENDINGS)
def test_an_interrupt_leaves_the_old_file(name, tmp_path, monkeypatch):
    model = dense(plait)
    save(model, tmp_path / name)
    monkeypatch.setattr(weights, "write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        save(dense(plait), tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    for old, new in zip(model.get_weights(), loaded(tmp_path / name).get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
