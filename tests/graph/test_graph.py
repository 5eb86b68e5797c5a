import time

import numpy as np
import pytest

from plait import Input, Model, layers
from plait.core import names


def resident_megabytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 2**20


def test_a_model_begins_at_an_intermediate_tensor():
    inputs = Input((3,))
    middle = layers.Dense(4, name="middle")(inputs)
    whole = Model(inputs, layers.Dense(2)(middle))
    head = Model(middle, whole.output)
    body = Model(inputs, middle)
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    np.testing.assert_allclose(
        head.predict(body.predict(x, verbose=0), verbose=0), whole.predict(x, verbose=0), rtol=1e-5
    )


@pytest.mark.parametrize(
    "tensors",
    [
        lambda x: layers.LSTM(3, return_state=True, name="lstm")(x)[1:],
        lambda x: [(lstm := layers.LSTM(3, name="lstm"))(x), lstm(2 * x)],
    ],
    ids=["two outputs of one layer", "two calls of one layer"],
)
def test_a_model_begins_at_several_tensors_of_one_layer(tensors):
    tensors = list(tensors(Input((4, 2))))
    model = Model(tensors, layers.Subtract()(tensors))
    x = [np.full((5, 3), 3.0), np.full((5, 3), 1.0)]
    assert model.input_names == ["lstm_input", "lstm_input_1"]
    np.testing.assert_array_equal(model.predict(x, verbose=0), x[0] - x[1])


def test_layers_are_ordered_by_their_distance_from_the_outputs():
    a, b = Input((2,), name="a"), Input((2,), name="b")
    deep = layers.Dense(2, name="second")(layers.Dense(2, name="first")(a))
    model = Model([a, b], layers.Add(name="sum")([deep, layers.Dense(2, name="short")(b)]))
    assert [layer.name for layer in model.layers] == ["a", "first", "b", "second", "short", "sum"]


def test_dicts_keep_the_order_of_the_user():
    z, a = Input((1,), name="input_z"), Input((1,), name="input_a")
    model = Model({"z": z, "a": a}, {"y": z + a, "b": z - a})
    assert model.input_names == ["z", "a"]
    outputs = model.predict({"a": np.ones((2, 1)), "z": np.full((2, 1), 3.0)}, verbose=0)
    assert list(outputs) == ["y", "b"]
    assert outputs["b"].ravel().tolist() == [2.0, 2.0]


def test_seventy_billion_parameters_are_built_and_summarised_without_memory():
    before = resident_megabytes()
    began = time.perf_counter()
    x = inputs = Input((100_000,))
    for _ in range(7):
        x = layers.Dense(100_000)(x)
    model = Model(inputs, x)
    lines = []
    model.summary(print_fn=lines.append)
    seconds = time.perf_counter() - began
    assert model.count_params() == 70_000_700_000
    assert any("70,000,700,000" in line for line in lines)
    assert not any(weight.is_materialised for weight in model.weights)
    assert resident_megabytes() - before < 50
    assert seconds < 1.0  # what was promised of it, about forty times what it takes


def test_a_chain_of_ten_thousand_layers_is_built_without_recursion():
    x = inputs = Input((4,))
    for _ in range(10_000):
        x = layers.Dense(4)(x)
    model = Model(inputs, x)
    assert len(model.layers) == 10_001
    assert model.count_params() == 200_000


def test_clear_session_lets_names_count_from_one_again():
    assert layers.Dense(1).name == "dense_1"
    assert layers.Dense(1).name == "dense_2"
    names.clear()
    assert layers.Dense(1).name == "dense_1"


def test_a_mask_that_is_lost_is_reported_once_where_the_graph_is_drawn():
    words = Input((6,), dtype="int32")
    embedded = layers.Embedding(10, 4, mask_zero=True)(words)
    with pytest.warns(UserWarning, match=r"Flatten .* does not pass on the mask(.|\n)*test_graph.py:") as caught:
        layers.Flatten()(embedded)
    assert len(caught) == 1
