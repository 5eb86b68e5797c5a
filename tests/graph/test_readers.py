import numpy as np
import pytest

from plait import Input, Model, layers, ops
from plait.graph import readers


def test_the_readers_of_a_graph_are_the_layers_that_check_what_they_read():
    a, b = Input((4,), dtype="int32"), Input((4,))
    embedding = layers.Embedding(5, 2)
    model = Model([b, a], [embedding(a), layers.Dense(1)(b)])
    assert [(reader.number, reader.layer) for reader in model.graph.readers] == [(1, embedding)]


def test_a_reader_sees_an_input_as_the_layers_before_it_arranged_it():
    inputs = Input((4,), dtype="int32")
    model = Model(inputs, layers.Embedding(9, 2)(ops.flip(layers.Reshape((2, 2))(inputs), axis=-1)))
    (reader,) = model.graph.readers
    np.testing.assert_array_equal(reader.see(np.array([[1, 2, 3, 4]], np.int32)), [[[2, 1], [4, 3]]])


def test_a_reader_inside_a_model_is_found_and_one_behind_a_calculation_is_not():
    inner = Model(ids := Input((4,), dtype="int32"), layers.Embedding(9, 2)(ids))
    inputs = Input((4,), dtype="int32")
    assert [reader.layer for reader in Model(inputs, inner(inputs)).graph.readers] == [inner.layers[1]]
    assert Model(inputs, inner(inputs % 9)).graph.readers == []


def test_the_readers_are_found_once_for_a_graph(monkeypatch):
    model = Model(ids := Input((4,), dtype="int32"), layers.Embedding(9, 2)(ids))
    model(np.ones((1, 4), np.int32))
    monkeypatch.setattr(readers, "of", None)
    model(np.ones((1, 4), np.int32))
    with pytest.raises(ValueError, match="got 9 in row 0"):
        model(np.full((1, 4), 9, np.int32))
