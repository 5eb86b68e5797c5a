import random
from itertools import combinations, pairwise

import pytest

from plait.reports.drawing.arrangement import Point, arrange
from plait.reports.drawing.rows import Link, Size
from plait.reports.drawing.tracks import is_straight

BOX = Size(80.0, 30.0)


def boxes_and_links(seed, has_circles=False):
    numbers = random.Random(seed)
    count = numbers.randint(1, 16)
    sizes = [Size(numbers.uniform(30, 200), numbers.uniform(20, 90)) for _ in range(count)]
    density = numbers.uniform(0.05, 0.4)
    pairs = [
        (i, j) for i in range(count) for j in range(0 if has_circles else i + 1, count) if numbers.random() < density
    ]
    return sizes, [Link(*pair) for pair in pairs]


def edges(centre, size):
    """Left, right, top and bottom of a box."""
    return (centre.across - size.across / 2, centre.across + size.across / 2,
            centre.deep - size.deep / 2, centre.deep + size.deep / 2)  # fmt: skip


def overlap(one, other):
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


GRAPHS = [(seed, has_circles) for seed in range(25) for has_circles in (False, True)]


@pytest.mark.parametrize(("seed", "has_circles"), GRAPHS)
def test_boxes_stand_apart_and_within_the_whole(seed, has_circles):
    sizes, links = boxes_and_links(seed, has_circles)

    found = arrange(sizes, links)

    places = [edges(*pair) for pair in zip(found.centres, sizes, strict=True)]
    assert not [pair for pair in combinations(places, 2) if overlap(*pair)]
    assert min(place[0] for place in places) >= -1e-6
    assert min(place[2] for place in places) >= -1e-6
    assert max(place[1] for place in places) <= found.size.across + 1e-6
    assert max(place[3] for place in places) <= found.size.deep + 1e-6


@pytest.mark.parametrize("seed", range(25))
def test_arrows_lead_from_row_to_row_from_edge_to_edge(seed):
    sizes, links = boxes_and_links(seed)

    found = arrange(sizes, links)

    assert not found.turned
    for link in links:
        legs = found.legs[link]
        source, target = (edges(found.centres[box], sizes[box]) for box in (link.source, link.target))
        assert legs[0].start.deep == pytest.approx(source[3])
        assert legs[-1].end.deep == pytest.approx(target[2])
        assert source[0] <= legs[0].start.across <= source[1]
        assert target[0] <= legs[-1].end.across <= target[1]
        assert all(leg.start.deep < leg.turn < leg.end.deep for leg in legs)
        assert all(one.end.across == other.start.across for one, other in pairwise(legs))


@pytest.mark.parametrize(("seed", "has_circles"), GRAPHS)
def test_no_arrow_goes_through_a_box(seed, has_circles):
    sizes, links = boxes_and_links(seed, has_circles)

    found = arrange(sizes, links)

    places = [edges(*pair) for pair in zip(found.centres, sizes, strict=True)]
    for legs in found.legs.values():
        for before, after in pairwise(legs):
            passed = (before.end.across, before.end.across, before.end.deep, after.start.deep)
            assert not [place for place in places if overlap(passed, place)]


@pytest.mark.parametrize(("seed", "has_circles"), GRAPHS)
def test_arrows_from_different_places_do_not_lie_on_each_other(seed, has_circles):
    sizes, links = boxes_and_links(seed, has_circles)

    legs = {leg for legs in arrange(sizes, links).legs.values() for leg in legs}
    stretches = {
        (leg.turn, leg.start.across, *sorted([leg.start.across, leg.end.across]))
        for leg in legs
        if not is_straight(leg.start.across, leg.end.across)
    }
    for (turn, start, left, right), other in combinations(sorted(stretches), 2):
        assert turn != other[0] or start == other[1] or right < other[2] or other[3] < left


@pytest.mark.parametrize(("seed", "has_circles"), GRAPHS)
def test_the_same_boxes_stand_in_the_same_places(seed, has_circles):
    graph = boxes_and_links(seed, has_circles)

    assert arrange(*graph) == arrange(*graph)


# ------------------------------------------------------------------------------------------ how it looks


def test_a_chain_is_a_straight_line():
    sizes = [Size(width, 30.0) for width in (80.0, 40.0, 200.0, 60.0)]

    found = arrange(sizes, [Link(0, 1), Link(1, 2), Link(2, 3)])

    assert [centre.across for centre in found.centres] == [100.0] * 4
    assert found.size.across == 200.0


def test_branches_stand_beside_each_other_with_what_they_come_from_in_their_middle():
    found = arrange([BOX] * 4, [Link(0, 1), Link(0, 2), Link(1, 3), Link(2, 3)])

    first, left, right, last = found.centres
    assert left.deep == right.deep
    assert first.across == last.across == (left.across + right.across) / 2


def test_the_long_way_round_is_straight_and_the_boxes_beside_it_are_too():
    sizes = [Size(width, 30.0) for width in (80.0, 80.0, 200.0, 80.0, 80.0)]
    around = Link(0, 4)

    found = arrange(sizes, [Link(0, 1), Link(1, 2), Link(2, 3), Link(3, 4), around])

    assert len({centre.across for centre in found.centres}) == 1
    assert len({leg.start.across for leg in found.legs[around][1:]}) == 1


def test_long_arrows_from_one_box_share_their_way():
    links = [Link(0, 1), Link(1, 2), Link(2, 3), Link(0, 2), Link(0, 3)]

    found = arrange([BOX] * 4, links)

    assert found.legs[Link(0, 2)][0] == found.legs[Link(0, 3)][0]


@pytest.mark.parametrize("seed", range(10))
def test_a_tree_is_drawn_without_crossings(seed):
    numbers = random.Random(seed)
    links = [Link(numbers.randrange(box), box) for box in range(1, 15)]

    found = arrange([BOX] * 15, links)

    for one, other in combinations(links, 2):
        starts = [found.centres[link.source] for link in (one, other)]
        ends = [found.centres[link.target] for link in (one, other)]
        if starts[0].deep == starts[1].deep and ends[0].deep == ends[1].deep:
            assert (starts[0].across - starts[1].across) * (ends[0].across - ends[1].across) >= 0


def test_one_of_two_arrows_into_a_box_comes_from_the_side():
    found = arrange([BOX] * 3, [Link(0, 2), Link(1, 2)])

    left, right = (found.legs[link][0].end.across for link in (Link(0, 2), Link(1, 2)))
    assert left < found.centres[2].across < right


def test_of_two_boxes_that_each_come_before_the_other_one_is_first_and_the_way_back_lies_beside():
    found = arrange([BOX] * 2, [Link(0, 1), Link(1, 0)])

    assert found.turned == {Link(1, 0)}
    assert found.centres[0].deep < found.centres[1].deep
    assert found.legs[Link(0, 1)][0].start != found.legs[Link(1, 0)][0].start


def test_an_arrow_can_be_told_where_to_meet_a_box():
    found = arrange([BOX] * 2, [Link(0, 1, leaves=30.0, enters=-20.0)])

    (leg,) = found.legs[Link(0, 1, 30.0, -20.0)]
    assert leg.start.across - found.centres[0].across == 30.0
    assert leg.end.across - found.centres[1].across == -20.0
    assert leg.start.across == leg.end.across


def test_what_has_to_be_first_and_last_is():
    nothing = Size(0.0, 0.0)

    found = arrange([BOX, BOX, nothing, nothing], [Link(0, 1), Link(2, 1), Link(0, 3)], first=[2], last=[3])

    rows = [centre.deep for centre in found.centres]
    assert (rows[2], rows[3]) == (rows[0], rows[1])


def test_nothing_takes_no_room():
    assert arrange([], []) == (Size(0.0, 0.0), [], {}, set())


def test_one_box_takes_its_own():
    found = arrange([BOX], [Link(0, 0)])

    assert (found.size, found.centres) == (BOX, [Point(40.0, 15.0)])
