"""The progress bar in a notebook: one display that changes, and the lines of epochs that are over."""

import contextlib
import io
import itertools
import sys
import types

import pytest

from plait.callbacks import bar
from tests.callbacks import test_progress
from tests.callbacks.test_progress import FULL, Clock, Terminal, evaluate, fit, predict, stdout


class Cell(io.TextIOBase):
    """What standard output is in a kernel: neither a file nor text in memory."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text
        return len(text)


class Displays:
    """Stands for IPython.display: notes when each display was given which text."""

    def __init__(self, clock):
        self.clock, self.given = clock, []

    def display(self, content, *, raw, display_id):
        assert raw
        assert display_id is True
        mine = []
        self.given.append(mine)
        handle = types.SimpleNamespace(
            update=lambda content, *, raw: mine.append((self.clock.now, content["text/plain"]))
        )
        handle.update(content, raw=raw)
        return handle


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(bar, "time", clock)
    return clock


def ipython(monkeypatch, clock, kernel):
    """Puts a stand-in in the place of IPython, whose shell has this kernel."""
    module, displays = types.ModuleType("IPython"), Displays(clock)
    module.get_ipython = lambda: types.SimpleNamespace(kernel=kernel)
    module.display = displays
    monkeypatch.setitem(sys.modules, "IPython", module)
    monkeypatch.setitem(sys.modules, "IPython.display", displays)
    return displays


@pytest.fixture
def displays(monkeypatch, clock):
    return ipython(monkeypatch, clock, object())


def test_a_run_has_one_display_and_below_it_one_line_an_epoch(monkeypatch, clock, displays):
    cell = stdout(monkeypatch, Cell())

    fit(clock, epochs=3, steps=20, seconds=0.05)

    line = f"20/20 {FULL} 1s 50ms/step - loss: 0.5000 - val_loss: 2.0000 - 640 samples/s\n"
    assert cell.text == "".join(f"Epoch {number}/3 - {line}" for number in (1, 2, 3))
    ((*_, (_, last)),) = displays.given
    assert last == ""


def test_the_display_shows_the_bar_and_which_epoch_it_is(monkeypatch, clock, displays):
    stdout(monkeypatch, Cell())

    fit(clock, epochs=2, steps=2, seconds=2.0)

    half = f"1/2 {'━' * 10}{'─' * 10} 2s 2s/step - loss: 1.0000 - 16 samples/s"
    whole = f"2/2 {FULL} 0s 2s/step - loss: 0.5000 - 16 samples/s"
    ((*texts, _),) = displays.given
    assert [text for _, text in texts] == [f"Epoch {number}/2 - {line}" for number in (1, 2) for line in (half, whole)]


def test_it_changes_at_most_ten_times_a_second_without_control_characters(monkeypatch, clock, displays):
    stdout(monkeypatch, Cell())

    fit(clock, steps=3000, seconds=0.001)

    (changes,) = displays.given
    moments = [moment for moment, _ in changes[:-1]]
    assert all(after - before > 0.0999 for before, after in itertools.pairwise(moments))
    assert len(moments) > 20
    assert all(text.isprintable() for _, text in changes)


@pytest.mark.parametrize(
    "use",
    [lambda clock: fit(clock, epochs=50, steps=2, seconds=0.001), evaluate, predict],
    ids=["fit", "evaluate", "predict"],
)
def test_what_is_quick_has_no_display(monkeypatch, clock, displays, use):
    stdout(monkeypatch, Cell())

    use(clock)

    assert displays.given == []


def test_a_long_prediction_has_one_while_it_lasts(monkeypatch, clock, displays):
    cell = stdout(monkeypatch, Cell())

    predict(clock, seconds=2.0)

    ((first, last),) = displays.given
    assert (first[1], last[1]) == (f"1/1 {FULL} 0s 2s/step - 16 samples/s", "")
    assert cell.text == f"1/1 {FULL} 2s 2s/step - 16 samples/s\n"


def test_it_says_that_a_program_is_compiled(monkeypatch, clock, displays):
    stdout(monkeypatch, Cell())

    test_progress.compiled(clock, 4.0)

    ((first, second, *_),) = displays.given
    assert (first[1], second[1]) == ("compiling …", "")


@pytest.mark.parametrize(("verbose", "lines"), [(0, 0), (2, 2)])
def test_it_shows_nothing_where_no_bar_is_wanted(monkeypatch, clock, displays, verbose, lines):
    cell = stdout(monkeypatch, Cell())

    fit(clock, verbose=verbose, epochs=2, seconds=1.0)

    assert displays.given == []
    assert cell.text.count("\n") == lines


def test_what_is_redirected_from_a_notebook_has_the_lines_of_a_file(monkeypatch, clock, displays):
    cell = stdout(monkeypatch, Cell())

    with contextlib.redirect_stdout(io.StringIO()) as text:
        fit(clock, epochs=2, seconds=1.0)

    assert displays.given == []
    assert cell.text == ""
    assert text.getvalue().count("\n") == 2


def test_ipython_in_a_terminal_is_a_terminal(monkeypatch, clock):
    displays = ipython(monkeypatch, clock, None)
    terminal = stdout(monkeypatch, Terminal())

    fit(clock, steps=4, seconds=2.0)

    assert displays.given == []
    assert terminal.getvalue().count("\r") == 5


def test_with_ipython_itself_one_display_is_updated(monkeypatch, clock, tmp_path):
    pytest.importorskip("IPython")
    from IPython.core.displaypub import CapturingDisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    shell = InteractiveShell.instance()
    try:
        monkeypatch.setattr(shell, "kernel", object(), raising=False)
        shell.display_pub = CapturingDisplayPublisher()
        cell = stdout(monkeypatch, Cell())
        fit(clock, epochs=2, steps=3, seconds=1.0)
        first, *others = shell.display_pub.outputs
    finally:
        InteractiveShell.clear_instance()

    assert not first["update"]
    assert len(others) == 6
    assert all(one["update"] and one["transient"] == first["transient"] for one in others)
    assert cell.text.count("\n") == 2
