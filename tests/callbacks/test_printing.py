import io
import sys

import pytest

from plait.callbacks import printing


@pytest.mark.parametrize(
    ("before", "expected"),
    [("", "said\n"), ("a line\n", "a line\nsaid\n"), ("\r1/2 a bar", "\r1/2 a bar\nsaid\n")],
)
def test_what_is_said_has_a_line_of_its_own(before, expected, monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    if before:
        printing.write(before)

    printing.say("said")

    assert sys.stdout.getvalue() == expected


def test_a_bar_on_another_output_does_not_matter(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    printing.write("\r1/2 a bar")
    monkeypatch.setattr(sys, "stdout", io.StringIO())

    printing.say("said")

    assert sys.stdout.getvalue() == "said\n"
