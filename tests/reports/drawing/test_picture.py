import math
from itertools import combinations

import pytest

import plait
from plait.reports.drawing.boxes import COLOURS
from plait.reports.drawing.diagram import diagram_of
from plait.reports.drawing.lines import SPLINES
from plait.reports.drawing.picture import DIRECTIONS, picture_of
from plait.reports.drawing.shapes import Path, Rectangle, Text
from plait.reports.drawing.wording import Shown
from tests.reports.drawing.models import MODELS, chain, in_a_circle, nested
from tests.rows import first_of_each

ALL = Shown(True, True, True, True, True)
CASES = first_of_each([(make, rankdir) for make in MODELS for rankdir in DIRECTIONS], lambda case: case[0])


def drawn(make, rankdir="TB", splines="ortho", shown=ALL):
    return picture_of(diagram_of(make(plait), shown, expand_nested=True), rankdir, splines)


def boxes_in(picture):
    return [shape for shape in picture.shapes if isinstance(shape, Rectangle) and shape.fill in COLOURS.values()]


def frames_in(picture):
    return [shape for shape in picture.shapes if isinstance(shape, Rectangle) and shape.edge]


def edges(rectangle):
    return rectangle.left, rectangle.left + rectangle.width, rectangle.top, rectangle.top + rectangle.height


def is_within(inner, outer):
    left, right, top, bottom = edges(outer)
    return left <= inner[0] + 1e-6 and inner[1] <= right + 1e-6 and top <= inner[2] + 1e-6 and inner[3] <= bottom + 1e-6


def are_apart(one, other):
    return one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2]


def places_of(path):
    return [place for _, places in path.commands for place in places]


@pytest.mark.parametrize(("make", "rankdir"), CASES)
def test_everything_is_within_the_picture(make, rankdir):
    picture = drawn(make, rankdir)

    for shape in picture.shapes:
        if isinstance(shape, Rectangle):
            assert is_within(edges(shape), picture.shapes[0])
        if isinstance(shape, Path):
            assert all(0 < x < picture.width and 0 < y < picture.height for x, y in places_of(shape))
    assert edges(picture.shapes[0]) == (0, picture.width, 0, picture.height)


@pytest.mark.parametrize(("make", "rankdir"), CASES)
def test_boxes_stand_apart_and_frames_are_around_them_or_beside(make, rankdir):
    picture = drawn(make, rankdir)

    boxes, frames = list(map(edges, boxes_in(picture))), frames_in(picture)

    assert all(are_apart(*pair) for pair in combinations(boxes, 2))
    assert all(is_within(box, frame) or are_apart(box, edges(frame)) for box in boxes for frame in frames)
    for one, other in combinations(frames, 2):
        assert are_apart(edges(one), edges(other)) or is_within(edges(other), one)


@pytest.mark.parametrize(("make", "rankdir"), CASES)
def test_the_head_of_each_arrow_is_at_the_edge_of_a_box(make, rankdir):
    picture = drawn(make, rankdir)

    tips = [places_of(shape)[0] for shape in picture.shapes if isinstance(shape, Path) and shape.fill]

    def distance(tip, box):
        left, right, top, bottom = edges(box)
        return math.hypot(max(left - tip[0], 0, tip[0] - right), max(top - tip[1], 0, tip[1] - bottom))

    assert tips
    for tip in tips:
        nearest = min(boxes_in(picture), key=lambda box: distance(tip, box))
        assert distance(tip, nearest) < 1e-6
        assert min(abs(tip[0] - nearest.left), abs(tip[0] - nearest.left - nearest.width),
                   abs(tip[1] - nearest.top), abs(tip[1] - nearest.top - nearest.height)) < 1e-6  # fmt: skip


@pytest.mark.first_rows(4)
@pytest.mark.parametrize("make", MODELS)
def test_letters_fit_into_their_boxes_in_a_wide_font(make):
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    picture = drawn(make)
    boxes = boxes_in(picture)

    for text in picture.shapes:
        if isinstance(text, Text) and text.content:
            font = FontProperties(family="DejaVu Sans", weight="bold" if text.is_bold else "normal")
            extent = TextPath((0, 0), text.content, size=text.size, prop=font, usetex=False).get_extents()
            start = text.x - extent.width / 2 if text.is_centred else text.x
            box = (start, start + extent.width, text.y, text.y)
            assert any(is_within(box, one) for one in [*boxes, *frames_in(picture)])


@pytest.mark.parametrize("splines", SPLINES)
@pytest.mark.parametrize("make", [nested, in_a_circle])
def test_however_they_are_drawn_arrows_have_the_same_heads(make, splines):
    def tips(picture):
        return sorted(places_of(shape)[0] for shape in picture.shapes if isinstance(shape, Path) and shape.fill)

    assert tips(drawn(make, splines=splines)) == tips(drawn(make))


@pytest.mark.parametrize(
    ("rankdir", "order"),
    [
        ("TB", lambda box: box.top),
        ("BT", lambda box: -box.top),
        ("LR", lambda box: box.left),
        ("RL", lambda box: -box.left),
    ],
)
def test_the_direction_is_where_arrows_go(rankdir, order):
    boxes = boxes_in(drawn(chain, rankdir))

    assert [order(box) for box in boxes] == sorted(order(box) for box in boxes)
    assert len({order(box) for box in boxes}) == 3


def test_what_is_drawn_of_two_models_that_are_alike_is_alike():
    assert drawn(nested) == drawn(nested)


def test_a_deep_model_is_no_deeper_call():
    def deep(keras):
        return keras.Sequential([keras.Input((4,)), *(keras.layers.ReLU() for _ in range(1500))])

    assert len(boxes_in(drawn(deep))) == 1500
