"""Files of older Kerases, and of one with TensorFlow: Plait predicts what they predicted, and trains on as they did.

`tests/golden/make_keras_files.py` wrote them, with Keras 2.2.4, 2.13, 2.15, 3.0.5 and 3.15.1.
"""

import io
import pathlib
import zipfile

import h5py
import numpy as np
import pytest

from plait import saving

GOLDEN = pathlib.Path(__file__).parents[1] / "golden"
VERSIONS = ("2.2", "2.13", "2.15", "3.0", "3.15")
# Whose further losses say nothing. Keras 2.2 on TensorFlow 1.15 computes a gradient of a weight before or after others
# are moved, and reads the count of steps before or after it is raised, as it happens: run again from these files it
# gives other losses each time, for two_inputs and locally_connected those of Plait among them; a step of convolution is
# that of the count raised already. And from the file of Keras 3.0 genuine Keras 3.15 goes on as Plait does, not as 3.0
# did in the process that wrote it.
OTHERWISE = {
    ("2.2", "two_inputs"),
    ("2.2", "nested"),
    ("2.2", "convolution"),
    ("2.2", "locally_connected"),
    ("3.0", "nested"),
}
WHOLE, ALONE = ("model.keras", "model.h5"), ("alone.weights.h5", "alone.h5")


def rows(names, with_losses=False):
    """Returns archives and names of files in them; what an older Keras has of the same kind makes a row a slow one."""
    seen = set()
    for version in VERSIONS:
        for path in sorted(GOLDEN.glob(f"keras_{version}/*.zip")):
            with zipfile.ZipFile(path) as archive:
                held = [name for name in names if name in archive.namelist()]
            if with_losses and ("losses" not in expected(path) or (version, path.stem) in OTHERWISE):
                continue
            for name in held:
                marks = [pytest.mark.slow] if (path.stem, name) in seen else []
                seen.add((path.stem, name))
                yield pytest.param(path, name, id=f"{version} {path.stem} {name}", marks=marks)


def expected(path):
    """Returns inputs, outputs, the target and the losses of two more epochs, by name."""
    with zipfile.ZipFile(path) as archive:
        return dict(np.load(io.BytesIO(archive.read("expected.npz"))))


def inputs(kept):
    found = [kept[name] for name in sorted(kept) if name.startswith("input_")]
    return found if len(found) > 1 else found[0]


def extracted(path, name, folder):
    """Returns where a file of the archive is now."""
    with zipfile.ZipFile(path) as archive:
        return archive.extract(name, folder)


def assert_predicts(model, kept):
    np.testing.assert_allclose(model.predict(inputs(kept), verbose=0), kept["outputs"], rtol=1e-5, atol=1e-5)


def test_there_are_files_of_each_keras():
    found = {path.parent.name.removeprefix("keras_") for path in GOLDEN.glob("keras_*/*.zip")}
    assert found == set(VERSIONS)


@pytest.mark.first_rows(2)
@pytest.mark.parametrize(("path", "name"), list(rows(WHOLE)))
def test_a_model_predicts_what_it_did(path, name, tmp_path):
    assert_predicts(saving.load_model(extracted(path, name, tmp_path)), expected(path))


@pytest.mark.first_rows(1)
@pytest.mark.parametrize(("path", "name"), list(rows(WHOLE, with_losses=True)))
def test_a_model_is_trained_on_from_where_it_was(path, name, tmp_path):
    model, kept = saving.load_model(extracted(path, name, tmp_path)), expected(path)
    history = model.fit(inputs(kept), kept["target"], batch_size=6, epochs=2, shuffle=False, verbose=0).history
    np.testing.assert_allclose(history["loss"], kept["losses"], rtol=1e-4)


@pytest.mark.parametrize(("path", "name"), list(rows(ALONE)))
def test_weights_alone_are_taken(path, name, tmp_path):
    whole = next(one for one in WHOLE if one in zipfile.ZipFile(path).namelist())
    model = saving.load_model(extracted(path, whole, tmp_path), compile=False)
    model.set_weights([np.zeros(weight.shape, "float32") for weight in model.weights])
    model.load_weights(extracted(path, name, tmp_path))
    assert_predicts(model, expected(path))


@pytest.mark.parametrize(("version", "name"), [("2.13", "bidirectional"), ("2.15", "nested"), ("3.0", "two_inputs")])
def test_a_file_that_keras_wrote_on_windows_is_read(version, name, tmp_path):
    path = GOLDEN / f"keras_{version}" / f"{name}.zip"
    source = extracted(path, "model.keras", tmp_path)
    with zipfile.ZipFile(source) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    written = io.BytesIO()
    with h5py.File(io.BytesIO(members["model.weights.h5"])) as old, h5py.File(written, "w") as new:

        def rename(where, one):
            # There the path of a layer is one name, and only `vars` is a group in it.
            if isinstance(one, h5py.Dataset):
                group, _, number = where.rpartition("/vars/")
                new["{}/vars/{}".format(group.replace("/", "\\"), number)] = one[()]

        old.visititems(rename)
    with zipfile.ZipFile(tmp_path / "windows.keras", "w") as archive:
        for member, content in (members | {"model.weights.h5": written.getvalue()}).items():
            archive.writestr(member, content)
    assert_predicts(saving.load_model(tmp_path / "windows.keras"), expected(path))
