"""The example scripts run as they stand, each for one epoch."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
LAST_LINE = {
    "digit_folders.py": "held-out images: ",
    "digit_pairs.py": "'same_accuracy': ",
    "posts.py": "'gender_accuracy': ",
    "question_answering.py": "(in truth: ",
    "siamese_lstm.py": "held out: ",
    "tumours.py": "held-out tumours: ",
}


def test_every_example_is_run():
    assert {path.name for path in (ROOT / "examples").glob("*.py")} == LAST_LINE.keys()


@pytest.mark.first_rows(3)
@pytest.mark.parametrize("name", LAST_LINE)
def test_an_example_runs_and_ends_with_its_results(name):
    command = [sys.executable, "-W", "error", str(ROOT / "examples" / name), "1"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONIOENCODING": "utf-8"})
    assert done.returncode == 0, done.stderr
    assert LAST_LINE[name] in done.stdout.splitlines()[-1]
    assert "Total params" in done.stdout


def test_the_digit_pairs_fit_on_a_page():
    assert len((ROOT / "examples" / "digit_pairs.py").read_text().splitlines()) <= 60
