import random

import numpy as np
import pytest

from plait import Sequential, data, layers, utils
from tests.genuine import genuine_keras

X = np.arange(20, dtype="float32").reshape(10, 2)
Y = np.arange(10)

SIZES = [
    (0.8, None),
    (None, 0.3),
    (0.5, 0.5),
    (7, None),
    (None, 1),
    (3, 4),
    (0.25, 5),
    (0.55, None),
    (0.15, None),
    (9, 1),
]
WRONG_SIZES = [
    (0, None),
    (10, None),
    (0.0, None),
    (1.0, None),
    (0.01, None),
    (-1, None),
    (None, 1.5),
    (8, 3),
    (0.7, 0.6),
]


def numbers(half):
    """Returns the numbers of the samples in a half, whose targets they are."""
    return [int(y) for _, y in half]


@pytest.mark.parametrize(("left_size", "right_size"), SIZES)
def test_the_halves_have_as_many_samples_as_in_keras(left_size, right_size):
    with genuine_keras() as keras:
        left, right = keras.src.utils.dataset_utils._rescale_dataset_split_sizes(left_size, right_size, 10)

    halves = utils.split_dataset((X, Y), left_size, right_size)

    assert [numbers(half) for half in halves] == [list(range(left)), list(range(10 - right, 10))]


@pytest.mark.parametrize(("left_size", "right_size"), [*WRONG_SIZES, ("a", None), (None, [3])])
def test_sizes_that_keras_refuses_are_refused(left_size, right_size):
    with genuine_keras() as keras, pytest.raises((TypeError, ValueError)) as theirs:
        keras.src.utils.dataset_utils._rescale_dataset_split_sizes(left_size, right_size, 10)

    with pytest.raises(theirs.type):
        utils.split_dataset((X, Y), left_size, right_size)


def test_shuffled_halves_are_those_of_python_s_generator_as_in_keras():
    expected = list(range(10))
    random.Random(3).shuffle(expected)

    left, right = utils.split_dataset((X, Y), left_size=0.7, shuffle=True, seed=3)

    assert (numbers(left), numbers(right)) == (expected[:7], expected[7:])


def test_without_a_seed_each_split_is_another_one_and_all_samples_are_there_once():
    splits = [utils.split_dataset((X, Y), left_size=5, shuffle=True) for _ in range(3)]

    orders = [numbers(left) + numbers(right) for left, right in splits]

    assert [sorted(order) for order in orders] == [list(range(10))] * 3
    assert len({tuple(order) for order in orders}) > 1


@pytest.mark.parametrize(
    ("given", "sample"),
    [(X, X[9]), ((X,), (X[9],)), ([X, Y], (X[9], Y[9])), ((X, Y, Y), (X[9], Y[9], Y[9]))],
    ids=["an array", "one in a tuple", "a list", "a tuple"],
)
def test_a_sample_has_a_row_of_each_array(given, sample):
    _, right = utils.split_dataset(given, right_size=1)

    (found,) = right

    assert type(found) is type(sample)
    np.testing.assert_equal(found, sample)


def test_the_halves_of_arrays_are_batched_and_trained_on():
    left, right = utils.split_dataset((X, Y[:, None].astype("float32")), left_size=0.8)
    model = Sequential([layers.Dense(1)])
    model.compile("sgd", "mse")

    history = model.fit(left.batch(4), validation_data=right.batch(4), verbose=0)

    assert list(history.history) == ["loss", "val_loss"]
    assert [len(x) for x, _ in left.batch(5)] == [5, 3]


def test_batches_are_split_by_their_samples_and_batched_again():
    batches = data.from_arrays(X, Y, batch_size=3)

    left, right = utils.split_dataset(batches, left_size=4)

    assert [y.tolist() for _, y in left] == [[0, 1, 2], [3]]
    assert [y.tolist() for _, y in right] == [[4, 5, 6], [7, 8, 9]]


def test_batches_that_something_was_done_to_are_split_between_batches():
    batches = data.from_arrays(X, Y, batch_size=2).map(lambda x, y: (x, -y))

    left, right = utils.split_dataset(batches, right_size=2)

    assert [y.tolist() for _, y in left] == [[0, -1], [-2, -3], [-4, -5]]
    assert [y.tolist() for _, y in right] == [[-6, -7], [-8, -9]]


class Numbered(utils.PyDataset):
    """Has batches of two samples."""

    def __len__(self):
        return 5

    def __getitem__(self, number):
        rows = slice(2 * number, 2 * number + 2)
        return X[rows], Y[rows, None].astype("float32")


def test_a_data_set_with_items_by_number_gives_two_that_fit_takes():
    left, right = utils.split_dataset(Numbered(), left_size=0.6)
    model = Sequential([layers.Dense(1)])
    model.compile("sgd", "mse")

    model.fit(left, validation_data=right, verbose=0)

    assert [len(half) for half in (left, right)] == [3, 2]
    assert [right[number][1].tolist() for number in range(2)] == [[[6], [7]], [[8], [9]]]


@pytest.mark.parametrize(
    ("mistake", "error", "message"),
    [
        (lambda: utils.split_dataset(X), ValueError, "needs left_size or right_size, or both, got neither"),
        (lambda: utils.split_dataset(X, 10), ValueError, "left_size is a number of samples from 1 to 9, or a fraction"),
        (lambda: utils.split_dataset(X, 6, 5), ValueError, "more than the 10 samples there are: 6 and 5"),
        (lambda: utils.split_dataset(X, "6"), TypeError, "left_size is a number of samples or a fraction.*got '6'"),
        (lambda: utils.split_dataset((X, Y[1:]), 6), ValueError, "array 0 has 10, array 1 has 9"),
        (lambda: utils.split_dataset([], 6), ValueError, "split_dataset needs at least one array, got none"),
        (lambda: utils.split_dataset({"x": X}, 6), TypeError, "samples that it can count and choose from"),
        (lambda: utils.split_dataset(iter(X), 6), TypeError, "samples that it can count and choose from"),
        (lambda: utils.split_dataset(data.from_arrays(X).repeat(), 1), TypeError, "repeated without end"),
    ],
)
def test_what_cannot_be_split_is_explained(mistake, error, message):
    with pytest.raises(error, match=message):
        mistake()
