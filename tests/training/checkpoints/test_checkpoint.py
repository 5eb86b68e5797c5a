"""A run that ended early goes on from its last checkpoint, and ends as if nothing had happened: the same bits."""

import pathlib
import random
import shutil
import subprocess
import sys

import numpy as np
import optax
import pytest

from plait import callbacks, optimizers
from plait.models import Model
from plait.training.checkpoints import Checkpoint
from tests.training.checkpoints import run

ROOT = pathlib.Path(__file__).parents[3]


class Ends(callbacks.Callback):
    """Ends a run by an exception, at the end of an epoch or after a step."""

    def __init__(self, error, epoch):
        self.error, self.epoch = error, epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            raise self.error


class OwnSteps(Model):
    def train_step(self, data):
        x, y = data
        loss, gradients = self.value_and_grad(lambda: self.compute_loss(x, y, self(x, training=True)))
        self.optimizer.apply(gradients, self.trainable_weights)
        return {"loss": loss}


def alone(**arguments):
    made = run.model(**arguments)
    return run.result(made, run.fit(made, also=[Ends(None, -1)]))


def ended(folder, error=KeyboardInterrupt, epoch=4, steps=Model, **settings):
    """Leaves the checkpoints of a run that was ended."""
    with pytest.raises(error):
        run.fit(run.model(steps), Checkpoint(folder, **settings), also=[Ends(error, epoch)])


@pytest.fixture(scope="module")
def undisturbed():
    return alone()


@pytest.fixture(scope="module")
def left_behind(tmp_path_factory):
    """The folder of a run that was ended."""
    folder = tmp_path_factory.mktemp("run")
    ended(folder, every_steps=5)
    return folder


@pytest.fixture
def folder(left_behind, tmp_path):
    """One that may be changed."""
    return shutil.copytree(left_behind, tmp_path / "run")


def again(folder, steps=Model, **settings):
    made = run.model(steps)
    return run.result(made, run.fit(made, Checkpoint(folder, **settings), also=[Ends(None, -1)]))


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_a_run_killed_at_any_moment_and_started_again_ends_with_the_same_bits(tmp_path, kills, undisturbed):
    script, written = "tests.training.checkpoints.run", tmp_path / "result.npz"

    def start(seconds):
        command = [sys.executable, "-m", script, str(tmp_path / "run"), str(written), str(seconds)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True)

    moments = random.Random(kills)
    for _ in range(kills):
        process = start(0.1)
        assert process.stdout.readline() == "begun\n"
        try:
            process.wait(moments.uniform(0.5, 3.5))
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
    process = start(0)
    process.communicate()
    assert process.returncode == 0
    with np.load(written) as killed:
        run.same(dict(killed), undisturbed)


@pytest.mark.first_rows(1)
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize(
    "settings",
    [pytest.param({"every_steps": 1}, marks=pytest.mark.slow), {"every_steps": 5}, {"every_seconds": 1e-6, "keep": 1}],
)
def test_a_run_that_was_ended_goes_on_where_it_was(tmp_path, error, settings, undisturbed):
    ended(tmp_path, error, **settings)
    run.same(again(tmp_path, **settings), undisturbed)


def logged(path, checkpoint=None, epoch=-1, append=False):
    """Trains with a CSVLogger, and ends at an epoch."""
    also = [callbacks.CSVLogger(path, append=append), Ends(RuntimeError, epoch)]
    run.fit(run.model(), checkpoint, also=also)


@pytest.mark.first_rows(1)
@pytest.mark.parametrize("append", [False, True], ids=["alone in its file", "below another run"])
@pytest.mark.parametrize(
    ("epoch", "every_steps"), [(4, 5), pytest.param(4, 40, marks=pytest.mark.slow), (0, 5)],
    ids=["in its fifth epoch", "epochs after the checkpoint", "in its first epoch"],
)  # fmt: skip
def test_the_file_of_a_csv_logger_is_that_of_a_run_left_alone(tmp_path, epoch, every_steps, append):
    files = tmp_path / "alone.csv", tmp_path / "again.csv"
    checkpoint = Checkpoint(tmp_path / "run", every_steps=every_steps)
    if append:
        logged(files[0])
        shutil.copy(*files)
    logged(files[0], append=append)

    with pytest.raises(RuntimeError):
        logged(files[1], checkpoint, epoch, append)
    logged(files[1], checkpoint, append=append)

    assert files[1].read_bytes() == files[0].read_bytes()
    assert files[0].read_bytes().count(b"\n") == (2 if append else 1) * run.EPOCHS + 1


def test_ctrl_c_makes_a_checkpoint(tmp_path):
    ended(tmp_path, KeyboardInterrupt, epoch=4, every_seconds=1e6)
    assert [int(one.name) for one in tmp_path.iterdir()] == [5 * 12]


def test_a_model_with_steps_of_its_own_goes_on_where_it_was(tmp_path):
    ended(tmp_path, steps=OwnSteps, every_steps=5)
    run.same(again(tmp_path, steps=OwnSteps, every_steps=5), alone(steps=OwnSteps))


@pytest.mark.first_rows(1)
@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: optimizers.groups({".*/bias": optimizers.SGD(0.1, momentum=0.9)}, optimizers.Adam(0.01)),
        lambda: optimizers.LossScaleOptimizer(optimizers.Adam(0.01)),
        lambda: optax.sgd(0.01, momentum=0.9),
        lambda: optimizers.SGD(optimizers.schedules.CosineDecay(0.1, 100)),
    ],
    ids=["groups", "a scaled loss", "of optax", "a schedule"],
)
def test_any_optimizer_goes_on_where_it_was(tmp_path, optimizer):
    def fitted(epoch, checkpoint=None):
        made = run.model()
        made.compile(optimizer(), "binary_crossentropy")
        return run.result(made, run.fit(made, checkpoint, also=[Ends(RuntimeError, epoch)]))

    undisturbed = fitted(-1)
    checkpoint = Checkpoint(tmp_path, every_steps=5)
    with pytest.raises(RuntimeError):
        fitted(4, checkpoint)
    run.same(fitted(-1, checkpoint), undisturbed)


def test_a_run_that_is_done_stays_as_it_is(folder):
    first = again(folder)
    run.same(again(folder), first)


def test_more_epochs_go_on_from_a_run_that_is_done(tmp_path):
    longer, shorter = run.model(), run.model()
    once = run.result(longer, run.fit(longer, epochs=6))
    run.fit(shorter, tmp_path, epochs=3)
    run.same(run.result(shorter, run.fit(shorter, tmp_path, epochs=6)), once)


def newest(folder):
    return max((one for one in folder.iterdir()), key=lambda one: int(one.name))


def truncated(checkpoint):
    for path in [path for path in checkpoint.rglob("*") if path.is_file() and path.stat().st_size > 100]:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped(checkpoint):
    path = max((path for path in checkpoint.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def emptied(checkpoint):
    shutil.rmtree(checkpoint)
    checkpoint.mkdir()


def foreign(checkpoint):
    emptied(checkpoint)
    (checkpoint / "notes.txt").write_text("something else")


@pytest.mark.first_rows(2)
@pytest.mark.parametrize("damage", [truncated, flipped, emptied, foreign])
def test_a_damaged_checkpoint_is_named_and_the_one_before_it_used(folder, damage, undisturbed):
    damaged = newest(folder)
    damage(damaged)
    with pytest.warns(UserWarning, match=f"{damaged.name}' is not used, as it is damaged"):
        found = again(folder)
    run.same(found, undisturbed)


def test_where_no_checkpoint_is_whole_nothing_is_trained(folder):
    for one in folder.iterdir():
        emptied(one)
    with (
        pytest.warns(UserWarning, match="damaged"),
        pytest.raises(ValueError, match=r"None of the checkpoints in .* can be read"),
    ):
        again(folder)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (lambda folder: run.fit(run.model(units=9), folder), r"(?s)another model.*kernel: the model has \(6, 9\)"),
        (lambda folder: run.fit(run.one_weight(), folder), "another model"),
        (lambda folder: run.fit(run.model(), folder, also=[run.Slow(0)]), "with other callbacks: EarlyStopping, Ends"),
        (
            lambda folder: run.model().fit(*run.data(50), callbacks=[callbacks.EarlyStopping(), Ends(None, -1)],
                                           validation_split=0.2, verbose=0, checkpoint=folder),
            "other data: 40 samples now, 80 then",
        ),
    ],
)  # fmt: skip
def test_a_checkpoint_of_another_run_is_refused(folder, other, message):
    with pytest.raises(ValueError, match=message):
        other(folder)


def test_a_refused_checkpoint_changes_nothing(folder):
    made = run.model(units=9)
    before = made.get_weights()
    with pytest.raises(ValueError, match="another model"):
        run.fit(made, folder, also=[Ends(None, -1)])
    for value, expected in zip(made.get_weights(), before, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_a_folder_that_cannot_be_written_to_is_found_before_training(tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    made = run.model()
    before = made.get_weights()
    with pytest.raises(OSError, match="cannot be written to"):
        run.fit(made, path)
    np.testing.assert_array_equal(made.get_weights()[0], before[0])


def test_the_last_ones_stay_and_the_best(tmp_path):
    made = run.model()
    history = run.fit(made, Checkpoint(tmp_path, every_steps=12, keep=2, monitor="val_loss"))
    best = int(np.argmin(history.history["val_loss"])) + 1
    there = {int(one.name) // 12 for one in tmp_path.iterdir()}
    assert there == {best, run.EPOCHS - 1, run.EPOCHS}


def test_a_number_that_is_not_logged_is_explained(tmp_path):
    with pytest.raises(ValueError, match='monitors "f1", which is not logged'):
        run.fit(run.model(), Checkpoint(tmp_path, monitor="f1"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"every_seconds": 0}, "a positive every_seconds, got 0"),
        ({"every_steps": -1}, "a positive every_steps, got -1"),
        ({"keep": 0}, "a positive keep, got 0"),
        ({"mode": "best"}, '"min" or "max" for mode'),
    ],
)
def test_impossible_settings_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Checkpoint("folder", **arguments)


def test_backup_and_restore_removes_its_folder_when_training_is_done(tmp_path, undisturbed):
    backup = tmp_path / "backup"
    with pytest.raises(RuntimeError):
        run.fit(run.model(), also=[callbacks.BackupAndRestore(backup), Ends(RuntimeError, 4)])
    assert [int(one.name) for one in backup.iterdir()] == [48]
    made = run.model()
    found = run.result(made, run.fit(made, also=[callbacks.BackupAndRestore(backup), Ends(None, -1)]))
    run.same(found, undisturbed)
    assert not backup.exists()
