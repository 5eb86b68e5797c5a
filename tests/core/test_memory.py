"""Freed memory stays with the process, within bounds; what is dropped is gone."""

import gc
import weakref

import jax
import numpy as np
import pytest

from plait import Input, Model, Sequential, layers
from plait.core import memory


@pytest.fixture
def given_back(monkeypatch):
    """How large the process was at each time free memory went back; it starts at 1,000 bytes."""
    sizes = []
    monkeypatch.setattr(memory, "_largest", 1000)
    monkeypatch.setattr(memory, "_used", 0)
    monkeypatch.setattr(memory, "_in_use", lambda: 0)
    monkeypatch.setattr(memory, "_give_back", lambda: sizes.append(memory.held()))
    return sizes


def grow_to(monkeypatch, *sizes):
    for size in sizes:
        monkeypatch.setattr(memory, "held", lambda size=size: size)
        memory.settle()


def test_free_memory_goes_back_when_the_process_is_larger_than_ever(monkeypatch, given_back):
    grow_to(monkeypatch, 1500, 2000)
    assert given_back == [1500, 2000]


def test_a_process_that_is_as_large_as_before_keeps_what_it_has(monkeypatch, given_back):
    grow_to(monkeypatch, 1500, 700, 1500, 1501)
    assert given_back == [1500]


def test_a_step_is_waited_for_until_it_has_freed_its_scratch_memory(monkeypatch, given_back):
    in_use = iter([2**30, 2**30, 2**20, 2**10])
    monkeypatch.setattr(memory, "_used", 2**20)
    monkeypatch.setattr(memory, "_in_use", lambda: next(in_use))
    memory.settle()
    assert next(in_use) == 2**10


def test_where_the_allocator_is_left_alone_nothing_is_given_back(monkeypatch, given_back):
    monkeypatch.setattr(memory, "_give_back", None)
    grow_to(monkeypatch, 1500)
    assert given_back == []


def test_the_size_of_the_process_grows_with_what_it_holds():
    before = memory.held()
    if not before:
        pytest.skip("the system does not say")
    array = np.ones(2**26)
    assert memory.held() - before > array.nbytes / 2


def small_model():
    model = Sequential([Input((3,)), layers.Dense(4, activation="relu"), layers.Dense(1)])
    model.compile("rmsprop", "mse")
    return model


def functional_model():
    words = Input((5,), dtype="int32")
    x = layers.GlobalMaxPooling1D()(layers.Conv1D(4, 3)(layers.Embedding(10, 6)(words)))
    model = Model(words, [layers.Dense(1)(x), layers.Dense(2, activation="softmax")(x)])
    model.compile("adam", ["mse", "sparse_categorical_crossentropy"])
    return model


@pytest.mark.parametrize(
    ("make", "x", "y"),
    [
        (small_model, np.ones((8, 3), "float32"), np.ones((8, 1), "float32")),
        (functional_model, np.ones((8, 5), "int32"), [np.ones((8, 1), "float32"), np.ones((8,), "int32")]),
    ],
    ids=["sequential", "functional"],
)
def test_a_dropped_model_leaves_no_arrays_and_no_programs(make, x, y):
    def live():
        gc.collect()
        return len(jax.live_arrays()), len(jax.devices()[0].client.live_executables())

    def use():
        model = make()
        model.fit(x, y, epochs=2, verbose=0)
        model.predict(x, verbose=0)
        model(x)
        return weakref.ref(model)

    use()  # what JAX itself compiles once
    before = live()
    dropped = [use() for _ in range(2)]
    assert [one() for one in dropped] == [None] * 2
    assert live() == before


def test_predicting_again_and_again_leaves_as_many_arrays_and_programs():
    model, x = small_model(), np.ones((1, 3), "float32")

    def live():
        return len(jax.live_arrays()), len(jax.devices()[0].client.live_executables())

    def use(times):
        for _ in range(times):
            model.predict(x, verbose=0)
            model(x)

    use(2)
    before = live()
    use(50)
    assert live() == before
