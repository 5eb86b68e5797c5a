from xml.etree import ElementTree

import pytest

import plait
from plait import layers
from plait.models import Sequential
from plait.reports.drawing.diagram import diagram_of
from plait.reports.drawing.picture import picture_of
from plait.reports.drawing.shapes import Path, Picture, Rectangle, Text
from plait.reports.drawing.svg import svg_of
from plait.reports.drawing.wording import Shown
from tests.reports.drawing.models import MODELS

NAMESPACE = "{http://www.w3.org/2000/svg}"


def parsed(picture):
    return ElementTree.fromstring(svg_of(picture))


@pytest.mark.parametrize("make", MODELS)
def test_a_drawing_is_well_formed_and_says_all_that_boxes_say(make):
    diagram = diagram_of(make(plait), Shown(True, True, True, True, True))
    said = [text for box in diagram.boxes for text in (box.title, *(word for row in box.rows for word in row))]

    root = parsed(picture_of(diagram))

    assert root.tag == f"{NAMESPACE}svg"
    assert sorted(text.text or "" for text in root.iter(f"{NAMESPACE}text")) == sorted(said)


def test_letters_that_mean_something_in_xml_are_escaped():
    model = Sequential([layers.Input((4,)), layers.Dense(3, name="<a> & \"b\" 'c' ]]>")], name="<&>")

    root = parsed(picture_of(diagram_of(model, Shown(names=True))))

    assert [text.text for text in root.iter(f"{NAMESPACE}text")] == ["<a> & \"b\" 'c' ]]> (Dense)"]
    assert root.find(f"{NAMESPACE}title").text == "<&>"


def test_each_shape_is_an_element():
    triangle = (
        ("M", ((0.0, 0.0),)),
        ("L", ((1.5, 0.0),)),
        (
            "Q",
            ((2.0, 0.0), (2.0, 1.0 / 3)),
        ),
        ("Z", ()),
    )
    shapes = [
        Rectangle(1.0, 2.0, 3.0, 4.0, "#ffffff", "#000000", 2.0, is_dashed=True),
        Text(5.0, 6.25, "words", 11.0, "#123456", is_bold=True, is_centred=True),
        Path(triangle, stroke="#000000"),
        Path(triangle, fill="#000000"),
    ]

    root = parsed(Picture("all", 100.0, 50.0, shapes))

    assert [(element.tag.removeprefix(NAMESPACE), element.attrib) for element in root][1:] == [
        ("rect", {"x": "1", "y": "2", "width": "3", "height": "4", "rx": "2", "fill": "#ffffff", "stroke": "#000000",
                  "stroke-width": "1", "stroke-dasharray": "5 3"}),
        ("text", {"x": "5", "y": "6.25", "font-size": "11", "font-weight": "bold", "text-anchor": "middle",
                  "fill": "#123456"}),
        ("path", {"d": "M0 0 L1.5 0 Q2 0 2 0.33 Z", "fill": "none", "stroke": "#000000", "stroke-width": "1.4"}),
        ("path", {"d": "M0 0 L1.5 0 Q2 0 2 0.33 Z", "fill": "#000000"}),
    ]  # fmt: skip
    assert root.get("viewBox") == "0 0 100 50"
