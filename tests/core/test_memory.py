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
    """How large the process was at each time free memory went back; 1,000 bytes of it may be free at first."""
    sizes = []
    monkeypatch.setattr(memory, "_spare", 1000)
    monkeypatch.setattr(memory, "_has_given_back", False)
    monkeypatch.setattr(memory, "_used", 0)
    monkeypatch.setattr(memory, "_in_use", lambda: 0)
    monkeypatch.setattr(memory, "_give_back", lambda: sizes.append(memory.held()))
    return sizes


def settle_at(monkeypatch, *moments):
    """Settles at sizes of the process, or at sizes and how much of that is in use."""
    for moment in moments:
        size, used = moment if isinstance(moment, tuple) else (moment, 0)
        monkeypatch.setattr(memory, "held", lambda size=size: size)
        monkeypatch.setattr(memory, "_in_use", lambda used=used: used)
        memory.settle()


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        ([1001], [1001]),
        ([1000, (9000, 8000)], []),  # what is in use is nobody else's
        ([(9000, 8000), (9000, 7000)], [9000]),  # something large was dropped
        ([1500, 1500, 1500, 1570], [1500]),  # the step after it needs as much
        ([1500, 1500, 1570, 1800, 1800, 1880], [1500, 1800]),  # and a twentieth more is let go by
        ([1500, 700, 1040, 1060, 1060], [1500, 1060]),  # it needs less: the bound rises by a twentieth each time
        ([(1500, 0), (9000, 8500), (1500, 500)], [1500]),  # what is in use meanwhile is not what it needs
    ],
)
def test_free_memory_goes_back_when_there_is_more_of_it_than_the_largest_step_needed(
    monkeypatch, given_back, moments, expected
):
    settle_at(monkeypatch, *moments)
    assert given_back == expected


def test_a_step_is_waited_for_until_it_has_freed_its_scratch_memory(monkeypatch, given_back):
    in_use = iter([2**30, 2**30, 2**20, 2**10])
    monkeypatch.setattr(memory, "_used", 2**20)
    monkeypatch.setattr(memory, "_in_use", lambda: next(in_use))
    memory.settle()
    assert next(in_use) == 2**10


def test_nobody_waits_while_the_next_step_is_under_way(monkeypatch, given_back):
    in_use = iter([2**30, 2**20])
    monkeypatch.setattr(memory, "_in_use", lambda: next(in_use))
    memory.settle(is_idle=False)
    assert next(in_use) == 2**20


def test_what_jax_borrowed_of_numpy_is_let_go(monkeypatch, given_back):
    borrowed = np.zeros(2**20, "float32")
    is_dropped = weakref.ref(borrowed)
    jax.block_until_ready(jax.device_put(borrowed))
    del borrowed
    monkeypatch.setattr(memory, "_in_use", lambda: 2**30 if is_dropped() is not None else 0)
    memory.settle()
    assert is_dropped() is None


def test_where_the_allocator_is_left_alone_nothing_is_given_back(monkeypatch, given_back):
    monkeypatch.setattr(memory, "_give_back", None)
    settle_at(monkeypatch, 1500)
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


@pytest.mark.parametrize("shape", [(), (0, 3), (1,), (5, 7), (2**20,)])
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "V2", ">i4"])
def test_memory_for_a_weight_begins_where_xla_wants_it(shape, dtype):
    array = memory.empty(shape, dtype)
    assert (array.shape, array.dtype) == (shape, np.dtype(dtype))
    assert array.ctypes.data % 64 == 0 or not array.size  # NumPy gives no place for no numbers
    assert array.flags.c_contiguous
