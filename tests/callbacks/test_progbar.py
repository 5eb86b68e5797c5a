"""The line of fit, in a loop of one's own."""

import io
import re
import sys

import pytest

from plait.callbacks import bar
from plait.utils import Progbar
from tests.genuine import genuine_keras


class Clock:
    """Time that passes only when it is told to."""

    now = 1000.0

    def perf_counter(self):
        return self.now

    time = perf_counter


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(bar, "time", clock)
    monkeypatch.setenv("COLUMNS", "200")
    return clock


def lines_of(text):
    """Returns the pictures that a terminal shows one after the other, without colours and what is left of the last."""
    text = re.sub(r"\x1b\[\d+m|\x08", "", text).replace("─", "━")
    return [line.strip() for line in re.split(r"[\r\n]+", text) if line.strip()]


LOOPS = {
    "steps with numbers": ({"target": 4}, [(step, [("loss", 1 / step)], None) for step in (1, 2, 3, 4)]),
    "numbers as they come": (
        {"target": 3, "stateful_metrics": ["accuracy"]},
        [(step, [("loss", step), ("accuracy", step)], None) for step in (1, 2)],
    ),
    "averages by name": (
        {"target": 3, "stateless_metrics": ["loss"]},
        [(step, [("loss", step), ("accuracy", step)], None) for step in (1, 2, 3)],
    ),
    "another unit": ({"target": 2, "unit_name": "sample"}, [(1, None, None), (2, None, None)]),
    "another width": ({"target": 2, "width": 7}, [(1, None, None), (2, None, None)]),
    "an end before its time": ({"target": 5}, [(1, [("loss", 1.0)], None), (2, [("loss", 3.0)], True)]),
    "small numbers": ({"target": 1}, [(1, [("loss", 0.0001)], None)]),
}


@pytest.mark.parametrize("loop", LOOPS)
def test_a_terminal_shows_what_keras_shows(loop, monkeypatch, clock):
    arguments, updates = LOOPS[loop]

    def shown(cls):
        monkeypatch.setattr(sys, "stdout", stream := Terminal())
        progbar = cls(interval=0.0, **arguments)
        for current, values, finalize in updates:
            clock.now += 2.0
            progbar.update(current, values, finalize)
        return lines_of(stream.getvalue())

    with genuine_keras() as keras:
        monkeypatch.setattr(sys.modules["keras.src.utils.progbar"], "time", clock)
        expected = shown(keras.utils.Progbar)
    found = shown(Progbar)
    assert found[-1] == expected[-1]
    assert set(expected) <= set(found)


def test_numbers_are_averaged_over_the_units_that_they_are_of(monkeypatch, clock):
    def losses(cls):
        monkeypatch.setattr(sys, "stdout", stream := Terminal())
        progbar = cls(10, interval=0.0)
        for current, loss in ((3, 1.0), (9, 0.5)):
            clock.now += 1.0
            progbar.update(current, [("loss", loss)])
        return re.findall(r"loss: [\d.]+", stream.getvalue())

    with genuine_keras() as keras:
        expected = losses(keras.utils.Progbar)
    assert losses(Progbar) == expected


def test_add_goes_on_from_where_it_is(monkeypatch, clock):
    monkeypatch.setattr(sys, "stdout", stream := Terminal())
    progbar = Progbar(3, interval=0.0)

    for _ in range(3):
        clock.now += 1.0
        progbar.add(1, [("loss", 0.5)])

    assert lines_of(stream.getvalue())[-1] == f"3/3 {'━' * 20} 3s 1s/step - loss: 0.5000"


@pytest.mark.parametrize(
    ("verbose", "expected"),
    [(0, ""), (1, f"2/2 {'━' * 20} 4s 2s/step - loss: 0.2500\n"), (2, "2/2 - 4s - 2s/step - loss: 0.2500\n")],
)
def test_a_file_gets_one_line_when_all_is_done(verbose, expected, monkeypatch, clock):
    monkeypatch.setattr(sys, "stdout", stream := io.StringIO())
    progbar = Progbar(2, verbose=verbose)

    for step in (1, 2):
        clock.now += 2.0
        progbar.update(step, [("loss", 0.5 / step)])

    assert stream.getvalue() == expected


def test_without_a_target_it_counts_until_it_is_told_to_end(monkeypatch, clock):
    monkeypatch.setattr(sys, "stdout", stream := Terminal())
    progbar = Progbar(None, interval=0.0)

    clock.now += 1.0
    progbar.update(1)
    clock.now += 1.0
    progbar.update(2, finalize=True)

    shown = lines_of(stream.getvalue())
    assert shown[0].startswith("1/Unknown")
    assert shown[-1].startswith("2/2")


def test_both_kinds_of_names_are_refused():
    with pytest.raises(ValueError, match="stateful_metrics or stateless_metrics, got both"):
        Progbar(3, stateful_metrics=[], stateless_metrics=[])
