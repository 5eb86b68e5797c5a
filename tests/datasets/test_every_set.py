"""What each data set gives, of the same files, is what genuine Keras gives: the examples, their order, their types."""

import importlib
import inspect
import re

import numpy as np
import pytest

from plait import datasets
from tests.datasets.making import FILES, npz
from tests.genuine import genuine_keras

CASES = [
    ("boston_housing", {}),
    ("boston_housing", {"test_split": 0.5, "seed": 7}),
    ("boston_housing", {"test_split": 0}),
    ("california_housing", {}),
    ("california_housing", {"version": "small"}),
    ("california_housing", {"version": "small", "test_split": 0.3, "seed": 7}),
    ("cifar100", {}),
    ("cifar100", {"label_mode": "coarse"}),
    ("fashion_mnist", {}),
    ("mnist", {}),
]
WORDS = [
    {},
    {"seed": 7},
    {"num_words": 20},
    {"num_words": 0},
    {"skip_top": 6},
    {"num_words": 20, "skip_top": 6},
    {"maxlen": 8},
    {"start_char": None},
    {"start_char": 30},
    {"start_char": None, "index_from": None},
    {"start_char": None, "index_from": 0},
    {"index_from": 0},
    {"index_from": 10},
    {"oov_char": 99, "num_words": 15},
    {"oov_char": None, "num_words": 15},
    {"oov_char": None, "skip_top": 6},
    {"num_words": 30, "skip_top": 4, "maxlen": 9, "seed": 1, "start_char": 5, "oov_char": None, "index_from": 6},
]
CASES += [(module, arguments) for module in ("imdb", "reuters") for arguments in WORDS]
CASES += [("reuters", more) for more in ({"test_split": 0.5}, {"test_split": 0}, {"test_split": 0.5, "maxlen": 7})]


def assert_same(split, expected):
    for part, expected_part in zip(split, expected, strict=True):
        for array, wanted in zip(part, expected_part, strict=True):
            assert (array.dtype, array.shape) == (wanted.dtype, wanted.shape)
            assert array.tolist() == wanted.tolist()


@pytest.mark.parametrize(("module", "arguments"), CASES, ids=[f"{module} {given}" for module, given in CASES])
def test_the_arrays_are_those_of_keras(module, arguments, network):
    network.put_all(module)
    with network.genuine(module) as keras:
        expected = keras.load_data(**arguments)
    assert_same(getattr(datasets, module).load_data(**arguments), expected)


def test_the_batches_of_cifar10_are_those_of_keras(network):
    network.put_all("cifar10")
    with network.genuine("cifar10") as keras:
        (x, y), test = keras.load_data()
    # It takes 10,000 images in a batch for granted, and has repeated the one that there is.
    assert_same(datasets.cifar10.load_data(), ((x[::10_000], y[::10_000]), test))


@pytest.mark.parametrize("module", ["imdb", "reuters"])
def test_the_numbers_of_words_are_those_of_keras(module, network):
    network.put_all(module)
    with network.genuine(module) as keras:
        expected = keras.get_word_index()
    assert getattr(datasets, module).get_word_index() == expected


def test_the_topics_of_reuters_are_those_of_keras():
    with genuine_keras() as keras:
        assert datasets.reuters.get_label_names() == keras.datasets.reuters.get_label_names()


def test_the_data_sets_are_those_of_keras():
    with genuine_keras() as keras:
        assert set(dir(datasets)) == {name for name in dir(keras.datasets) if not name.startswith("_")} == set(FILES)


@pytest.mark.parametrize("module", FILES)
def test_functions_and_arguments_are_those_of_keras(module):
    with genuine_keras() as keras:
        genuine = getattr(keras.datasets, module)
        names = [name for name in dir(genuine) if not name.startswith("_")]
    ours = importlib.import_module(f"plait.datasets.{module}")
    for name in names:
        assert defaults(getattr(ours, name)) == defaults(getattr(genuine, name))


def defaults(function):
    """Returns the arguments that have a name, in their order, and what they are by default."""
    parameters = inspect.signature(function).parameters.values()
    return [(one.name, one.default) for one in parameters if one.kind is not one.VAR_KEYWORD]


@pytest.mark.parametrize("module", FILES)
def test_the_arrays_can_be_changed(module, network):
    network.put_all(module)
    for x, y in getattr(datasets, module).load_data():
        assert x.flags.writeable
        assert y.flags.writeable


def test_texts_of_one_length_are_lists_too(network):
    network.put("reuters.npz", npz(x=np.fromiter([[1, 2]] * 3, object), y=np.arange(3)))
    (x, _), _ = datasets.reuters.load_data(num_words=100, test_split=0)
    assert (x.shape, x.tolist()) == ((3,), [[1, 4, 5]] * 3)


@pytest.mark.parametrize(
    ("module", "arguments", "message"),
    [
        ("boston_housing", {"test_split": 1}, "test_split is the part to test with, at least 0 and less than 1, got 1"),
        ("california_housing", {"test_split": -0.1}, "test_split is the part"),
        ("california_housing", {"version": "smal"}, "Unknown version 'smal'. Did you mean \"small\"?"),
        ("cifar100", {"label_mode": "rough"}, "Unknown label_mode 'rough'"),
        ("imdb", {"num_words": -1}, "num_words is a number of words, not below 0, got -1"),
        ("imdb", {"skip_top": "5"}, "skip_top is a number of words, not below 0, got '5'"),
        ("reuters", {"maxlen": -3}, "maxlen is a number of words"),
        ("reuters", {"test_split": 1.5}, "test_split is the part"),
        ("mnist", {"path": "my/mnist.npz"}, "path is a name in the cache, without a folder, got 'my/mnist.npz'"),
        ("imdb", {"path": ".."}, "without a folder, got '..'"),
    ],
)
def test_a_wrong_argument_is_explained_before_anything_is_fetched(module, arguments, message, network, cache):
    network.put_all(module)
    with pytest.raises(ValueError, match=re.escape(message)):
        getattr(datasets, module).load_data(**arguments)
    assert not cache.exists()


@pytest.mark.parametrize("module", ["imdb", "reuters"])
def test_a_maxlen_that_leaves_nothing_is_explained(module, network):
    network.put_all(module)
    with pytest.raises(ValueError, match="No text is shorter than maxlen=3"):
        getattr(datasets, module).load_data(maxlen=3)
