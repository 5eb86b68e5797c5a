"""What `plait.tree` makes of structures is what genuine Keras makes of them."""

import collections

import numpy as np
import pytest

from plait import Input, tree
from tests.genuine import genuine_keras

Point = collections.namedtuple("Point", ["x", "y"])
AlsoPoint = collections.namedtuple("Point", ["x", "y"])


class Mine(dict):
    pass


STRUCTURES = {
    "a number": 3,
    "None": None,
    "text": "text",
    "an array": np.arange(3),
    "a list": [1, 2, 3],
    "one in a list": [1],
    "a tuple": (1, (2, [3])),
    "a named tuple": Point(1, [2, 3]),
    "a dict": {"b": 1, "a": [2, 3]},
    "a dict with numbers as keys": {100: "world", 6: "hello"},
    "a dict with keys of two kinds": {"a": 1, 2: 3},
    "an OrderedDict": collections.OrderedDict([("b", 1), ("a", 2)]),
    "a defaultdict": collections.defaultdict(list, {"b": 1, "a": 2}),
    "a deque": collections.deque([1, [2, 3]], maxlen=5),
    "None inside": {"b": None, "a": [None, 1]},
    "nothing in a list": [],
    "nothing in a dict": {},
    "nothing inside": [[], {}, ()],
    "a class of one's own": [Mine(a=1), 2],
    "a set": [{1}, 2],
    "deep": {"z": [{"y": (1, 2)}, Point({"x": 3}, None)], "w": collections.deque([4])},
}


def same(value):
    """Returns what can be compared: kinds, keys in their order, and contents."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        items = [(key, same(one)) for key, one in value.items()]
        return type(value), getattr(value, "default_factory", None), items
    if isinstance(value, list | tuple | collections.deque):
        return type(value), getattr(value, "maxlen", None), [same(one) for one in value]
    return value


def outcome(function):
    """Returns what a function gives, or that it raises a ValueError."""
    try:
        return same(function())
    except ValueError:
        return ValueError


def assert_as_keras(ask):
    with genuine_keras() as keras:
        assert outcome(lambda: ask(tree)) == outcome(lambda: ask(keras.tree))


def repacked(module, structure):
    return module.pack_sequence_as(structure, list(range(len(module.flatten(structure)))))


ASKED = {
    "is_nested": lambda module, structure: module.is_nested(structure),
    "flatten": lambda module, structure: module.flatten(structure),
    "flatten_with_path": lambda module, structure: module.flatten_with_path(structure),
    "map_structure": lambda module, structure: module.map_structure(repr, structure),
    "map_structure without None": lambda module, structure: module.map_structure(repr, structure, none_is_leaf=False),
    "map_structure of two": lambda module, structure: module.map_structure(lambda *two: two, structure, structure),
    "pack_sequence_as": repacked,
    "pack_sequence_as of too few": lambda module, structure: module.pack_sequence_as(structure, []),
    "pack_sequence_as of too many": lambda module, structure: module.pack_sequence_as(structure, range(99)),
    "lists_to_tuples": lambda module, structure: module.lists_to_tuples(structure),
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("structure", STRUCTURES)
def test_a_structure_is_taken_as_keras_takes_it(asked, structure):
    assert_as_keras(lambda module: ASKED[asked](module, STRUCTURES[structure]))


@pytest.mark.parametrize("top_down", [True, False])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_the_parts_of_a_structure_are_met_in_keras_order(structure, top_down):
    def met(module):
        parts = []
        module.traverse(lambda part: parts.append(part), STRUCTURES[structure], top_down)
        return parts

    assert_as_keras(met)


@pytest.mark.parametrize("top_down", [True, False])
def test_parts_are_replaced_as_in_keras(top_down):
    def replaced(module):
        def change(part):
            if part == 1:
                return module.MAP_TO_NONE
            return "a pair" if isinstance(part, tuple) else None

        return module.traverse(change, [1, (1, 2), {"a": [3, (4, 5)]}], top_down)

    assert_as_keras(replaced)


PAIRS = [
    ([1, 2], [3, 4]),
    ([1, 2], (3, 4)),
    ([1, 2], [3]),
    ([1, 2], [3, [4]]),
    ([1, [2]], [3, 4]),
    ({"a": 1, "b": 2}, {"b": 3, "a": 4}),
    ({"a": 1}, {"b": 1}),
    ({"a": 1, "b": 2}, collections.OrderedDict([("b", 3), ("a", 4)])),
    ({"a": 1}, collections.defaultdict(int, {"a": 4})),
    (Point(1, 2), Point(3, 4)),
    (Point(1, 2), AlsoPoint(3, 4)),
    (Point(1, 2), (3, 4)),
    (collections.deque([1]), [1]),
    ([None, 1], [None, 2]),
    ([None, 1], [2, 3]),
    ([], []),
    ([], ()),
    ([[]], [[]]),
    (1, [1]),
    (1, 2),
]


@pytest.mark.parametrize(
    "asked",
    [
        lambda module, a, b: module.assert_same_structure(a, b),
        lambda module, a, b: module.assert_same_paths(a, b),
        lambda module, a, b: module.map_structure(lambda *two: two, a, b),
        lambda module, a, b: module.map_structure(lambda *two: two, a, b, none_is_leaf=False),
    ],
    ids=["assert_same_structure", "assert_same_paths", "map_structure", "map_structure without None"],
)
@pytest.mark.parametrize(("a", "b"), PAIRS, ids=str)
def test_two_structures_are_alike_where_keras_says_so(asked, a, b):
    assert_as_keras(lambda module: asked(module, a, b))


@pytest.mark.parametrize(
    ("shallow", "structures"),
    [
        ([0, 0], [[[1, 1], [2, 2]]]),
        ([0, [0, 0]], [[[1, 1], [2, 2]]]),
        ([0, 0], [[[1, 1], [2, 2]], [3, {"a": 4}]]),
        ({"a": 0, "b": 0}, [{"b": [1], "a": (2, 3)}]),
        ([0, [0]], [[1, 2]]),
        ([0, 0], [[1, 2, 3]]),
        (0, [[1, 2]]),
    ],
    ids=str,
)
def test_structures_are_mapped_as_deep_as_the_first_one_goes(shallow, structures):
    assert_as_keras(lambda module: module.map_structure_up_to(shallow, lambda *below: str(below), *structures))


@pytest.mark.parametrize(
    "structure",
    [(None, 3), [2, 3], [(None, 3), (2,)], {"b": (1, 2), "a": [(), [4, None]]}, [("x", 1), 2.0], []],
    ids=str,
)
def test_shapes_are_mapped_as_wholes(structure):
    assert_as_keras(lambda module: module.map_shape_structure(lambda shape: str(shape), structure))


def test_none_may_be_what_a_shallow_structure_has():
    assert tree.map_structure_up_to([None, [None]], len, [[1, 1], [[2]]]) == [2, [1]]


def test_a_symbolic_tensor_is_a_leaf():
    x = Input((3,))

    assert tree.flatten({"b": x, "a": [x]}) == [x, x]
    assert tree.map_structure(lambda tensor: tensor.shape, [x]) == [(None, 3)]


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: tree.map_structure(abs), "There is no structure to map over"),
        (lambda: tree.map_structure_up_to([1], abs), "There is no structure to map over"),
        (lambda: tree.pack_sequence_as([1, 2], [3]), "The structure takes 2 values, got 1."),
        (lambda: tree.assert_same_structure([1], (1,)), r"These are not nested alike: \[1\] and \(1,\)"),
        (lambda: tree.assert_same_paths({"a": 1}, {"b": 1}), r"the first: \('a',\)\.(.|\n)*the second: \('b',\)"),
    ],
)
def test_a_mistake_is_explained(mistake, message):
    with pytest.raises(ValueError, match=message):
        mistake()
