"""Where a folder of checkpoints breaks while a run goes on, the run ends by an error and nothing is lost.

The model is as the last step left it, and the checkpoints from before are what the run goes on from once the folder is
whole again.
"""

import contextlib
import functools
import os
import sys
import time

import numpy as np
import pytest

import plait
from plait import callbacks
from plait.training.checkpoints import Checkpoint
from plait.training.checkpoints.folder import Folder
from tests.training.checkpoints import run

EPOCHS, STEPS = 5, 12  # of an epoch
KEPT = 100


# ------------------------------------------------------------------------------------------ how a folder breaks


def sizes(folder):
    """Yields the size of each file; an old checkpoint may be leaving meanwhile."""
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                yield os.path.getsize(os.path.join(place, name))


def full(part):
    """Returns what lets no file become larger than this part of the largest one there is: as on a full disk."""

    @contextlib.contextmanager
    def limited(folder):
        resource = pytest.importorskip("resource", reason="Windows has no limits of this kind")
        largest = max(sizes(folder))
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(part * largest), hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited


@contextlib.contextmanager
def read_only(folder):
    if sys.platform == "win32":
        pytest.skip("Windows has other permissions")
    is_root = os.getuid() == 0  # to whom they do not apply
    folder.chmod(0o555)
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o755)


@contextlib.contextmanager
def renamed(folder):
    elsewhere = folder.rename(folder.with_name("elsewhere"))
    try:
        yield
    finally:
        elsewhere.rename(folder)


@contextlib.contextmanager
def replaced(folder):
    """Puts a file in its place."""
    with renamed(folder):
        folder.write_text("")
        try:
            yield
        finally:
            folder.unlink()


WAYS = {
    "a full disk": full(0),
    "a disk that is full in the middle of a file": full(0.5),
    "a disk that is full at the end of the largest file": full(0.999),
    "read-only": read_only,
    "gone": renamed,
    "a file in its place": replaced,
}


class Breaks(callbacks.Callback):
    """Breaks the folder before an epoch, once the checkpoint of the epoch before is there."""

    def __init__(self, epoch=None, way=None, folder=None, until=None):
        self.epoch, self.way, self.folder, self.until = epoch, way, folder, until

    def on_epoch_begin(self, epoch, logs=None):
        if epoch != self.epoch:
            return
        deadline = time.monotonic() + 60
        while not (self.folder / str(STEPS * epoch)).exists():
            assert time.monotonic() < deadline, "there is no checkpoint"
            time.sleep(0.01)
        self.until.enter_context(self.way(self.folder))


# ------------------------------------------------------------------------------------------ what a run is held to


class Stops(Exception):
    pass


class StopsAfter(callbacks.Callback):
    def __init__(self, step):
        self.step = step

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.optimizer.iterations) == self.step:
            raise Stops


def trained_on(made):
    """Returns the result of two more epochs, which depends on weights and slots."""
    plait.utils.set_random_seed(3)
    return run.result(made, run.fit(made, epochs=2))


@functools.cache
def stopped(step):
    """Returns the weights of a run without checkpoints that was ended after a step, and what two more epochs give."""
    made = run.model()
    with pytest.raises(Stops):
        run.fit(made, epochs=EPOCHS, also=[StopsAfter(step)])
    return run.result(made, made.history), trained_on(made)


@pytest.fixture(scope="module")
def undisturbed():
    made = run.model()
    return run.result(made, run.fit(made, epochs=EPOCHS))


def checkpoint(folder):
    return Checkpoint(folder, every_steps=STEPS, keep=KEPT)


def fitted(where, *also, **breaking):
    made = run.model()
    return made, run.fit(made, checkpoint(where), EPOCHS, also=[Breaks(**breaking), *also])


def check_is_as_stopped(made, undisturbed):
    """Checks that a model is to the bit what a run without checkpoints leaves after as many steps; history, too."""
    alone, further = stopped(int(made.optimizer.iterations))
    run.same(weights(run.result(made, made.history)), weights(alone))
    epochs = len(made.history.epoch)
    assert epochs >= int(made.optimizer.iterations) // STEPS - 1
    logged = {name: values[:epochs].tolist() for name, values in history(undisturbed).items()}
    assert {f"history/{name}": values for name, values in made.history.history.items()} == logged
    run.same(trained_on(made), further)


def check_whole(folder, *steps):
    """Checks that there are checkpoints of these steps, all whole, and nothing else."""
    assert {one.name for one in folder.iterdir()} == set(map(str, steps))
    there = Folder(folder, KEPT)
    assert [there.read(step).number for step in steps] == list(steps)


def weights(result):
    return {name: value for name, value in result.items() if name.startswith("weight/")}


def history(result):
    return {name: value for name, value in result.items() if name.startswith("history/")}


def rows():
    """Yields the ways in the middle of a run, where the next checkpoint is the one that says so, and at its end."""
    for name, way in WAYS.items():
        for when, epoch in (("in the middle", 2), ("at the end", EPOCHS - 1)):
            is_slow = name == "a file in its place" or (when == "at the end" and "middle" not in name)
            yield pytest.param(way, epoch, id=f"{name}, {when}", marks=[pytest.mark.slow] if is_slow else [])


@pytest.mark.first_rows(1)
@pytest.mark.parametrize(("way", "epoch"), list(rows()))
def test_the_run_ends_by_an_error_and_nothing_is_lost(tmp_path, way, epoch, undisturbed):
    folder = tmp_path / "run"
    made = run.model()
    with contextlib.ExitStack() as until, pytest.raises(OSError, match="could not be written to") as caught:
        run.fit(made, checkpoint(folder), EPOCHS, also=[Breaks(epoch, way, folder, until)])
    said = str(caught.value)
    assert str(folder) in said.splitlines()[0]
    assert "The model is as the last step left it" in said
    assert "the same line goes on" in said

    # At the next checkpoint, or when even what follows the writing of the one before fails.
    assert int(made.optimizer.iterations) in ((epoch + 1) * STEPS, min(epoch + 2, EPOCHS) * STEPS)
    check_is_as_stopped(made, undisturbed)
    check_whole(folder, *(STEPS * (number + 1) for number in range(epoch)))
    again, found = fitted(folder)
    run.same(run.result(again, found), undisturbed)


def test_the_error_says_from_where_the_run_will_go_on(tmp_path):
    with contextlib.ExitStack() as until, pytest.raises(OSError, match="from the checkpoint after step 24"):
        fitted(tmp_path, epoch=2, way=full(0), folder=tmp_path, until=until)


class Ends(callbacks.Callback):
    def __init__(self, error):
        self.error = error

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 2:
            raise self.error


def test_where_something_else_ends_the_run_it_is_said_besides(tmp_path):
    with contextlib.ExitStack() as until, pytest.raises(RuntimeError, match="a mistake") as caught:
        fitted(tmp_path, Ends(RuntimeError("a mistake")), epoch=2, way=full(0), folder=tmp_path, until=until)
    assert "could not be written to" in "".join(caught.value.__notes__)


def behind(error):
    """Yields what an exception was raised in the course of."""
    while error:
        yield error
        error = error.__context__


def test_where_ctrl_c_ends_the_run_it_is_the_error(tmp_path):
    with contextlib.ExitStack() as until, pytest.raises(OSError, match="could not be written to") as caught:
        fitted(tmp_path, Ends(KeyboardInterrupt()), epoch=2, way=full(0), folder=tmp_path, until=until)
    assert KeyboardInterrupt in map(type, behind(caught.value))


def test_a_checkpoint_that_would_have_been_removed_need_not_have_been_written(tmp_path, undisturbed):
    folder, made = tmp_path / "backup", run.model()
    with contextlib.ExitStack() as until:
        breaks = Breaks(EPOCHS - 1, full(0), folder, until)
        found = run.fit(made, epochs=EPOCHS, also=[callbacks.BackupAndRestore(folder), breaks])
    run.same(run.result(made, found), undisturbed)
    assert not folder.exists()


def test_a_later_checkpoint_that_is_damaged_does_not_take_the_place_of_one_that_is_whole(tmp_path):
    folder = Folder(tmp_path, keep=1)
    (tmp_path / "9").mkdir()
    folder.write(6, {"x": np.arange(3.0)}, {})
    folder.wait()
    check_whole(tmp_path, 6)


def test_a_damaged_checkpoint_is_replaced_by_one_after_the_same_step(tmp_path):
    folder = Folder(tmp_path, keep=1)
    (tmp_path / "6").mkdir()
    folder.write(6, {"x": np.arange(3.0)}, {})
    folder.wait()
    check_whole(tmp_path, 6)
