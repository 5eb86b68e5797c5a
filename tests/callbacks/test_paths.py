"""Files that cannot be written are found before training."""

import os

import pytest

from plait.callbacks import CSVLogger, LambdaCallback, ModelCheckpoint, TensorBoard, paths
from tests.callbacks.fake import FakeModel, run_epochs

LOGGERS = {
    "CSVLogger": lambda path: CSVLogger(f"{path}/log.csv"),
    "ModelCheckpoint": lambda path: ModelCheckpoint(f"{path}/m.keras"),
    "ModelCheckpoint to a folder by epoch": lambda path: ModelCheckpoint(f"{path}/{{epoch}}/m.keras"),
    "TensorBoard": lambda path: TensorBoard(path),
}


@pytest.mark.parametrize("logger", LOGGERS.values(), ids=LOGGERS)
def test_a_path_below_a_file_is_an_error_before_the_first_epoch(logger, tmp_path):
    begun = []
    (tmp_path / "file").write_text("kept")

    with pytest.raises(OSError, match=r"cannot write to .*: '.*file' is not a folder\."):
        run_epochs(
            FakeModel(),
            [logger(f"{tmp_path}/file"), LambdaCallback(on_epoch_begin=lambda *_: begun.append(1))],
            [{"loss": 1.0}],
        )
    assert begun == []
    assert (tmp_path / "file").read_text() == "kept"


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "m.keras").mkdir()

    with pytest.raises(OSError, match=r"m\.keras' is a folder"):
        run_epochs(FakeModel(), ModelCheckpoint(tmp_path / "m.keras"), [{"loss": 1.0}])


@pytest.mark.parametrize("path", ["log.csv", "a/b/log.csv", "a/{epoch}/{loss}.keras", "{epoch}.keras"])
def test_folders_may_be_made_later_and_none_is_made_now(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    paths.check_writable("Somebody", path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("protected", ["folder", "file"])
def test_what_is_protected_is_named(protected, tmp_path, monkeypatch):
    (tmp_path / "log.csv").touch()
    wrong = tmp_path if protected == "folder" else tmp_path / "log.csv"
    # Not by its mode, which does not hold for root.
    monkeypatch.setattr(os, "access", lambda path, mode: path != wrong)

    with pytest.raises(OSError, match=rf"Somebody cannot write to .*{wrong.name}'( may not be written to)?\."):
        paths.check_writable("Somebody", tmp_path / "log.csv")
