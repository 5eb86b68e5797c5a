"""Summaries of models with a `call` of their own: the shapes that their layers give, as in genuine Keras."""

import re

import jax
import numpy as np
import pytest

import plait
from plait.reports.traced import shapes_given
from tests.genuine import genuine_keras

WIDE = 200
X = np.ones((5, 4), np.float32)
IDS = np.ones((5, 7), np.int32)


def rows(model, **arguments):
    """Returns name, type, shapes, number of parameters, and other cells, of each layer that a summary lists."""
    printed = []
    model.summary(line_length=WIDE, print_fn=printed.append, **arguments)
    found = []
    for line in "\n".join(printed).splitlines():
        cells = [cell.strip() for cell in re.split(r"[│|└]|\s{2,}", line) if cell.strip()]
        layer = re.fullmatch(r"(?!Layer)(\w+) \((\w+)\)", cells[0]) if len(cells) > 2 else None
        if layer:
            shapes = re.findall(r"\([^()]*\)|\?|multiple", cells[1])
            found.append((*layer.groups(), shapes, int(cells[2].partition(" ")[0].replace(",", "")), *cells[3:]))
    return found


# ------------------------------------------------------------------------------------------ models


def two_layers(K, name=None):
    class Tower(K.Model):
        def __init__(self):
            super().__init__(name=name)
            self.head = K.layers.Dense(1, name="head")  # called second
            self.hidden = K.layers.Dense(3, name="hidden", trainable=False)

        def call(self, inputs):
            return self.head(self.hidden(inputs))

    return Tower()


def a_layer_that_is_not_called(K):
    class Spare(K.Model):
        def __init__(self):
            super().__init__()
            self.first = K.layers.Dense(3, name="first")
            self.spare = K.layers.Dense(9, name="spare")

        def call(self, inputs):
            return self.first(inputs)

    return Spare()


def layers_in_a_list_and_a_dict(K):
    class Stack(K.Model):
        def __init__(self):
            super().__init__()
            self.blocks = [K.layers.Dense(units, name=f"block_{units}") for units in (6, 5)]
            self.heads = {name: K.layers.Dense(units, name=name) for name, units in (("size", 2), ("kind", 3))}

        def call(self, inputs):
            for block in self.blocks:
                inputs = block(inputs)
            return {name: head(inputs) for name, head in self.heads.items()}

    return Stack()


def a_layer_called_twice(K):
    class Twice(K.Model):
        def __init__(self):
            super().__init__()
            self.shared = K.layers.Dense(4, name="shared")

        def call(self, inputs):
            return self.shared(self.shared(inputs))

    return Twice()


def sequences(K):
    class Reader(K.Model):
        def __init__(self):
            super().__init__()
            self.embedding = K.layers.Embedding(10, 6, name="embedding")
            self.attention = K.layers.MultiHeadAttention(2, 3, name="attention")
            self.encoder = K.layers.LSTM(5, return_sequences=True, return_state=True, name="encoder")
            self.head = K.layers.Dense(2, name="head")

        def call(self, inputs):
            x = self.embedding(inputs)
            outputs, h, c = self.encoder(self.attention(x, x))
            return self.head(outputs), h, c

    return Reader()


def models_inside(K):
    class Outer(K.Model):
        def __init__(self):
            super().__init__()
            self.inner = two_layers(K, "inner")
            dense = [K.layers.Dense(2, name="a"), K.layers.Dense(3, name="b")]
            self.chain = K.Sequential([K.Input((1,)), *dense], name="chain")

        def call(self, inputs):
            return self.chain(self.inner(inputs))

    return Outer()


MODELS = [two_layers, a_layer_that_is_not_called, layers_in_a_list_and_a_dict, a_layer_called_twice]
CALLS = [
    *((make, {"shape": (4,)}, X) for make in MODELS),
    (sequences, {"shape": (7,), "dtype": "int32"}, IDS),
]


def both(make, call, monkeypatch, **arguments):
    """Returns the rows of a model of Plait, and of the same one of Keras, once each was called."""
    monkeypatch.setenv("COLUMNS", str(WIDE))
    model = make(plait)
    call(plait, model)
    with genuine_keras() as keras:
        other = make(keras)
        call(keras, other)
        return rows(model, **arguments), rows(other, **arguments)


# ------------------------------------------------------------------------------------------ shapes


@pytest.mark.first_rows(2)
@pytest.mark.parametrize(("make", "described", "data"), CALLS)
def test_a_model_called_on_an_input_has_the_rows_of_keras(make, described, data, monkeypatch):
    ours, theirs = both(make, lambda K, model: model(K.Input(**described)), monkeypatch)

    assert ours == theirs


@pytest.mark.first_rows(2)
@pytest.mark.parametrize(("make", "described", "data"), CALLS)
def test_a_model_called_on_data_has_the_rows_of_keras(make, described, data, monkeypatch):
    ours, theirs = both(make, lambda K, model: model(data), monkeypatch)

    assert ours == theirs


@pytest.mark.parametrize(("make", "described", "data"), CALLS)
def test_before_it_is_called_no_shape_is_known_as_in_keras(make, described, data, monkeypatch):
    ours, theirs = both(make, lambda K, model: None, monkeypatch)

    assert ours == theirs
    assert {"?"} == {shape for _, _, shapes, *_ in ours for shape in shapes}


def test_models_inside_are_expanded_as_in_keras_which_knows_no_shape_of_one_with_a_call(monkeypatch):
    ours, theirs = both(models_inside, lambda K, model: model(K.Input((4,))), monkeypatch, expand_nested=True)

    assert theirs[0] == ("inner", "Tower", ["?"], 19)
    assert ours == [("inner", "Tower", ["(None, 1)"], 19), *theirs[1:]]
    assert [name for name, *_ in ours] == ["inner", "head", "hidden", "chain", "a", "b"]


@pytest.mark.parametrize("arguments", [{"show_trainable": True}, {"layer_range": ("hidden", "hidden")}])
def test_the_options_are_those_of_keras(arguments, monkeypatch):
    ours, theirs = both(two_layers, lambda K, model: model(X), monkeypatch, **arguments)

    assert ours == theirs


def test_columns_end_where_they_are_told_to():
    model, printed = two_layers(plait), []
    model(X)

    model.summary(line_length=60, positions=[20, 40, 60], print_fn=printed.append)

    assert [line.rstrip() for line in printed[3:6:2]] == [
        "head (Dense)        (5, 1)              4",
        "hidden (Dense)      (5, 3)              15",
    ]


# ------------------------------------------------------------------------------------------ where Keras says less


class Plain(plait.Model):
    """Calls layers without weights, not all of which Keras knows a shape of, and one on two shapes."""

    def __init__(self):
        super().__init__()
        self.drop = plait.layers.Dropout(0.5, name="drop")
        self.flat = plait.layers.Flatten(name="flat")
        self.shared = plait.layers.Dense(3, name="shared")

    def call(self, inputs):
        return self.shared(self.flat(self.drop(inputs))), self.shared(self.flat(inputs)[:, None])


def test_layers_without_weights_have_shapes_and_calls_that_disagree_are_multiple():
    model = Plain()
    model(plait.Input((2, 4)))

    assert rows(model) == [
        ("drop", "Dropout", ["(None, 2, 4)"], 0),
        ("flat", "Flatten", ["(None, 8)"], 0),
        ("shared", "Dense", ["multiple"], 27),
    ]


def test_after_fit_the_number_of_examples_is_open():
    model = two_layers(plait)
    model.compile("sgd", "mse")
    model.fit(X, np.ones((5, 1)), verbose=0)

    assert [shapes for _, _, shapes, _ in rows(model)] == [["(None, 1)"], ["(None, 3)"]]


def test_arguments_of_the_call_are_remembered_by_their_shapes():
    class Pair(plait.Model):
        def __init__(self):
            super().__init__()
            self.left = plait.layers.Dense(2, name="left")
            self.right = plait.layers.Dense(3, name="right")

        def call(self, inputs, other, factor=1.0):
            return self.left(inputs) * factor, self.right(other)

    model = Pair()
    model(X, other=IDS.astype(np.float32), factor=2.0)

    assert [shapes for _, _, shapes, _ in rows(model)] == [["(5, 2)"], ["(5, 3)"]]


def test_a_model_with_a_call_inside_one_with_a_graph_is_expanded():
    inner = two_layers(plait)
    model = plait.Model(inputs := plait.Input((4,)), inner(inputs))

    printed = rows(model, expand_nested=True)

    assert [(name, shapes) for name, _, shapes, _ in printed[-2:]] == [
        ("head", ["(None, 1)"]),
        ("hidden", ["(None, 3)"]),
    ]


def test_a_loop_over_steps_whose_number_is_open_gives_one_shape():
    class Steps(plait.Model):
        def __init__(self):
            super().__init__()
            self.step = plait.layers.Dense(3, name="step")
            self.head = plait.layers.Dense(1, name="head")

        def call(self, inputs):
            # Traced for two lengths, of many thousands of steps: too many to make them all.
            return self.head(sum(self.step(inputs[:, time]) for time in range(inputs.shape[1] // 2520)))

    model = Steps()
    model(plait.Input((None, 2)))

    assert [shapes for _, _, shapes, _ in rows(model)] == [["(None, 3)"], ["(None, 1)"]]


def test_a_call_that_asks_for_numbers_has_no_shapes():
    class Careful(plait.Model):
        def __init__(self):
            super().__init__()
            self.head = plait.layers.Dense(1, name="head")

        def call(self, inputs):
            return self.head(inputs if inputs.sum() > 0 else -inputs)

    model = Careful()
    model(X)

    assert rows(model) == [("head", "Dense", ["?"], 5)]


def test_a_call_that_failed_is_not_remembered():
    model = two_layers(plait)
    with pytest.raises(ValueError, match="needs inputs"):
        model(np.float32(1.0))

    model(X)

    assert [shapes for _, _, shapes, _ in rows(model)] == [["(5, 1)"], ["(5, 3)"]]


def test_nothing_is_computed_or_kept_for_it():
    model = two_layers(plait)
    model(plait.Input((4,)))
    before = len(jax.live_arrays())

    given = shapes_given(model)

    assert given[model.hidden] == [[(None, 3)]]
    assert len(jax.live_arrays()) == before
    assert not any(weight.is_materialised for weight in model.weights)
