"""What the table of layers does not say of Embedding: lengths, weights to start from, ids out of range."""

import numpy as np
import pytest

from plait.layers import LSTM, Dense, Embedding, Flatten, Input
from plait.models import Model, Sequential


def test_the_declared_length_shows_in_the_shape():
    assert Embedding(1000, 64, input_length=10)(Input((None,))).shape == (None, 10, 64)


def test_data_of_another_length_than_declared_are_an_error_when_they_come():
    inputs = Input((None,))
    model = Model(inputs, Embedding(1000, 64, input_length=10)(inputs))
    with pytest.raises(
        ValueError, match=r'Embedding "embedding_1" needs inputs of input_length 10, got shape \(2, 9\)'
    ):
        model(np.zeros((2, 9), "int32"))


def test_an_input_of_another_length_than_declared_is_an_error_at_once():
    with pytest.raises(ValueError, match="needs inputs of input_length 10"):
        Embedding(1000, 64, input_length=10)(Input((9,)))


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [
        ({}, (None, None)),
        ({"input_length": 10}, (None, 10)),
        ({"input_length": (10, 3)}, (None, 10, 3)),
        ({"input_length": 10, "batch_size": 32}, (32, 10)),
        ({"input_shape": (7,)}, (None, 7)),
        ({"batch_input_shape": (32, 7)}, (32, 7)),
    ],
)
def test_a_sequential_model_that_starts_with_it_is_built_at_once(arguments, shape):
    assert Sequential([Embedding(1000, 8, **arguments)]).input_shape == shape


def test_layers_after_it_are_built_too():
    assert Sequential([Embedding(1000, 8), LSTM(4)]).count_params() == 8000 + 4 * (8 + 4 + 1) * 4


def test_layers_after_it_that_need_the_length_wait_for_data():
    model = Sequential([Embedding(10, 2), Flatten(), Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.zeros((8, 5), int), np.zeros((8, 1)), verbose=0)
    assert model.layers[-1].kernel.shape == (10, 1)


@pytest.mark.parametrize("as_list", [False, True])
def test_it_starts_from_given_weights(as_list):
    matrix = np.arange(6, dtype="float32").reshape(3, 2)
    layer = Embedding(3, 2, weights=[matrix] if as_list else matrix)
    np.testing.assert_array_equal(layer(np.array([[2, 0]]))[0], matrix[[2, 0]])


def test_given_weights_of_another_shape_are_explained():
    with pytest.raises(ValueError, match=r"embeddings needs \(3, 2\), got \(2, 3\)"):
        Embedding(3, 2, weights=np.zeros((2, 3)))(np.array([[0]]))


def test_ids_are_not_rounded_to_a_half_precision():
    layer = Embedding(1000, 1, dtype="mixed_bfloat16", embeddings_initializer="glorot_uniform")
    exact = layer(np.array([[999]]))
    np.testing.assert_array_equal(layer(np.array([[999.0]], "float32")), exact)
    assert exact.dtype == "bfloat16"


@pytest.mark.parametrize(
    ("ids", "problem"),
    [
        ([[0, 9]], None),
        ([[0.0, 9.0]], None),
        ([[1, 2], [3, 10]], "ids go from 0 to 9, got 10 in row 1, position 1. input_dim must be larger"),
        ([[-1, 2]], "ids go from 0 to 9, got -1 in row 0"),
        ([[1, 2.5]], "ids are whole numbers, got 2.5 in row 0, position 1"),
    ],
)
def test_ids_that_it_has_no_vector_for_are_found_before_training(ids, problem):
    found = Embedding(10, 2).problem_with(np.array(ids))
    assert found is None if problem is None else found.startswith(problem)


@pytest.mark.parametrize("sizes", [(0, 2), (2, -1), (2.5, 2)])
def test_sizes_that_are_none_are_explained(sizes):
    with pytest.raises(ValueError, match=r"needs a positive integer for (in|out)put_dim"):
        Embedding(*sizes)
