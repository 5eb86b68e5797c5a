import numpy as np
import pytest

from plait.callbacks import CSVLogger, LambdaCallback
from tests.callbacks.fake import FakeModel, run_epochs, run_theirs
from tests.genuine import genuine_keras

LOGS = [{"loss": 0.1 + 0.2, "acc": 0.5}, {"loss": 1e-9, "acc": float("nan")}]
VALIDATED = [{"loss": 2.0, "val_loss": 1.0}, {"loss": 1.0, "val_loss": 0.5}]

CASES = {
    "without validation": (LOGS, {}),
    "with validation": (VALIDATED, {}),
    "validated now and then": ([LOGS[0], {**LOGS[1], "val_loss": 3.0, "val_acc": 0.25}], {}),
    "a name that comes later": ([{"loss": 1.0}, {"loss": 1.0, "new": 2.0}], {}),
    "a name that is gone": ([VALIDATED[0], {"loss": 1.0}], {}),
    "another separator": (LOGS, {"separator": ";"}),
    "a tab": (LOGS, {"separator": "\t"}),
    "arrays and text": ([{"a": np.array([1.5, 2.0]), "b": [1, 2], "c": np.array(3.0), "d": "text, and more"}], {}),
}


@pytest.mark.parametrize("append", [False, True], ids=["anew", "appended"])
@pytest.mark.parametrize(("epochs", "arguments"), CASES.values(), ids=CASES)
def test_the_file_is_that_of_keras_after_two_runs(epochs, arguments, append, tmp_path):
    for _ in range(2):
        run_epochs(FakeModel(), CSVLogger(tmp_path / "ours.csv", append=append, **arguments), epochs)

    with genuine_keras() as keras:
        for _ in range(2):
            callback = keras.callbacks.CSVLogger(tmp_path / "theirs.csv", append=append, **arguments)
            run_theirs(callback, FakeModel(), epochs)

    assert (tmp_path / "ours.csv").read_bytes() == (tmp_path / "theirs.csv").read_bytes()


def test_one_logger_used_twice_begins_the_file_anew(tmp_path):
    logger = CSVLogger(tmp_path / "log.csv")
    run_epochs(FakeModel(), logger, VALIDATED)

    run_epochs(FakeModel(), logger, [{"other": 1.0}])

    assert (tmp_path / "log.csv").read_text().splitlines() == ["epoch,other,val_other", "0,1.0,NA"]


def test_each_line_is_there_at_once(tmp_path):
    path, seen = tmp_path / "log.csv", []

    run_epochs(
        FakeModel(),
        [CSVLogger(path), LambdaCallback(on_epoch_end=lambda *_: seen.append(len(path.read_text().splitlines())))],
        LOGS,
    )

    assert seen == [2, 3]


def test_a_folder_that_is_not_there_is_made(tmp_path):
    run_epochs(FakeModel(), CSVLogger(tmp_path / "new" / "log.csv"), LOGS)

    assert (tmp_path / "new" / "log.csv").exists()


def test_appending_to_other_columns_is_an_error_and_leaves_the_file(tmp_path):
    path = tmp_path / "log.csv"
    run_epochs(FakeModel(), CSVLogger(path), VALIDATED)
    before = path.read_bytes()

    with pytest.raises(ValueError, match=r"no column for acc\.(?s:.*)It has: loss, val_loss\."):
        run_epochs(FakeModel(), CSVLogger(path, append=True), LOGS)
    assert path.read_bytes() == before


@pytest.mark.parametrize("separator", ["", ", ", None])
def test_a_separator_is_one_character(separator):
    with pytest.raises(ValueError, match="one character as separator"):
        CSVLogger("log.csv", separator=separator)
