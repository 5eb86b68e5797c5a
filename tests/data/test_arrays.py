import h5py
import jax.numpy as jnp
import numpy as np
import pytest

from plait import data
from plait.core import nest
from tests.data import making

X = np.random.default_rng(0).normal(size=(10, 3)).astype("float32")
Y = np.arange(10)


def mapped(folder):
    array = np.memmap(folder / "x.bin", "float32", "w+", shape=X.shape)
    array[:] = X
    return array


def saved(folder):
    np.save(folder / "x.npy", X)
    return folder / "x.npy"


def in_hdf5(folder):
    file = h5py.File(folder / "x.h5", "w")
    file["x"] = X
    return file["x"]


KINDS = {
    "memory": lambda folder: X,
    "memory map": mapped,
    "path": saved,
    "path as a string": lambda folder: str(saved(folder)),
    "hdf5": in_hdf5,
    "jax": lambda folder: jnp.asarray(X),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_of_arrays_of_every_kind_are_their_rows(tmp_path, kind, shuffle):
    batches = data.from_arrays(KINDS[kind](tmp_path), Y, batch_size=4, shuffle=shuffle, seed=0)
    for _ in range(2):
        epoch = list(batches)
        assert [type(x) for x, _ in epoch] == [np.ndarray] * 3
        order = np.concatenate([y for _, y in epoch])
        assert (order.tolist() == Y.tolist()) != shuffle
        np.testing.assert_array_equal(np.concatenate([x for x, _ in epoch]), X[order])


class OnDisk:
    """Stands for an array on disk: notes what is read."""

    chunks = None
    shape = (1000, 2)

    def __init__(self):
        self.rows = 0

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, wanted):
        is_stretch = isinstance(wanted, slice)
        assert is_stretch or (np.diff(wanted) > 0).all()
        self.rows += wanted.stop - wanted.start if is_stretch else len(wanted)
        return np.arange(2000).reshape(self.shape)[wanted]


@pytest.mark.parametrize("shuffle", [False, True])
def test_only_the_rows_of_a_batch_are_read(shuffle):
    array = OnDisk()
    next(iter(data.from_arrays(array, batch_size=8, shuffle=shuffle)))
    assert array.rows == 8


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((X,), X),
        ((X, Y), (X, Y)),
        ((X, Y, Y + 1), (X, Y, Y + 1)),
        (({"b": X, "a": Y},), {"b": X, "a": Y}),
        (({"b": [X, Y]}, {"out": Y}), ({"b": [X, Y]}, {"out": Y})),
        (([X, Y], Y), ([X, Y], Y)),
        (((X, Y),), ((X, Y),)),
    ],
)
@pytest.mark.parametrize("batch_size", [10, None])
def test_a_batch_has_the_structure_of_what_was_given(given, expected, batch_size):
    first = next(iter(data.from_arrays(*given, batch_size=batch_size)))
    expected = expected if batch_size else nest.walk(lambda array: array[0], expected)
    assert list(nest.paths(first)) == list(nest.paths(expected))
    assert type(first) is type(expected)
    making.assert_same([first], [expected])


@pytest.mark.parametrize(("drop", "sizes"), [(False, [4, 4, 2]), (True, [4, 4])])
def test_a_last_smaller_batch_is_there_unless_it_is_dropped(drop, sizes):
    batches = data.from_arrays(X, batch_size=4, drop_remainder=drop)
    assert [len(batch) for batch in batches] == sizes
    assert len(batches) == len(sizes)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: data.from_arrays(X, Y[:9]), ValueError, "different numbers of examples: x has 10, y has 9"),
        (lambda: data.from_arrays({"a": X, "b": Y[1:]}), ValueError, "x/a has 10, x/b has 9"),
        (lambda: data.from_arrays(X, None, Y), ValueError, "a sample_weight without y"),
        (lambda: data.from_arrays(X[:0]), ValueError, "The data are empty: x has no examples"),
        (lambda: data.from_arrays({}), ValueError, "at least one array, got none"),
        (lambda: data.from_arrays(X, batch_size=0), ValueError, "a positive integer for batch_size, got 0"),
        (lambda: data.from_arrays("x.npz"), ValueError, "the path of a .npy file, got 'x.npz'"),
        (lambda: data.from_arrays(None), TypeError, "x needs an array with an axis of examples, got None"),
        (lambda: data.from_arrays(X, [1, 2]), TypeError, "y/0 needs an array with an axis of examples, got 1"),
        (lambda: data.from_arrays(X, {"a": np.array(1)}), TypeError, "y/a needs an array with an axis of examples"),
    ],
)
def test_what_are_no_arrays_of_examples_is_refused(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)
