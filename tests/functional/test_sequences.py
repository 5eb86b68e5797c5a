import numpy as np
import pytest

from plait.functional import sequences
from tests.genuine import genuine_keras

RAGGED = [[1], [2, 3], [], [4, 5, 6, 7]]
VECTORS = [np.ones((2, 3)), np.zeros((4, 3))]


@pytest.mark.parametrize(
    ("ragged", "arguments"),
    [
        (RAGGED, {}),
        (RAGGED, {"maxlen": 3}),
        (RAGGED, {"maxlen": 6, "value": -1.0, "dtype": "float32"}),
        (RAGGED, {"maxlen": 2, "padding": "post"}),
        (RAGGED, {"maxlen": 2, "truncating": "post"}),
        (RAGGED, {"maxlen": 3, "padding": "post", "truncating": "post", "value": 9}),
        (VECTORS, {"maxlen": 3, "dtype": "float32"}),
        ([["a"], ["b", "c"]], {"dtype": object, "value": "-"}),
        ([[], []], {}),
        ([(1, 2), np.array([3])], {}),
    ],
)
def test_padding_is_that_of_keras(ragged, arguments):
    ours = sequences.pad_sequences(ragged, **arguments)
    with genuine_keras() as keras:
        theirs = keras.utils.pad_sequences(ragged, **arguments)
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("labels", "num_classes"),
    [
        ([0, 2, 1], None),
        ([0, 2, 1], 5),
        ([[0], [3]], None),
        ([[0, 1], [2, 1]], None),
        (2, 4),
        ([1.0, 0.0], None),
    ],
)
def test_one_hot_rows_are_those_of_keras(labels, num_classes):
    ours = sequences.to_categorical(labels, num_classes)
    with genuine_keras() as keras:
        theirs = keras.utils.to_categorical(labels, num_classes)
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("arguments", [{}, {"order": 1}, {"axis": 1}, {"axis": -2, "order": np.inf}])
def test_scaling_is_that_of_keras(arguments):
    x = np.random.default_rng(0).normal(size=(3, 4))
    x[1] = 0
    with genuine_keras() as keras:
        theirs = keras.utils.normalize(x, **arguments)
    np.testing.assert_allclose(sequences.normalize(x, **arguments), theirs)


def test_scaling_along_the_first_axis_uses_that_axis():
    np.testing.assert_allclose(sequences.normalize([[3.0, 0.0], [4.0, 2.0]], axis=0), [[0.6, 0], [0.8, 1]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sequences.pad_sequences(7), "a list of sequences, got 7"),
        (lambda: sequences.pad_sequences([[1], 2]), "got 2 at position 1"),
        (lambda: sequences.pad_sequences([]), "at least one sequence"),
        (lambda: sequences.pad_sequences(RAGGED, padding="past"), 'Did you mean "post"'),
        (lambda: sequences.pad_sequences(RAGGED, maxlen=-1), "maxlen needs to be zero or more, got -1"),
        (lambda: sequences.pad_sequences(RAGGED, value="x"), "'x' cannot stand in an array of int32"),
        (lambda: sequences.pad_sequences([[[1, 2]], [[3]]]), r"those of sequence 1 have \(1,\)"),
        (lambda: sequences.to_categorical([0, 3], 3), "integer labels from 0 to 2, got 0 to 3"),
        (lambda: sequences.to_categorical([0, -1]), "from 0 to 0, got -1 to 0"),
        (lambda: sequences.to_categorical([0.5, 1]), "integer labels from 0 to 1, got 0.5 to 1.0"),
        (lambda: sequences.to_categorical([]), "at least one label"),
    ],
)
def test_what_does_not_fit_is_explained(call, message):
    with pytest.raises(ValueError, match=message):
        call()
