import re

import pytest

import plait
from plait import layers
from plait.models import Sequential
from plait.reports.drawing.diagram import diagram_of
from plait.reports.drawing.dot import arrows_of, dot_of
from plait.reports.drawing.wording import Shown
from tests.reports.drawing.models import MODELS, chain, nested


def text_of(make, **shown):
    return dot_of(diagram_of(make(plait), Shown(**shown), expand_nested=True), "TB", "ortho", 200)


def test_a_chain_is_written_like_this():
    text = text_of(
        lambda keras: Sequential([layers.Input((4,)), layers.Dense(3, name="a"), layers.ReLU(name="b")], name="m")
    )

    assert text.splitlines() == [
        'digraph "m" {',
        "    rankdir=TB",
        "    splines=ortho",
        "    dpi=200",
        '    node [shape=plain, fontname="Helvetica"]',
        '    "a" [label=<<table border="1" color="#2f4b6e" cellborder="0" cellspacing="0" cellpadding="5"><tr>'
        '<td bgcolor="#2f4b6e" colspan="2"><font color="white"><b>Dense</b></font></td></tr></table>>]',
        '    "b" [label=<<table border="1" color="#2f4b6e" cellborder="0" cellspacing="0" cellpadding="5"><tr>'
        '<td bgcolor="#2f4b6e" colspan="2"><font color="white"><b>ReLU</b></font></td></tr></table>>]',
        '    "a" -> "b"',
        "}",
    ]


@pytest.mark.parametrize("make", MODELS)
def test_each_box_is_there_once_each_arrow_once_and_brackets_are_closed(make):
    diagram = diagram_of(make(plait), Shown(shapes=True), expand_nested=True)
    text = dot_of(diagram, "TB", "ortho", 200)

    assert re.findall(r'^\s*"(.*)" -> "(.*)"$', text, re.MULTILINE) == arrows_of(diagram)
    named = re.findall(r'^\s*"([^"]*)" \[label', text, re.MULTILINE)
    assert len(named) == len(set(named))
    assert {name for arrow in arrows_of(diagram) for name in arrow} <= set(named)
    assert text.count("{") == text.count("}")


def test_frames_are_clusters_in_each_other():
    lines = [line for line in text_of(nested).splitlines() if "subgraph" in line]

    assert lines == [
        '    subgraph "cluster_middle" {',
        '        subgraph "cluster_middle/crossed" {',
        '        subgraph "cluster_middle/small" {',
    ]


def test_rows_are_those_of_a_table():
    assert '<tr><td align="left">input</td><td align="left">(None, 4)</td></tr>' in text_of(chain, shapes=True)


def test_letters_that_mean_something_are_escaped():
    text = text_of(
        lambda keras: Sequential([layers.Input((4,)), layers.Dense(3, name='<a> & "b\\')], name='"m"'), names=True
    )

    assert text.startswith(r'digraph "\"m\"" {')
    assert r'"<a> & \"b\\" [label' in text
    assert '<b>&lt;a&gt; &amp; "b\\ (Dense)</b>' in text


def test_a_cluster_has_a_label_and_no_settings():
    text = dot_of(diagram_of(chain(plait), Shown()), "TB", "ortho", 200, is_subgraph=True)

    assert text.startswith('subgraph "cluster_chain" {\n    label="chain"\n    "hidden" [')
