"""A file is fetched once, from where Keras has it, and is the one that is known, or is not used."""

import gzip
import importlib
import pathlib

import pytest

from plait import datasets
from plait.datasets import sources
from tests.datasets.making import FILES
from tests.genuine import genuine_keras


def kept_at(source):
    return pathlib.PurePath(source.folder, source.name)


def asked_of_the_network(monkeypatch):
    """Returns what genuine Keras asks for: where each file is kept, its address, its hash."""
    asked = set()

    def note(fname, origin, file_hash=None, cache_subdir="datasets", extract=False):
        kept = f"{fname}_archive" if extract else fname
        asked.add((pathlib.PurePath(cache_subdir, kept), origin, file_hash))
        return "nowhere"

    with genuine_keras():
        for name in FILES:
            module = importlib.import_module(f"keras.src.datasets.{name}")
            monkeypatch.setattr(module, "get_file", note)
            for function in ("load_data", "get_word_index"):
                if hasattr(module, function):
                    with pytest.raises(FileNotFoundError):
                        getattr(module, function)()
    return asked


def test_addresses_hashes_and_places_in_the_cache_are_those_of_keras(monkeypatch):
    ours = {(kept_at(one), one.origin, one.hash) for one in sources.SOURCES.values()}
    assert ours == asked_of_the_network(monkeypatch)


def files_in(cache):
    return {str(path.relative_to(cache)) for path in cache.rglob("*") if path.is_file()}


@pytest.mark.parametrize("module", FILES)
def test_a_set_is_kept_where_keras_keeps_it_and_found_there_without_a_network(module, network, cache):
    network.put_all(module)
    first = getattr(datasets, module).load_data()
    for path in network.folder.iterdir():
        path.unlink()
    again = getattr(datasets, module).load_data()
    assert [[array.tolist() for array in part] for part in again] == [[a.tolist() for a in part] for part in first]
    assert files_in(cache) <= {str(kept_at(one).relative_to("datasets")) for one in sources.SOURCES.values()}


def test_a_path_names_the_file_in_the_cache(network, cache):
    network.put_all("mnist")
    datasets.mnist.load_data(path="mine.npz")
    assert files_in(cache) == {"mine.npz"}


@pytest.mark.parametrize("content", [b"", b"cut off", b"PK of another file"])
def test_another_file_in_the_cache_is_replaced(content, network, cache):
    network.put_all("imdb")
    expected = network.folder.joinpath("imdb.npz").read_bytes()
    cache.mkdir(parents=True)
    (cache / "imdb.npz").write_bytes(content)
    datasets.imdb.load_data()
    assert (cache / "imdb.npz").read_bytes() == expected


@pytest.mark.parametrize("module", sorted(set(FILES) - {"fashion_mnist"}))
def test_another_file_under_the_address_is_refused_unread(module, network, cache):
    network.put_all(module)
    for path in network.folder.iterdir():
        path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(ValueError, match="is not the file that is wanted"):
        getattr(datasets, module).load_data()
    assert files_in(cache) == set()


def test_a_file_that_cannot_be_fetched_is_named_with_its_place_and_a_way_out(network, cache):
    with pytest.raises(OSError, match=r"mnist\.npz' cannot be fetched") as raised:
        datasets.mnist.load_data()
    said = str(raised.value)
    assert f"put it at {cache / 'mnist.npz'}." in said
    assert "sklearn.datasets.load_digits()" in said
    assert "Called at" in said
    assert "another hash" not in said


def test_it_is_said_that_what_is_there_is_another_file(network, cache):
    cache.mkdir(parents=True)
    (cache / "mnist.npz").write_bytes(b"something else")
    with pytest.raises(OSError, match="in the cache, but it has another hash"):
        datasets.mnist.load_data()


def test_a_cache_that_cannot_be_made_is_no_matter_of_the_network(network, cache):
    network.put_all("mnist")
    cache.parent.mkdir()
    cache.write_bytes(b"a file in the place of the folder")
    with pytest.raises(FileExistsError):
        datasets.mnist.load_data()


@pytest.mark.parametrize(
    "change",
    [
        lambda content: b"",
        lambda content: b"<html>Please log in.</html>",
        lambda content: content[:-20],
        lambda content: content[:-12] + bytes([content[-12] ^ 1]) + content[-11:],
        lambda content: content[:5],
    ],
    ids=["empty", "a page", "cut off", "a byte changed", "only its start"],
)
def test_a_damaged_file_without_a_hash_is_explained(change, network):
    network.put_all("fashion_mnist")
    path = network.folder / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(change(path.read_bytes()))
    message = "t10k-images-idx3-ubyte.gz' is damaged(?s:.*)Remove it, and it is fetched again"
    with pytest.raises(ValueError, match=message):
        datasets.fashion_mnist.load_data()


def test_another_format_in_the_place_of_an_array_of_bytes_is_explained(network):
    network.put_all("fashion_mnist")
    (network.folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(b"\0\0\x0d\1" + bytes(8)))
    with pytest.raises(ValueError, match="no bytes in the format IDX"):
        datasets.fashion_mnist.load_data()
