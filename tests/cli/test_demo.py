"""`plait demo`, the main job: what it learns, what it prints, what it leaves behind."""

import re

import pytest

from plait import cli


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo") / "made here"
    from contextlib import redirect_stdout
    from io import StringIO

    printed = StringIO()
    with redirect_stdout(printed):
        assert cli.main(["demo", "--epochs", "6", "--seed", "1", "--out", str(out)]) == 0
    return printed.getvalue(), out


@pytest.mark.parametrize("output", ["left", "right", "same"])
def test_it_reads_digits_it_has_not_seen(demo, output):
    accuracy, chance = re.search(rf"│ {output} +│ accuracy +│ (\S+) │ (\S+) │", demo[0]).groups()
    assert float(accuracy) >= 0.97
    assert float(chance) < 0.6


def test_the_encoder_is_one_layer_with_two_inputs(demo):
    lines = demo[0].splitlines()
    (row,) = [number for number, line in enumerate(lines) if line.startswith("encoder (Model)")]
    assert "left_image[0][0]" in lines[row]
    assert "right_image[0][0]" in lines[row + 1]


def test_the_sum_is_far_better_than_a_constant_guess(demo):
    error, chance = re.search(r"│ sum +│ mean abs. error +│ (\S+) │ (\S+) │", demo[0]).groups()
    assert float(error) < 0.4 * float(chance)


def test_it_leaves_a_picture_and_says_where(demo):
    picture = demo[1] / "pairs.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert str(picture) in demo[0]


def test_it_refuses_to_train_for_no_epochs():
    with pytest.raises(SystemExit, match="at least 1"):
        cli.main(["demo", "--epochs", "0"])
