"""A folder in the place of the network, for Plait and for genuine Keras."""

import contextlib
import hashlib
import importlib
import tarfile

import numpy as np

from plait.datasets import sources
from tests.datasets.making import FILES
from tests.genuine import genuine_keras


class Network:
    """Has the files that were put into it, under the addresses of the data sets."""

    def __init__(self, folder, monkeypatch):
        self.folder, self._monkeypatch = folder, monkeypatch
        folder.mkdir()
        for name in sources.SOURCES:
            self._changes(name, origin=(folder / name).as_uri())

    def put(self, name, content):
        """Has a file from now on; its hash is the one known, if one is."""
        (self.folder / name).write_bytes(content)
        if sources.SOURCES[name].hash:
            self._changes(name, hash=hashlib.sha256(content).hexdigest())

    def put_all(self, module):
        """Has the files of a data set."""
        for name, content in FILES[module](np.random.default_rng(0)).items():
            self.put(name, content)

    @contextlib.contextmanager
    def genuine(self, module):
        """Gives a module of genuine Keras's that finds these files."""
        with genuine_keras(), self._monkeypatch.context() as patch:
            found = importlib.import_module(f"keras.src.datasets.{module}")
            patch.setattr(found, "get_file", self._file)
            yield found

    def _changes(self, name, **changes):
        self._monkeypatch.setitem(sources.SOURCES, name, sources.SOURCES[name]._replace(**changes))

    def _file(self, fname, origin, extract=False, **_):
        path = self.folder / origin.rpartition("/")[2]
        if not extract:
            return str(path)
        with tarfile.open(path) as archive:
            archive.extractall(self.folder / fname, filter="data")
        return str(self.folder / fname)
