"""Batches by number: their order, their workers, and what becomes of one that fails."""

import concurrent.futures.process
import os
import threading
import time

import numpy as np
import pytest

from plait import utils
from plait.callbacks import LambdaCallback
from tests.training.feed.data import BATCHES, by_arrays, check_same, network, trained


class Items(utils.PyDataset):
    """Notes which items were asked for, by epoch; the later ones of an epoch are made faster."""

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.asked = [[]]
        self.events = []

    def __len__(self):
        return len(BATCHES)

    def __getitem__(self, number):
        self.asked[-1].append(number)
        time.sleep(0.02 * (len(BATCHES) - number))
        return BATCHES[number]

    def on_epoch_begin(self):
        self.events.append("begin")
        self.asked.append([])

    def on_epoch_end(self):
        self.events.append("end")


class Failing(Items):
    def __getitem__(self, number):
        if number == 2:
            raise LookupError(f"no item {number}")
        return BATCHES[number]


class Dying(Items):
    def __getitem__(self, number):
        if number == 1:
            os._exit(1)
        return BATCHES[number]


class Hanging(Items):
    timeout = 0.3

    def __getitem__(self, number):
        if number == 1:
            threading.Event().wait(60)
        return BATCHES[number]


class WithoutConstructor(utils.PyDataset):
    def __init__(self):
        pass

    def __len__(self):
        return len(BATCHES)

    def __getitem__(self, number):
        return BATCHES[number]


class Endless(utils.Sequence):
    num_batches = None

    def __getitem__(self, number):
        return BATCHES[number % 3]


PROCESSES = pytest.param(2, True, marks=pytest.mark.slow, id="2 processes")


@pytest.mark.parametrize(("workers", "use_multiprocessing"), [(0, False), (1, False), (3, False), PROCESSES])
def test_any_number_of_workers_gives_the_items_in_order(workers, use_multiprocessing):
    dataset = Items(workers=workers, use_multiprocessing=use_multiprocessing)
    check_same(trained(dataset), by_arrays())


def test_a_constructor_need_not_call_that_of_the_class():
    check_same(trained(WithoutConstructor()), by_arrays())


def test_a_dataset_without_an_end_goes_on_in_the_next_epoch():
    check_same(trained(Endless(workers=2), steps_per_epoch=3), by_arrays())


def test_the_hooks_are_called_around_each_epoch():
    dataset = Items()
    trained(dataset)
    assert dataset.events == ["begin", "end"] * 2


def test_shuffling_takes_each_item_once_an_epoch_in_an_order_of_its_own():
    dataset = Items(workers=1)
    trained(dataset, epochs=6, shuffle=True)
    looked_at, *epochs = dataset.asked
    assert looked_at == [0]
    assert [sorted(epoch) for epoch in epochs] == [[0, 1, 2]] * 6
    assert len(set(map(tuple, epochs))) > 1


def test_no_more_items_are_made_ahead_than_the_queue_holds():
    most = []

    class Many(utils.PyDataset):
        taken = 0

        def __len__(self):
            return 40

        def __getitem__(self, number):
            most.append(number - self.taken)
            return BATCHES[0]

    dataset = Many(workers=2, max_queue_size=4)

    def take(step, logs):
        dataset.taken = step + 1

    trained(dataset, epochs=1, callbacks=[LambdaCallback(on_train_batch_end=take)])
    assert max(most) <= 4


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_an_item_that_fails_ends_the_run_with_its_own_error(workers):
    with pytest.raises(LookupError, match="no item 2") as caught:
        trained(Failing(workers=workers))
    assert "  In batch 3 of the training data." in caught.value.__notes__
    assert "__getitem__" in [entry.name for entry in caught.traceback]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_item_that_does_not_come_ends_the_run(workers):
    with pytest.raises(TimeoutError, match=r"Item 1 of Hanging was not there after 0\.3 seconds"):
        trained(Hanging(workers=workers))


def test_a_dataset_for_processes_must_be_one_that_can_be_pickled():
    dataset = Items(workers=2, use_multiprocessing=True)
    dataset.lock = threading.Lock()
    with pytest.raises(TypeError, match="The dataset cannot be sent to other processes"):
        trained(dataset)


@pytest.mark.slow
def test_a_process_that_dies_ends_the_run():
    with pytest.raises(concurrent.futures.process.BrokenProcessPool):
        trained(Dying(workers=2, use_multiprocessing=True))


@pytest.mark.slow
def test_a_process_that_hangs_ends_with_the_run():
    dataset = Hanging(workers=1, use_multiprocessing=True)
    dataset.timeout = 15
    start = time.monotonic()
    with pytest.raises(TimeoutError, match="Item 1 of Hanging"):
        trained(dataset)
    assert time.monotonic() - start < 45


def test_items_are_evaluated_and_predicted_in_their_order():
    model = network()
    whole = model.predict(np.concatenate([x for x, _ in BATCHES]), batch_size=8, verbose=0)
    np.testing.assert_array_equal(model.predict(Items(workers=3), verbose=0), whole)


def test_a_dataset_can_be_gone_over_by_hand():
    assert [len(x) for x, _ in WithoutConstructor()] == [8, 8, 6]


def test_a_class_that_does_not_say_how_many_items_it_has_is_refused():
    with pytest.raises(NotImplementedError, match="does not say how many batches it has"):
        network().fit(utils.PyDataset(), verbose=0)
