import random
from functools import cache

import pytest

from plait.reports.drawing.ranks import lowered, ranks


def pairs_without_circles(seed):
    numbers = random.Random(seed)
    count = numbers.randint(1, 12)
    order = numbers.sample(range(count), count)
    pairs = [(order[i], order[j]) for i in range(count) for j in range(i + 1, count) if numbers.random() < 0.3]
    return count, pairs


def longest_way_to(one, pairs):
    @cache
    def length(one):
        return max((length(first) + 1 for first, second in pairs if second == one), default=0)

    return length(one)


@pytest.mark.parametrize("seed", range(20))
def test_a_rank_is_the_length_of_the_longest_way(seed):
    count, pairs = pairs_without_circles(seed)

    assert ranks(count, pairs) == [longest_way_to(one, pairs) for one in range(count)]


@pytest.mark.parametrize(
    ("count", "pairs", "expected"),
    [
        (2, [(0, 1), (1, 0)], [0, 1]),
        (4, [(0, 1), (1, 2), (2, 1), (2, 3)], [0, 1, 2, 3]),
        (3, [(2, 1), (1, 0), (0, 2)], [0, 2, 1]),
        (3, [(0, 0), (0, 2), (2, 2)], [0, 0, 1]),
        (0, [], []),
    ],
)
def test_a_circle_is_opened_where_it_is_come_to(count, pairs, expected):
    assert ranks(count, pairs) == expected


@pytest.mark.parametrize("seed", range(20))
def test_in_circles_too_the_ends_of_a_pair_differ_in_rank(seed):
    numbers = random.Random(seed)
    pairs = [(numbers.randrange(8), numbers.randrange(8)) for _ in range(16)]

    found = ranks(8, pairs)

    assert all(found[one] != found[other] for one, other in pairs if one != other)


@pytest.mark.parametrize("seed", range(20))
def test_lowered_ranks_go_the_same_way_and_no_way_round(seed):
    count, pairs = pairs_without_circles(seed)
    found = ranks(count, pairs)

    result = lowered(found, pairs)

    assert all(result[one] < result[other] for one, other in pairs)
    assert sum(result[b] - result[a] for a, b in pairs) <= sum(found[b] - found[a] for a, b in pairs)


def test_a_second_input_stands_right_before_what_takes_it():
    pairs = [(0, 1), (1, 2), (2, 3), (4, 3)]

    assert lowered(ranks(5, pairs), pairs) == [0, 1, 2, 3, 2]


def test_what_has_to_be_first_and_last_is():
    pairs = [(0, 1), (1, 2), (2, 3), (4, 3), (0, 5)]

    assert lowered(ranks(6, pairs), pairs, first=[4], last=[5]) == [0, 1, 2, 3, 0, 3]
