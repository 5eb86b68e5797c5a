import sys
from xml.dom import minidom

import numpy as np
import pytest
from matplotlib import image

import plait
from plait import layers, utils
from plait.models import Model, Sequential
from tests.reports.drawing.models import chain, nested, two_towers
from tests.reports.lecture import convolutional, one_dense_layer, recurrent, three_outputs, two_inputs

SIGNATURES = {
    ".png": b"\x89PNG",
    "": b"\x89PNG",
    ".PDF": b"%PDF",
    ".jpg": b"\xff\xd8\xff",
    ".svg": b"<svg",
    ".dot": b"digraph",
    ".gv": b"digraph",
}


@pytest.mark.parametrize(("ending", "signature"), SIGNATURES.items())
def test_the_ending_of_its_name_says_what_file_is_written(ending, signature, tmp_path):
    utils.plot_model(chain(plait), tmp_path / f"model{ending}", dpi=50)

    assert (tmp_path / f"model{ending}").read_bytes().startswith(signature)


@pytest.mark.parametrize("make", [one_dense_layer, recurrent, convolutional, two_inputs, three_outputs])
def test_the_models_of_the_lecture_are_drawn(make, tmp_path):
    for model in make():
        utils.plot_model(model, to_file=str(tmp_path / "model.png"), show_shapes=True, show_layer_names=True, dpi=100)

        height, width, _ = image.imread(tmp_path / "model.png").shape
        assert (width > 100, height > 100) == (True, True)


def test_without_a_file_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    utils.plot_model(chain(plait), to_file=None)

    assert not list(tmp_path.iterdir())


def test_a_file_is_a_png_of_the_model_where_none_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    utils.plot_model(chain(plait))

    assert [path.name for path in tmp_path.iterdir()] == ["model.png"]


def test_a_notebook_shows_what_is_returned():
    drawing = utils.plot_model(nested(plait), None)

    assert minidom.parseString(drawing._repr_svg_()).documentElement.tagName == "svg"
    assert repr(drawing) == "<Drawing of nested>"


def test_a_notebook_of_keras_2_shows_what_graphviz_would_have_made():
    drawn = utils.model_to_dot(two_towers(plait), show_shapes=True).create(prog="dot", format="svg")

    assert minidom.parseString(drawn).documentElement.tagName == "svg"


def test_as_text_it_is_what_graphviz_reads(tmp_path):
    drawing = utils.model_to_dot(chain(plait))

    drawing.write(tmp_path / "model")

    assert str(drawing) == drawing.to_string() == drawing.source == (tmp_path / "model").read_text()
    assert "<b>hidden (Dense)</b>" in str(drawing)


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        ("show_shapes", ">(None, 3)<"),
        ("show_dtype", ">float32<"),
        ("show_layer_names", ">hidden (Dense)<"),
        ("show_layer_activations", ">relu<"),
        ("show_trainable", ">no<"),
    ],
)
def test_a_fact_is_shown_if_that_is_asked_for(argument, shown):
    assert shown in utils.plot_model(chain(plait), None, **{argument: True}).svg
    assert shown not in utils.plot_model(chain(plait), None, **{argument: False}).svg


def test_all_that_keras_names_can_be_given_in_its_order():
    drawing = utils.plot_model(nested(plait), None, True, True, True, "LR", True, 96, True, True, "curved")

    assert (drawing.rankdir, drawing.dpi, drawing.splines) == ("LR", 96, "curved")
    assert "middle (Model)" in drawing.svg
    assert utils.model_to_dot(nested(plait), True, True, True, "LR", True, 96, True, True, True).source.startswith(
        "subgraph"
    )


def test_a_range_of_layers_is_drawn():
    drawing = utils.plot_model(two_towers(plait), None, show_layer_names=True, layer_range=("wide", "both"))

    assert "both (Concatenate)" in drawing.svg
    assert "head (Dense)" not in drawing.svg


# ------------------------------------------------------------------------------------------ what cannot be drawn


class Tower(Model):
    def call(self, inputs):
        return inputs


MISTAKES = [
    ({"rankdir": "XY"}, ValueError, "Unknown rankdir 'XY'(?s:.*)Known: BT, LR, RL, TB"),
    ({"splines": "ortho2"}, ValueError, "Unknown splines 'ortho2'. Did you mean \"ortho\"?"),
    ({"dpi": 0}, ValueError, "dpi is a number of pixels per inch, got 0"),
    ({"dpi": "200"}, ValueError, "got '200'"),
    ({"dpi": float("nan")}, ValueError, "got nan"),
    ({"to_file": "model.bmp"}, ValueError, "Unknown ending of a file for a drawing '.bmp'"),
    ({"layer_range": ("hidden", "nothing")}, ValueError, "no layer's name is or matches 'nothing'"),
    ({"model": layers.Dense}, TypeError, "A model is drawn, got the class Dense"),
    ({"model": "model.keras"}, TypeError, "A model is drawn, got the string 'model.keras'"),
    ({"model": Sequential([layers.Dense(2)])}, ValueError, 'Sequential "sequential.*" is not built'),
    ({"model": Tower(name="tower")}, ValueError, 'Tower "tower" is not built'),
]


@pytest.mark.parametrize(("arguments", "error", "words"), MISTAKES)
def test_a_mistake_is_explained_and_nothing_is_written(arguments, error, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(error, match=words):
        utils.plot_model(**{"model": chain(plait), **arguments})

    assert not list(tmp_path.iterdir())


def test_a_drawing_is_made_in_no_other_format():
    with pytest.raises(ValueError, match="Unknown format of a drawing 'gif'"):
        utils.model_to_dot(chain(plait)).create(format="gif")


@pytest.mark.parametrize("path", ["missing/model.svg", "folder.svg"])
def test_a_file_that_cannot_be_written_is_named(path, tmp_path):
    (tmp_path / "folder.svg").mkdir()

    with pytest.raises(OSError, match=rf"{path}' cannot be written: (No such file|Is a directory)"):
        utils.plot_model(chain(plait), tmp_path / path)


def test_svg_and_dot_need_no_package(tmp_path, monkeypatch):
    for package in ("matplotlib", "pydot", "graphviz"):
        monkeypatch.setitem(sys.modules, package, None)

    utils.plot_model(chain(plait), tmp_path / "model.svg")
    utils.plot_model(chain(plait), tmp_path / "model.dot")

    with pytest.raises(ImportError, match=r"plait\[plot\]"):
        utils.plot_model(chain(plait), tmp_path / "model.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.dot", "model.svg"]


def test_drawing_a_model_allocates_none_of_its_weights():
    model = Sequential([layers.Input((1_000_000,)), layers.Dense(70_000, use_bias=False)])

    assert "(None, 70000)" in utils.plot_model(model, None, show_shapes=True, show_trainable=True).svg
    assert not model.weights[0].is_materialised
    assert np.prod(model.weights[0].shape) == 70_000_000_000
