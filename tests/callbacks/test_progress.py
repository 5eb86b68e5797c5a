import io
import re
import sys
import types

import pytest

from plait.callbacks import CallbackList, progress
from tests.callbacks.fake import FakeModel
from tests.genuine import genuine_keras

FULL = "━" * 20


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Clock:
    """Time that passes only when it is told to."""

    now = 1000.0

    def perf_counter(self):
        return self.now

    time = perf_counter


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return clock


def stdout(monkeypatch, stream):
    monkeypatch.setattr(sys, "stdout", stream)
    return stream


def visible(text):
    return re.sub(r"\x1b\[\d+m", "", text)


def fit(clock, verbose=1, epochs=1, steps=25, seconds=0.04, logs=None, reads=None):
    """Calls the hooks of a fit whose steps take so long, with a validation in each epoch."""
    model = FakeModel()
    callbacks = CallbackList(None, model, verbose)
    callbacks.set_params({"epochs": epochs, "steps": steps, "verbose": verbose})
    callbacks.on_train_begin()
    for epoch in range(epochs):
        callbacks.on_epoch_begin(epoch)
        for step in range(steps):
            clock.now += seconds

            def read(step=step):
                if reads is not None:
                    reads.append(step)
                return {"loss": 1.0 / (step + 1)}

            callbacks.on_progress(step + 1, steps, read)
        callbacks.on_test_begin()
        callbacks.on_test_progress(1, 1, dict)
        callbacks.on_test_end({"loss": 2.0})
        callbacks.on_epoch_end(epoch, logs or {"loss": 0.5, "val_loss": 2.0})
    callbacks.on_train_end()


def evaluate(clock, verbose=1, total=5, seconds=0.002, logs=None):
    callbacks = CallbackList(None, FakeModel(), verbose, with_history=False)
    callbacks.on_test_begin()
    for step in range(5):
        clock.now += seconds
        callbacks.on_test_progress(step + 1, total, dict)
    callbacks.on_test_end(logs or {})


def test_a_file_gets_one_line_per_epoch(monkeypatch, clock):
    out = stdout(monkeypatch, io.StringIO())

    fit(clock, epochs=2)

    line = f"25/25 {FULL} 1s 40ms/step - loss: 0.5000 - val_loss: 2.0000\n"
    assert out.getvalue() == f"Epoch 1/2\n{line}Epoch 2/2\n{line}"


def test_verbose_2_is_a_short_line_without_a_bar(monkeypatch, clock):
    out = stdout(monkeypatch, Terminal())

    fit(clock, verbose=2, epochs=1)

    assert out.getvalue() == "25/25 - 1s - 40ms/step - loss: 0.5000 - val_loss: 2.0000\n"


def test_verbose_0_is_silent(monkeypatch, clock):
    out = stdout(monkeypatch, Terminal())

    fit(clock, verbose=0, epochs=2)

    assert out.getvalue() == ""


def test_a_terminal_sees_one_line_rewritten(monkeypatch, clock):
    out = stdout(monkeypatch, Terminal())

    fit(clock, steps=4, seconds=2.0)

    assert visible(out.getvalue()).split("\r") == [
        "",
        f"1/4 {FULL} 6s 2s/step - loss: 1.0000",
        f"2/4 {FULL} 4s 2s/step - loss: 0.5000",
        f"3/4 {FULL} 2s 2s/step - loss: 0.3333",
        f"4/4 {FULL} 0s 2s/step - loss: 0.2500",
        f"4/4 {FULL} 8s 2s/step - loss: 0.5000 - val_loss: 2.0000\n",
    ]


def test_colours_tell_what_is_done(monkeypatch, clock):
    out = stdout(monkeypatch, Terminal())

    fit(clock, steps=4, seconds=2.0)

    assert f"\x1b[32m{'━' * 15}\x1b[90m{'━' * 5}\x1b[0m" in out.getvalue()


def test_without_colours_the_shape_of_the_line_does(monkeypatch, clock):
    monkeypatch.setenv("NO_COLOR", "1")
    out = stdout(monkeypatch, Terminal())

    fit(clock, steps=4, seconds=2.0)

    assert f"3/4 {'━' * 15}{'─' * 5} 2s" in out.getvalue()


def test_logs_are_read_at_most_ten_times_a_second(monkeypatch, clock):
    stdout(monkeypatch, Terminal())
    reads = []

    fit(clock, steps=1000, seconds=0.001, reads=reads)

    assert 5 <= len(reads) <= 10


def test_a_file_needs_no_logs_before_the_end(monkeypatch, clock):
    stdout(monkeypatch, io.StringIO())
    reads = []

    fit(clock, steps=10, seconds=1.0, reads=reads)

    assert reads == []


def test_a_line_in_progress_fits_the_terminal_and_the_last_one_is_whole(monkeypatch, clock):
    monkeypatch.setenv("COLUMNS", "40")
    out = stdout(monkeypatch, Terminal())

    fit(clock, steps=4, seconds=2.0, logs={"loss": 0.5, "a_long_name": 1.0})

    *moving, last = visible(out.getvalue()).split("\r")
    assert max(map(len, moving)) == 39
    assert last == f"4/4 {FULL} 8s 2s/step - loss: 0.5000 - a_long_name: 1.0000\n"


def test_a_shorter_line_leaves_nothing_of_the_longer_one_before(monkeypatch, clock):
    out = stdout(monkeypatch, Terminal())

    fit(clock, steps=1, seconds=2.0, logs={"l": 1.0})

    before, last = visible(out.getvalue()).removesuffix("\n").split("\r")[1:]
    assert len(before) == len(last) > len(last.rstrip())


def test_the_first_dispatch_does_not_count_for_the_time_per_step(monkeypatch, clock):
    out = stdout(monkeypatch, io.StringIO())
    callbacks = CallbackList(None, FakeModel(), 1, with_history=False)
    callbacks.on_test_begin()
    clock.now += 60.0
    callbacks.on_test_progress(1, 11, dict)
    clock.now += 0.02
    callbacks.on_test_progress(11, 11, dict)
    callbacks.on_test_end({})

    assert out.getvalue() == f"11/11 {FULL} 60s 2ms/step\n"


def test_evaluate_and_predict_have_a_line_of_their_own(monkeypatch, clock):
    out = stdout(monkeypatch, io.StringIO())

    evaluate(clock, logs={"loss": 0.25})
    callbacks = CallbackList(None, FakeModel(), 1, with_history=False)
    callbacks.on_predict_begin()
    clock.now += 0.005
    callbacks.on_progress(1, 1, dict)
    callbacks.on_predict_end({})

    assert out.getvalue() == f"5/5 {FULL} 0s 2ms/step - loss: 0.2500\n1/1 {FULL} 0s 5ms/step\n"


def test_a_total_nobody_knows_is_that_of_the_end(monkeypatch, clock):
    out = stdout(monkeypatch, Terminal())

    evaluate(clock, total=None, seconds=1.0)

    lines = visible(out.getvalue()).split("\r")
    assert lines[1] == "      1/Unknown 1s 1s/step"
    assert lines[-1].rstrip() == f"5/5 {FULL} 5s 1s/step"


def test_an_epoch_that_was_stopped_says_how_far_it_came(monkeypatch, clock):
    out = stdout(monkeypatch, io.StringIO())
    callbacks = CallbackList(None, FakeModel(), 1, with_history=False)
    callbacks.on_epoch_begin(0)
    clock.now += 1.0
    callbacks.on_progress(5, 20, dict)
    callbacks.on_epoch_end(0, {})

    assert out.getvalue() == f" 5/20 {'━' * 5}{'─' * 15} 1s 200ms/step\n"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437"])
def test_an_encoding_without_the_bar_gets_a_plainer_one(monkeypatch, clock, encoding):
    class Encoded(Terminal):
        pass

    Encoded.encoding = encoding
    out = stdout(monkeypatch, Encoded())

    fit(clock, steps=4, seconds=2.0)

    assert f"\r3/4 {'=' * 15}{'.' * 5} 2s" in out.getvalue()
    out.getvalue().encode(encoding)


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [closed, lambda: None], ids=["closed", "none"])
def test_training_goes_on_where_there_is_no_output(monkeypatch, clock, stream):
    stdout(monkeypatch, stream())

    fit(clock, epochs=2)


def test_training_goes_on_when_nobody_reads_the_output_any_more(monkeypatch, clock):
    class Broken(Terminal):
        def write(self, text):
            raise BrokenPipeError

    stdout(monkeypatch, Broken())

    fit(clock, epochs=2)


def test_other_errors_of_the_output_are_not_hidden(monkeypatch, clock):
    class Full(Terminal):
        def write(self, text):
            raise OSError(28, "No space left on device")

    stdout(monkeypatch, Full())

    with pytest.raises(OSError, match="No space left"):
        fit(clock)


def test_an_object_with_write_and_flush_is_output_enough(monkeypatch, clock):
    lines = []
    stdout(monkeypatch, types.SimpleNamespace(write=lines.append, flush=lambda: None))

    fit(clock, steps=4, seconds=2.0)

    assert lines == [f"4/4 {FULL} 8s 2s/step - loss: 0.5000 - val_loss: 2.0000\n"]


@pytest.mark.parametrize("verbose", [1, 2])
@pytest.mark.parametrize(
    ("total", "seconds", "logs"),
    [
        (5, 0.002, {"loss": 0.6931}),
        (25, 0.4, {"accuracy": 0.5, "loss": 1e-3}),
        (7, 3.0, {"loss": 12345.678, "tiny": 1.2345e-7}),
        (100, 0.00002, {"loss": 0.0}),
        (3, 900.0, {"loss": 0.00101}),
    ],
)
def test_lines_read_as_those_of_keras(monkeypatch, clock, verbose, total, seconds, logs):
    out = stdout(monkeypatch, Terminal())
    ours = CallbackList(None, FakeModel(), verbose, with_history=False)
    ours.on_test_begin()
    for step in range(total):
        clock.now += seconds
        ours.on_test_progress(step + 1, total, lambda: logs)
    ours.on_test_end(logs)

    theirs = Terminal()
    with genuine_keras() as keras:
        stdout(monkeypatch, theirs)
        monkeypatch.setattr(sys.modules["keras.src.utils.progbar"], "time", clock)
        bar = keras.utils.Progbar(total, verbose=verbose, interval=progress._INTERVAL, stateless_metrics=set())
        for step in range(total):
            clock.now += seconds
            bar.update(step + 1, list(logs.items()), finalize=False)
        bar.update(total, list(logs.items()), finalize=True)

    def lines(stream):
        return [line.strip() for line in re.split(r"[\r\n\b]+", visible(stream.getvalue())) if line.strip()]

    assert lines(out)[-1] == lines(theirs)[-1]
    assert set(lines(out)) <= set(lines(theirs))
