"""A run over data that come batch by batch goes on at the batch where it was, in the same order."""

import numpy as np
import pytest

import plait
from plait import callbacks, data, layers, utils
from plait.layers import Input
from plait.models import Sequential
from plait.training import Checkpoint
from tests.training.checkpoints import run

BATCH = 9
X, Y = run.data(100)


class Items(utils.PyDataset):
    def __len__(self):
        return -(-len(X) // BATCH)

    def __getitem__(self, index):
        rows = slice(index * BATCH, (index + 1) * BATCH)
        return X[rows], Y[rows]


class Iterable:
    def __iter__(self):
        return (Items()[index] for index in range(len(Items())))


def mapped(folder):
    np.save(folder / "x.npy", X)
    return np.load(folder / "x.npy", mmap_mode="r"), Y


def shuffled():
    return data.from_arrays(X, Y, batch_size=BATCH, shuffle=True, seed=3)


def begun(batches):
    next(iter(batches))
    return batches


def put_to(batches, **state):
    batches.restore(state)
    return batches


# What fit is given, anew for each run: the data, and more arguments.
SOURCES = {
    "items, shuffled": lambda folder: ((Items(),), {}),
    "items, by three threads": lambda folder: ((Items(workers=3),), {}),
    "an iterable": lambda folder: ((Iterable(),), {}),
    "an iterable, five batches an epoch": lambda folder: ((Iterable(),), {"steps_per_epoch": 5}),
    "a generator": lambda folder: ((Items()[number % 12] for number in range(10_000)), {"steps_per_epoch": 7}),
    "a memory map, shuffled": lambda folder: (mapped(folder), {"batch_size": BATCH}),
    "arrays on disk, shuffled by grain": lambda folder: ((shuffled(),), {}),
    "the same, and a pass was begun before": lambda folder: ((begun(shuffled()),), {}),
    "the same, from the middle of an epoch": lambda folder: ((put_to(shuffled(), epoch=2, batch=3),), {}),
    "the same, seven batches an epoch": lambda folder: ((begun(shuffled()),), {"steps_per_epoch": 7}),
    "the same without end": lambda folder: ((begun(shuffled().repeat()),), {"steps_per_epoch": 7}),
    "held out: shuffled by grain": lambda folder: (
        (Iterable(),), {"validation_data": begun(shuffled()), "validation_steps": 5}
    ),
    "held out: all of it": lambda folder: ((shuffled(),), {"validation_data": shuffled()}),
    "held out: a generator": lambda folder: (
        (Iterable(),), {"validation_data": (Items()[number % 12] for number in range(10_000)), "validation_steps": 5}
    ),
    "held out: arrays": lambda folder: ((Iterable(),), {"validation_data": (X[:30], Y[:30])}),
}  # fmt: skip


class Ends(callbacks.Callback):
    def __init__(self, step):
        self.step = step

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.optimizer.iterations) == self.step:
            raise RuntimeError


def fitted(source, folder, step=None, checkpoint=None):
    utils.set_random_seed(4)
    model = Sequential([Input((6,)), layers.Dense(8, "relu"), layers.Dropout(0.2), layers.Dense(1)])
    model.compile(plait.optimizers.Adam(0.01), "mse", metrics=["mae"])
    given, arguments = SOURCES[source](folder)
    given = given if isinstance(given, tuple) else (given,)
    history = model.fit(*given, epochs=4, verbose=0, callbacks=[Ends(step)], checkpoint=checkpoint, **arguments)
    return [*model.get_weights(), *history.history.values()]


@pytest.mark.parametrize("source", SOURCES)
# With checkpoints after each second step: in the middle of the second epoch of twelve, and at the end of the first.
@pytest.mark.first_rows(1)
@pytest.mark.parametrize("step", [17, 14, *(pytest.param(step, marks=pytest.mark.slow) for step in (3, 16, 18))])
def test_it_goes_on_where_it_was(source, step, tmp_path):
    alone = fitted(source, tmp_path)
    checkpoint = Checkpoint(tmp_path / "run", every_steps=2)
    with pytest.raises(RuntimeError):
        fitted(source, tmp_path, step, checkpoint)
    again = fitted(source, tmp_path, checkpoint=checkpoint)
    for value, expected in zip(again, alone, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_fewer_batches_than_there_were_are_refused(tmp_path):
    checkpoint = Checkpoint(tmp_path / "run", every_steps=2)
    with pytest.raises(RuntimeError):
        fitted("an iterable", tmp_path, 16, checkpoint)
    model = Sequential([Input((6,)), layers.Dense(8, "relu"), layers.Dropout(0.2), layers.Dense(1)])
    model.compile(plait.optimizers.Adam(0.01), "mse", metrics=["mae"])
    with pytest.raises(ValueError, match=r"other data: it was made after \d+ batches, and now there are fewer"):
        model.fit(
            [(X[:9], Y[:9])].__iter__(), epochs=4, steps_per_epoch=12, verbose=0, callbacks=[Ends(None)],
            checkpoint=checkpoint,
        )  # fmt: skip
