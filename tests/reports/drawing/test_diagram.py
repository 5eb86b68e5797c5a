import re

import pytest

import plait
from plait import layers
from plait.models import Model, Sequential
from plait.reports.drawing.diagram import Frame, diagram_of
from plait.reports.drawing.dot import arrows_of
from plait.reports.drawing.wording import Shown
from tests.genuine import genuine_keras, without_initial_values
from tests.reports.drawing import pydot_of_keras
from tests.reports.drawing.models import MODELS, nested, shared, stacked, twice
from tests.rows import first_of_each


def boxes_in(diagram):
    """All boxes, those in frames too."""
    return [box for one in diagram.boxes for box in (boxes_in(one.inside) if isinstance(one, Frame) else [one])]


def plain(name):
    """The name of a layer, without its path, and without the number of one that the user did not name."""
    return re.sub(r"_\d+$", "", name.rpartition("/")[2])


# ------------------------------------------------------------------------------------------ beside genuine Keras


@pytest.mark.parametrize(
    ("make", "expand_nested"),
    first_of_each([(make, flag) for make in MODELS for flag in (True, False)], lambda case: case[0]),
)
def test_boxes_and_arrows_are_those_of_genuine_keras(make, expand_nested, monkeypatch):
    with genuine_keras() as keras, without_initial_values(keras):
        boxes, arrows = pydot_of_keras.drawn(make(keras), monkeypatch, expand_nested=expand_nested)
    expected = {id_: plain(facts["name"]) for id_, facts in boxes.items()}

    diagram = diagram_of(make(plait), Shown(), expand_nested)

    assert sorted(plain(box.name) for box in boxes_in(diagram)) == sorted(expected.values())
    assert {(plain(one), plain(other)) for one, other in arrows_of(diagram)} == {
        (expected[one], expected[other]) for one, other in arrows
    }


SHOWN_BY_KERAS = {
    "show_shapes": True,
    "show_dtype": True,
    "show_layer_activations": True,
    "show_trainable": True,
    "show_layer_names": True,
}
LABELS = {"input": "input shape", "output": "output shape", "dtype": "output dtype"}


def said_in(box):
    """What a box says, in Keras's words: several lines of one fact are a list."""
    found = {}
    for label, value in box.rows:
        found.setdefault(LABELS.get(label, label) or list(found)[-1], []).append(value.rpartition(": ")[2])
    return {name: values[0] if len(values) == 1 else f"[{', '.join(values)}]" for name, values in found.items()}


def without_repetition(value):
    """A dtype, in place of a list of it."""
    dtypes = set(re.findall("'(\\w+)'", value))
    return dtypes.pop() if len(dtypes) == 1 else value


@pytest.mark.parametrize("make", MODELS)
def test_boxes_say_what_those_of_genuine_keras_say(make, monkeypatch):
    with genuine_keras() as keras, without_initial_values(keras):
        boxes, _ = pydot_of_keras.drawn(make(keras), monkeypatch, **SHOWN_BY_KERAS)
    expected = {plain(facts.pop("name")): facts for facts in boxes.values()}

    for box in diagram_of(make(plait), Shown(True, True, True, True, True)).boxes:
        said, facts = said_in(box), expected[plain(box.name)]
        kind = re.search(r"\((\w+)", box.title)[1]
        assert kind == {"Functional": "Model"}.get(facts["class"], facts["class"])
        # Of a layer that is called twice Keras shows no shapes.
        known = {name: without_repetition(value) for name, value in facts.items() if name != "class" and value != "?"}
        assert {name: said[name] for name in known} == known
        assert said.keys() == facts.keys() - {"class"}


# ------------------------------------------------------------------------------------------ what stands in boxes


def rows_of(model, name, **shown):
    return [tuple(row) for box in diagram_of(model, Shown(**shown)).boxes if box.name == name for row in box.rows]


def test_a_title_is_the_class_and_with_it_the_name_if_that_is_asked_for():
    model = Sequential([layers.Input((6, 4)), layers.Bidirectional(layers.GRU(3), name="both")])

    assert [box.title for box in diagram_of(model, Shown()).boxes] == ["Bidirectional(GRU)"]
    assert [box.title for box in diagram_of(model, Shown(names=True)).boxes] == ["both (Bidirectional(GRU))"]


def test_boxes_are_of_four_kinds():
    inputs = layers.Input((4,))
    inner = Sequential([layers.Dense(4, input_shape=(4,))])

    kinds = [box.kind for box in diagram_of(Model(inputs, layers.Dense(2)(inner(inputs) + 1.0)), Shown()).boxes]

    assert kinds == ["input", "model", "operation", "layer"]


def test_there_is_a_line_for_each_tensor_with_its_name_if_it_has_one():
    query, value = layers.Input((5, 8), name="query"), layers.Input((None, 8), name="value")
    inner = Model({"q": query, "v": value}, {"scores": layers.MultiHeadAttention(2, 4)(query, value)}, name="inner")
    model = Model([query, value], inner({"v": value, "q": query})["scores"])

    assert rows_of(model, "inner", shapes=True) == [
        ("input", "v: (None, None, 8)"),
        ("", "q: (None, 5, 8)"),
        ("output", "scores: (None, 5, 8)"),
    ]


def test_a_layer_called_on_other_shapes_has_several():
    a, b, layer = layers.Input((4,)), layers.Input((7, 4)), layers.Dense(3, name="dense")

    assert rows_of(Model([a, b], [layer(a), layer(b)]), "dense", shapes=True, dtype=True) == [
        ("input", "multiple"),
        ("output", "multiple"),
        ("dtype", "float32"),
    ]


def doubled(x):
    return 2 * x


@pytest.mark.parametrize(
    ("activation", "name"),
    [
        ("relu", "relu"),
        (None, "linear"),
        (doubled, "doubled"),
        (lambda x: x, "<lambda>"),
        (layers.LeakyReLU(), "LeakyReLU"),
    ],
)
def test_an_activation_is_shown_by_its_name(activation, name):
    model = Sequential([layers.Input((4,)), layers.Dense(3, activation=activation, name="dense")])

    assert rows_of(model, "dense", activations=True) == [("activation", name)]


def test_a_layer_without_weights_is_neither_trained_nor_not():
    model = Sequential([layers.Input((4,)), layers.Dense(3, name="dense", trainable=False), layers.ReLU(name="relu")])

    assert rows_of(model, "dense", trainable=True) == [("trainable", "no")]
    assert rows_of(model, "relu", trainable=True) == []


def test_what_no_file_can_hold_is_shown_as_a_question_mark_in_a_diamond():
    model = Sequential([layers.Input((4,)), layers.Dense(3, name="a\0\x1b")])

    assert [box.title for box in diagram_of(model, Shown(names=True)).boxes] == ["a\ufffd\ufffd (Dense)"]


# ------------------------------------------------------------------------------------------ a call of one's own


class Tower(Model):
    def __init__(self):
        super().__init__(name="tower")
        self.dense = layers.Dense(3)

    def call(self, inputs):
        return self.dense(inputs)


def test_a_model_with_a_call_of_its_own_is_one_box():
    tower = Tower()
    tower.build_for_shape((None, 4))

    diagram = diagram_of(tower, Shown(shapes=True, dtype=True, names=True), expand_nested=True)

    assert [box.title for box in diagram.boxes] == ["tower (Tower)"]
    assert rows_of(tower, "tower", shapes=True, dtype=True) == [
        ("input", "(None, 4)"),
        ("output", "(None, 3)"),
        ("dtype", "float32"),
    ]


def test_the_shapes_of_one_that_was_called_only_inside_others_are_not_known():
    tower, inputs = Tower(), layers.Input((4,))
    around = Model(inputs, tower(inputs))

    assert rows_of(tower, "tower", shapes=True) == [("input", "?"), ("output", "?")]
    assert rows_of(around, "tower", shapes=True) == [("input", "(None, 4)"), ("output", "(None, 3)")]


# ------------------------------------------------------------------------------------------ frames


def frames_in(diagram):
    found = {one.name: one.inside for one in diagram.boxes if isinstance(one, Frame)}
    return found | {name: inside for one in found.values() for name, inside in frames_in(one).items()}


@pytest.mark.parametrize(
    ("make", "frames"),
    [
        (
            nested,
            {"middle": "middle (Model)", "middle/crossed": "crossed (Model)", "middle/small": "small (Sequential)"},
        ),
        (stacked, {"middle": "middle (Sequential)", "middle/inner": "inner (Sequential)"}),
        (twice, {"encoder": "encoder (Sequential)"}),
        (shared, {}),
    ],
)
def test_models_in_models_are_frames(make, frames):
    found = frames_in(diagram_of(make(plait), Shown(), expand_nested=True))

    assert {name: inside.title for name, inside in found.items()} == frames


def test_a_box_in_a_frame_is_named_by_its_path():
    diagram = diagram_of(stacked(plait), Shown(), expand_nested=True)

    assert [box.name for box in boxes_in(diagram)] == ["middle/inner/a", "middle/b", "c"]


def test_a_dict_of_tensors_goes_to_the_inputs_by_name():
    a, b = layers.Input((4,), name="a"), layers.Input((4,), name="b")
    inner = Model({"a": a, "b": b}, layers.Subtract(name="less")([a, b]), name="inner")
    x, y = layers.Input((4,), name="x"), layers.Input((4,), name="y")

    diagram = diagram_of(Model([x, y], inner({"b": x, "a": y})), Shown(), expand_nested=True)

    assert {("x", "inner/b"), ("y", "inner/a")} <= set(arrows_of(diagram))


def test_a_tensor_taken_twice_is_one_arrow():
    x = layers.Input((4,), name="x")

    assert arrows_of(diagram_of(Model(x, layers.Concatenate(name="both")([x, x])), Shown())) == [("x", "both")]


def test_a_model_that_begins_midway_has_an_input_there():
    hidden = layers.Dense(2, name="hidden")(layers.Input((4,)))

    diagram = diagram_of(Model(hidden, layers.Dense(3, name="head")(hidden)), Shown())

    assert arrows_of(diagram) == [("hidden_input", "head")]


def test_calls_in_other_models_are_not_drawn():
    layer = layers.Dense(4, name="dense")
    here, elsewhere = layers.Input((4,), name="here"), layer(layers.Input((4,), name="elsewhere"))

    assert arrows_of(diagram_of(Model(here, layer(here)), Shown())) == [("here", "dense")]
    assert elsewhere.shape == (None, 4)


@pytest.mark.parametrize(
    ("layer_range", "arrows"),
    [
        (("second", "third"), [("second", "third")]),
        (("second", "second"), []),
        ((".*st", "s.*"), [("first", "second")]),
    ],
)
def test_a_range_of_layers_is_drawn_with_the_arrows_between_them(layer_range, arrows):
    names = ("first", "second", "third")
    model = Sequential([layers.Input((4,)), *(layers.Dense(4, name=name) for name in names)])

    assert arrows_of(diagram_of(model, Shown(), layer_range=layer_range)) == arrows
