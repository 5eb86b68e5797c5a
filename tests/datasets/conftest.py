import pytest

from tests.datasets.network import Network


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The folder of the data sets in a cache of the test's own."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "datasets"


@pytest.fixture
def network(tmp_path, monkeypatch, cache):
    """A network without files, and an empty cache."""
    return Network(tmp_path / "network", monkeypatch)
