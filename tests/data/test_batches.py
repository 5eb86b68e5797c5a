import itertools
import re
import sys

import jax.numpy as jnp
import numpy as np
import pytest

from plait import data, layers
from tests.data import making


def numbers(count=10, **arguments):
    return data.from_arrays(np.arange(count), batch_size=4, **arguments)


def lists(batches):
    return [np.asarray(batch).tolist() for batch in batches]


A, B, C = [0, 1, 2, 3], [4, 5, 6, 7], [8, 9]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda batches: batches, [A, B, C]),
        (lambda batches: batches.take(2), [A, B]),
        (lambda batches: batches.take(5), [A, B, C]),
        (lambda batches: batches.take(-1), [A, B, C]),
        (lambda batches: batches.take(0), []),
        (lambda batches: batches.skip(1), [B, C]),
        (lambda batches: batches.skip(-1), []),
        (lambda batches: batches.take(2).skip(1).repeat(2), [B, B]),
        (lambda batches: batches.repeat(2), [A, B, C, A, B, C]),
        (lambda batches: batches.repeat(0), []),
        (lambda batches: batches.repeat().take(4), [A, B, C, A]),
        (lambda batches: batches.repeat(-1).skip(2).take(2), [C, A]),
        (lambda batches: batches.cache(), [A, B, C]),
        (lambda batches: batches.prefetch(), [A, B, C]),
        (lambda batches: batches.prefetch(data.AUTOTUNE).prefetch(1), [A, B, C]),
        (lambda batches: batches.map(lambda x: -x).take(1), [[0, -1, -2, -3]]),
        (lambda batches: batches.map(lambda x: (x, 2 * x), num_parallel_calls=-1).map(lambda x, y: y - x), [A, B, C]),
        (lambda batches: batches.map(jnp.square).skip(2), [[64, 81]]),
        (lambda batches: batches.unbatch().skip(7), [7, 8, 9]),
        (lambda batches: batches.unbatch().batch(5), [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]),
        (lambda batches: batches.unbatch().batch(4, drop_remainder=True), [A, B]),
        (lambda batches: batches.take(2).batch(2), [[A, B]]),
        (lambda batches: batches.prefetch(2).unbatch().batch(5).unbatch().take(1), [0]),
    ],
)
def test_the_names_of_tf_data_mean_what_they_mean_there(made, expected):
    batches = made(numbers())
    assert lists(batches) == expected
    assert lists(batches) == expected  # the next epoch
    assert lists(made(numbers()).as_numpy_iterator()) == expected
    assert len(batches) == batches.cardinality() == len(expected)


def test_parts_of_a_batch_are_arguments_and_a_dict_or_list_is_one():
    x, y = {"a": np.arange(4)}, np.arange(4)
    ((mapped, target),) = data.from_arrays(x, y).map(lambda x, y: (x["a"] + 1, y))
    assert (mapped.tolist(), target.tolist()) == ([1, 2, 3, 4], [0, 1, 2, 3])
    (alone,) = data.from_arrays(x).map(lambda x: x["a"])
    assert alone.tolist() == [0, 1, 2, 3]


def test_an_epoch_has_all_examples_in_an_order_of_its_own_that_the_seed_decides():
    batches, same = numbers(100, shuffle=True, seed=1), numbers(100, shuffle=True, seed=1)
    first, second = (np.concatenate(list(batches)) for _ in range(2))
    assert first.tolist() != second.tolist() != list(range(100))
    assert sorted(first) == sorted(second) == list(range(100))
    np.testing.assert_array_equal([np.concatenate(list(same)) for _ in range(2)], [first, second])


@pytest.mark.parametrize("reshuffled", [None, True, False])
def test_batches_are_shuffled_anew_each_epoch_unless_they_are_not_to_be(reshuffled):
    batches = numbers(80).shuffle(1000, seed=0, reshuffle_each_iteration=reshuffled)
    first, second = lists(batches), lists(batches)
    assert sorted(first) == sorted(second) == lists(numbers(80))
    assert (first == second) == (reshuffled is False)


def test_an_example_is_never_in_both_parts_of_what_is_shuffled_once():
    examples = numbers(40).unbatch().shuffle(40, reshuffle_each_iteration=False)
    held_out, training = examples.take(10), examples.skip(10)
    for _ in range(2):
        assert sorted([*map(int, held_out), *map(int, training)]) == list(range(40))


def test_what_is_cached_is_made_once():
    made = []
    batches = numbers(shuffle=True, seed=0).map(lambda x: made.append(1) or x).cache()
    first = lists(batches)
    assert lists(batches) == first
    assert len(made) == 3


def test_batches_without_end_have_no_length_and_each_pass_starts_at_the_start():
    endless = numbers().repeat()
    assert endless.cardinality() == -1
    assert lists(itertools.islice(endless, 4)) == lists(itertools.islice(endless, 4)) == [A, B, C, A]
    with pytest.raises(TypeError, match="repeated without end, and so they have no length"):
        len(endless)
    assert endless
    assert repr(endless) == "<Batches: endless>"
    windows = lists(itertools.islice(endless.shuffle(3, seed=1), 3))
    assert sorted(windows) == [A, B, C]


@pytest.mark.parametrize(
    "made",
    [
        lambda: numbers(50, shuffle=True, seed=1).map(lambda x: x + 1).prefetch(3),
        *[
            pytest.param(made, marks=pytest.mark.slow)
            for made in [
                lambda: numbers(50, shuffle=True, seed=1),
                lambda: numbers(50).shuffle(10, seed=2),
                lambda: numbers(50, shuffle=True, seed=1).unbatch().batch(7),
                lambda: numbers(50, shuffle=True, seed=1).repeat(2),
                lambda: numbers(50, shuffle=True, seed=1).cache(),
            ]
        ],
    ],
    ids=["ahead", "shuffled", "batches shuffled", "batched anew", "repeated", "cached"],
)
@pytest.mark.parametrize("done", [0, 1, 5, "all"])
def test_a_new_object_goes_on_where_the_state_was_taken(made, done):
    batches, resumed = made(), made()
    list(batches)
    second = iter(batches)
    for _ in range(len(batches) if done == "all" else done):
        next(second)
    resumed.restore(batches.state())
    if done != "all":
        assert lists(resumed) == lists(second)
    assert lists(resumed) == lists(batches)  # the third epoch, or the second where none of it was taken


def test_a_pass_that_was_broken_off_is_an_epoch():
    batches, whole = numbers(40, shuffle=True, seed=0), numbers(40, shuffle=True, seed=0)
    next(iter(batches))
    list(whole)
    assert lists(batches) == lists(whole)


def test_the_order_of_a_seed_is_that_of_grain():
    grain = pytest.importorskip("grain")
    expected = grain.MapDataset.range(30).shuffle(seed=7)
    batches = numbers(30, shuffle=True, seed=7)
    for epoch in range(2):
        assert np.concatenate(list(batches)).tolist() == [expected[30 * epoch + place] for place in range(30)]


def test_threads_may_call_layers():
    scaled = layers.Rescaling(1 / 255)
    batches = data.from_arrays(np.full((8, 2, 2, 3), 51.0, "float32"), batch_size=2).map(scaled).prefetch(3)
    np.testing.assert_allclose(np.concatenate(list(batches)), np.full((8, 2, 2, 3), 0.2), rtol=1e-6)


def test_an_error_in_a_thread_is_that_of_the_function():
    with pytest.raises(ZeroDivisionError):
        list(numbers().map(lambda x: 1 // 0).prefetch(2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: numbers().map(lambda x: x).unbatch(), "taken apart only as long as nothing was done to them"),
        (lambda: numbers().restore({"step": 3}), "a dict of epoch and batch, got {'step': 3}"),
        (lambda: numbers().restore(3), "a dict of epoch and batch, got 3"),
        (lambda: numbers().restore({"epoch": 0, "batch": -1}), "a dict of epoch and batch"),
        (lambda: numbers().restore({"epoch": 0, "batch": 3}), "with more than 3 batches, this one has 3"),
        (lambda: list(numbers().batch(3)), "The examples of a batch need one shape, got (2,), (4,)."),
    ],
)
def test_what_cannot_be_done_is_said(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def test_without_grain_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "grain", None)
    with pytest.raises(ImportError, match=r"needs the package grain(.|\n)*pip install \"plait\[data\]\""):
        numbers()


def test_a_batch_of_examples_has_their_structure_and_dtypes():
    x, y = {"a": making.pixels((5, 2)), "b": [np.arange(5.0)]}, np.arange(5, dtype="int32")
    (rebatched,) = data.from_arrays(x, y).unbatch().batch(5)
    making.assert_same([rebatched], [(x, y)])
