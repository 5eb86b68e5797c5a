"""Archives made around an HDF5 file: to anybody who opens them they are as any other."""

import io
import zipfile

import h5py
import numpy as np

from plait.files import archive_writer
from plait.files.archive import Archive
from plait.files.hdf5 import Reader
from plait.files.hdf5_writer import Writer

TEXTS = {"first.json": "{}", "second.txt": "é" * 100}
ARRAYS = {
    "group/large": np.random.default_rng(0).normal(size=(300, 300)),
    "group/small": np.arange(3),
    "one": np.ones(()),
}


def test_an_archive_around_a_file_has_it_and_the_texts(tmp_path):
    path = tmp_path / "a.zip"
    with Writer(path, archive_writer.ROOM) as writer:
        for name, array in ARRAYS.items():
            writer.put(name, array)
        writer.name("group", "a name of any length")
    archive_writer.wrap(path, "arrays.h5", TEXTS)

    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [*TEXTS, "arrays.h5"]
        assert {name: archive.read(name).decode() for name in TEXTS} == TEXTS
        with h5py.File(io.BytesIO(archive.read("arrays.h5"))) as file:
            for name, array in ARRAYS.items():
                np.testing.assert_array_equal(file[name][()], array)
    with Archive(str(path)) as archive, archive.open("arrays.h5") as member, Reader(member) as reader:
        assert sorted(reader.paths()) == sorted(ARRAYS)
        assert reader.text_attribute("group", "name") == "a name of any length"
