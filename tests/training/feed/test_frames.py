"""Tables of other libraries: by column or as a matrix, and what is wrong with their columns."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from plait import Input, Model, layers
from tests.training.feed.data import X, Y, network

COLUMNS = {"a": X[:, 0], "b": X[:, 1], "y": Y[:, 0], "z": Y[:, 0]}
TABLES = [pd.DataFrame, pl.DataFrame, pa.table, pa.record_batch]


def by_column():
    inputs = {"a": Input((1,), name="a"), "b": Input((1,), name="b")}
    joined = layers.concatenate(list(inputs.values()))
    model = Model(inputs, {"y": layers.Dense(1, name="y")(joined), "z": layers.Dense(1, name="z")(joined)})
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("table", TABLES)
def test_a_frame_goes_by_column_to_inputs_and_outputs_of_these_names(table):
    frame, model = table(COLUMNS), by_column()
    whole = {name: column[:, None] for name, column in COLUMNS.items()}
    inputs, targets = {name: whole[name] for name in "ab"}, {name: whole[name] for name in "yz"}
    assert model.evaluate(frame, frame, verbose=0) == model.evaluate(inputs, targets, verbose=0)
    np.testing.assert_array_equal(model.predict(frame, verbose=0)["y"], model.predict(inputs, verbose=0)["y"])


@pytest.mark.parametrize("table", TABLES)
def test_a_frame_for_one_input_is_the_matrix_of_its_columns_in_order(table):
    frame = table({"d": X[:, 0], "c": X[:, 1], "b": X[:, 2], "a": np.arange(len(X))})
    matrix = np.column_stack([X[:, :3], np.arange(len(X))])
    model = network()
    np.testing.assert_array_equal(model.predict(frame, verbose=0), model.predict(matrix, verbose=0))


def test_columns_of_truth_values_and_categories_of_numbers_are_numbers():
    frame = pd.DataFrame({"d": X[:, 0] > 0, "c": pd.array([1, 2] * 11, dtype="Int64"), "b": X[:, 2], "a": X[:, 3]})
    matrix = np.column_stack([X[:, 0] > 0, [1, 2] * 11, X[:, 2:]])
    model = network()
    np.testing.assert_array_equal(model.predict(frame, verbose=0), model.predict(matrix, verbose=0))


def with_column(table, name, values):
    return table({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2], name: values})


TEXT = ["Rome"] * len(X)
HOLES = [1.0, None] * (len(X) // 2)


@pytest.mark.parametrize("table", TABLES)
def test_a_column_of_text_is_named(table):
    with pytest.raises(TypeError, match=r"""The input "x" must have columns of numbers, .* "city" has 'Rome'\."""):
        network().predict(with_column(table, "city", TEXT), verbose=0)


@pytest.mark.parametrize("table", TABLES)
def test_columns_with_missing_values_are_named_and_counted(table):
    with pytest.raises(ValueError, match=r'The input "x" has missing values in the columns "age" \(11\)\.'):
        network().predict(with_column(table, "age", HOLES), verbose=0)


@pytest.mark.parametrize("series", [pd.Series, pl.Series, pa.array])
def test_missing_targets_are_counted(series):
    with pytest.raises(ValueError, match='The target "y" has 11 missing values'):
        network().fit(X, series(HOLES), verbose=0)


def test_a_frame_without_the_columns_of_the_inputs_is_refused():
    frame = pd.DataFrame({"a": X[:, 0], "bb": X[:, 1]})
    with pytest.raises(ValueError, match=r'the frame has none for "b"\. Did you mean "bb"\?'):
        by_column().predict(frame, verbose=0)


def test_columns_of_a_hugging_face_dataset_go_by_name():
    datasets = pytest.importorskip("datasets")
    dataset, model = datasets.Dataset.from_dict({name: list(column) for name, column in COLUMNS.items()}), by_column()
    expected = model.predict({name: COLUMNS[name][:, None] for name in "ab"}, verbose=0)
    np.testing.assert_allclose(model.predict(dataset, verbose=0)["y"], expected["y"], rtol=1e-6)
