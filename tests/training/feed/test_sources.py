"""The same data in any form train a model to the same weights."""

import functools
import itertools

import h5py
import numpy as np
import pytest

from plait import utils
from tests.training.feed.data import BATCHES, Again, Numbered, X, Y, by_arrays, check_same, trained

COLUMNS = ["a", "b", "c", "d"]


class Items(utils.PyDataset):
    def __len__(self):
        return len(BATCHES)

    def __getitem__(self, number):
        return BATCHES[number]


class LikeTensorFlow:
    """Has of a tf.data.Dataset what is asked of one."""

    def cardinality(self):
        return np.int64(-2)

    def as_numpy_iterator(self):
        return iter(BATCHES)

    def __iter__(self):
        raise AssertionError("its own iterator gives tensors")


# A loader of PyTorch's makes lists.
LikePyTorch = type("DataLoader", (), {"__iter__": lambda self: map(list, BATCHES), "__module__": "torch.utils.data"})


class OnlyDLPack:
    def __init__(self, array):
        self.array, self.shape = array, array.shape

    def __dlpack__(self, **arguments):
        return self.array.__dlpack__(**arguments)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def rows_of_grain():
    grain = pytest.importorskip("grain")
    return grain.MapDataset.source(list(zip(X, Y, strict=True))).batch(8)


def tensorflow():
    data = pytest.importorskip("tensorflow").data
    return data.Dataset.from_tensor_slices((X, Y)).batch(8)


def pytorch():
    torch = pytest.importorskip("torch")
    pairs = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    return torch.utils.data.DataLoader(pairs, batch_size=8)


def frames(library):
    return pytest.importorskip(library).DataFrame({name: X[:, n] for n, name in enumerate(COLUMNS)})


BY_BATCH = {
    "iterable": Again,
    "items": Numbered,
    "PyDataset": Items,
    "tf.data by its interface": LikeTensorFlow,
    "DataLoader by its interface": LikePyTorch,
    "grain map": rows_of_grain,
    "grain iter": lambda: rows_of_grain().to_iter_dataset(),
    "tf.data": tensorflow,
    "DataLoader": pytorch,
    "dicts": lambda: Again([({"x": x}, {"y": y}) for x, y in BATCHES]),
    "frames": lambda: Again([(frames("pandas").iloc[n : n + 8], Y[n : n + 8]) for n in (0, 8, 16)]),
}


@functools.cache
def expected():
    return by_arrays()


@pytest.mark.parametrize("make", BY_BATCH.values(), ids=BY_BATCH)
def test_batches_from_anywhere_train_as_the_arrays_do(make):
    check_same(trained(make()), expected())


@pytest.mark.parametrize("make", [lambda some: (batch for batch in some), iter, lambda some: map(tuple, some)])
def test_an_iterator_trains_as_the_arrays_do(make):
    check_same(trained(make(BATCHES * 2), steps_per_epoch=3), expected())


WHOLE = {
    "pandas": lambda: (frames("pandas"), frames("pandas").assign(y=Y[:, 0])["y"]),
    "polars": lambda: (frames("polars"), pytest.importorskip("polars").Series(Y[:, 0])),
    "pyarrow": lambda: (
        pytest.importorskip("pyarrow").table({name: X[:, n] for n, name in enumerate(COLUMNS)}),
        pytest.importorskip("pyarrow").array(Y[:, 0]),
    ),
    "torch": lambda: tuple(map(pytest.importorskip("torch").from_numpy, (X, Y))),
    "dlpack": lambda: (OnlyDLPack(X), OnlyDLPack(Y)),
    "float64": lambda: (X.astype(np.float64), Y.astype(np.float64)),
}


@pytest.mark.parametrize("make", WHOLE.values(), ids=WHOLE)
def test_data_as_a_whole_in_any_form_train_as_the_arrays_do(make):
    x, y = make()
    check_same(trained(x, y, batch_size=8), expected())


def test_what_an_hdf5_file_holds_trains_as_the_arrays_do(tmp_path):
    with h5py.File(tmp_path / "data.h5", "w") as file:
        x, y = file.create_dataset("x", data=X), file.create_dataset("y", data=Y)
        check_same(trained(x, y, batch_size=8), expected())


def test_a_generator_may_write_each_batch_into_the_same_array():
    def refilling():
        x, y = np.zeros((8, 4), np.float32), np.zeros((8, 1), np.float32)
        for some_x, some_y in itertools.cycle([(X[:8], Y[:8]), (X[8:16], Y[8:16])]):
            x[:], y[:] = some_x, some_y
            yield x, y

    fresh = trained(itertools.cycle([(X[:8], Y[:8]), (X[8:16], Y[8:16])]), steps_per_epoch=10)
    check_same(trained(refilling(), steps_per_epoch=10), fresh)
