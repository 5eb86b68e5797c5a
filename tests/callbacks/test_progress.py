import io
import itertools
import re
import sys
import types

import pytest

from plait.callbacks import CallbackList, ProgbarLogger, bar
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


class Read:
    """Logs of a dispatch that is under way for so many looks."""

    def __init__(self, logs=None, looks=0, begun=None):
        self.logs, self.looks, self.begun = logs or {}, looks, begun

    def __call__(self):
        raise AssertionError("A step waits.")

    def later(self):
        if self.begun is not None:
            self.begun.append(self)
        return self.look

    def look(self):
        self.looks -= 1
        return self.logs if self.looks < 0 else None


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(bar, "time", clock)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return clock


def stdout(monkeypatch, stream):
    monkeypatch.setattr(sys, "stdout", stream)
    return stream


def visible(text):
    return re.sub(r"\x1b\[\d+m", "", text)


def fit(clock, verbose=1, epochs=1, steps=25, seconds=0.04, logs=None, begun=None, looks=0, also=None):
    """Calls the hooks of a fit whose steps of 32 samples take so long, with a validation in each epoch."""
    model = FakeModel()
    callbacks = CallbackList(also, model, verbose)
    callbacks.set_params({"epochs": epochs, "steps": steps, "verbose": verbose})
    callbacks.on_train_begin()
    for epoch in range(epochs):
        callbacks.on_epoch_begin(epoch)
        for step in range(1, steps + 1):
            clock.now += seconds
            callbacks.on_progress(step, steps, 32, Read({"loss": 1.0 / step}, looks, begun))
        callbacks.on_test_begin()
        callbacks.on_test_progress(1, 1, 8, Read())
        callbacks.on_test_end({"loss": 2.0})
        callbacks.on_epoch_end(epoch, logs or {"loss": 0.5, "val_loss": 2.0})
    callbacks.on_train_end()


def evaluate(clock, verbose=1, total=5, seconds=0.002, logs=None):
    callbacks = CallbackList(None, FakeModel(), verbose, with_history=False)
    callbacks.on_test_begin()
    for step in range(5):
        clock.now += seconds
        callbacks.on_test_progress(step + 1, total, 32, Read())
    callbacks.on_test_end(logs or {})


def predict(clock, verbose=1, seconds=0.005):
    callbacks = CallbackList(None, FakeModel(), verbose, with_history=False)
    callbacks.on_predict_begin()
    clock.now += seconds
    callbacks.on_progress(1, 1, 32, Read())
    callbacks.on_predict_end({})


def test_a_file_gets_one_line_per_epoch_without_control_characters(monkeypatch, clock):
    out = stdout(monkeypatch, io.StringIO())

    fit(clock, epochs=2)

    line = f"25/25 {FULL} 1s 40ms/step - loss: 0.5000 - val_loss: 2.0000 - 800 samples/s\n"
    assert out.getvalue() == f"Epoch 1/2 - {line}Epoch 2/2 - {line}"


@pytest.mark.parametrize("stream", [Terminal, io.StringIO])
def test_verbose_2_is_a_short_line_per_epoch_without_a_bar(monkeypatch, clock, stream):
    out = stdout(monkeypatch, stream())

    fit(clock, verbose=2, epochs=2)

    line = "25/25 - 1s - 40ms/step - loss: 0.5000 - val_loss: 2.0000\n"
    assert out.getvalue() == f"Epoch 1/2 - {line}Epoch 2/2 - {line}"


@pytest.mark.parametrize("stream", [Terminal, io.StringIO])
@pytest.mark.parametrize("given", [None, ProgbarLogger()], ids=["", "a bar of the user's"])
def test_verbose_0_is_silent(monkeypatch, clock, stream, given):
    out = stdout(monkeypatch, stream())

    fit(clock, verbose=0, epochs=2, also=given)
    evaluate(clock, verbose=0, seconds=1.0)
    predict(clock, verbose=0, seconds=1.0)

    assert out.getvalue() == ""


def test_a_terminal_sees_one_line_rewritten(monkeypatch, clock):
    out = stdout(monkeypatch, Terminal())

    fit(clock, steps=4, seconds=2.0)

    assert visible(out.getvalue()).split("\r") == [
        "",
        f"1/4 {FULL} 6s 2s/step - loss: 1.0000 - 16 samples/s",
        f"2/4 {FULL} 4s 2s/step - loss: 0.5000 - 16 samples/s",
        f"3/4 {FULL} 2s 2s/step - loss: 0.3333 - 16 samples/s",
        f"4/4 {FULL} 0s 2s/step - loss: 0.2500 - 16 samples/s",
        f"4/4 {FULL} 8s 2s/step - loss: 0.5000 - val_loss: 2.0000 - 16 samples/s\n",
    ]


def test_the_line_of_each_epoch_stands_below_its_number(monkeypatch, clock):
    out = stdout(monkeypatch, Terminal())

    fit(clock, epochs=2)

    titles = [line for line in out.getvalue().splitlines() if line.startswith("Epoch")]
    assert titles == ["Epoch 1/2", "Epoch 2/2"]


def test_colours_tell_what_is_done(monkeypatch, clock):
    out = stdout(monkeypatch, Terminal())

    fit(clock, steps=4, seconds=2.0)

    assert f"\x1b[32m{'━' * 15}\x1b[90m{'━' * 5}\x1b[0m" in out.getvalue()


def test_without_colours_the_shape_of_the_line_does(monkeypatch, clock):
    monkeypatch.setenv("NO_COLOR", "1")
    out = stdout(monkeypatch, Terminal())

    fit(clock, steps=4, seconds=2.0)

    assert f"3/4 {'━' * 15}{'─' * 5} 2s" in out.getvalue()


class Moments(Terminal):
    """A terminal that notes when it is written to."""

    def __init__(self, clock):
        super().__init__()
        self.clock, self.moments = clock, []

    def write(self, text):
        self.moments.append(self.clock.now)
        return super().write(text)


@pytest.mark.parametrize("looks", [0, 3], ids=["at once", "the device is behind"])
@pytest.mark.parametrize("seconds", [0.0007, 0.03, 0.25])
def test_a_terminal_is_written_to_at_most_ten_times_a_second(monkeypatch, clock, seconds, looks):
    out = stdout(monkeypatch, Moments(clock))
    steps = int(5 / seconds)

    fit(clock, steps=steps, seconds=seconds, looks=looks)

    *moving, _ = out.moments
    assert all(after - before > 0.0999 for before, after in itertools.pairwise(moving))
    assert len(moving) >= 5


def test_many_compilations_do_not_flood_a_terminal_either(monkeypatch, clock):
    out = stdout(monkeypatch, Moments(clock))
    callbacks = CallbackList(None, FakeModel(), 1, with_history=False)
    callbacks.on_test_begin()
    for _ in range(500):
        callbacks.on_compile_begin()
        clock.now += 0.01
        callbacks.on_compile_end(0.01)

    assert all(after - before > 0.0999 for before, after in itertools.pairwise(out.moments))
    assert len(out.moments) >= 25


def test_a_file_needs_no_logs_before_the_end(monkeypatch, clock):
    stdout(monkeypatch, io.StringIO())
    begun = []

    fit(clock, steps=10, seconds=1.0, begun=begun)

    assert begun == []


def test_logs_of_a_step_that_is_under_way_are_shown_after_a_later_one(monkeypatch, clock):
    out = stdout(monkeypatch, Terminal())

    fit(clock, steps=5, seconds=1.0, looks=1)

    lines = visible(out.getvalue()).split("\r")[1:-1]
    assert [re.match(r"(\d)/5 .* loss: ([\d.]+)", line).groups() for line in lines] == [
        ("2", "1.0000"),
        ("4", "0.3333"),
    ]


def test_a_line_in_progress_fits_the_terminal_and_the_last_one_is_whole(monkeypatch, clock):
    monkeypatch.setenv("COLUMNS", "40")
    out = stdout(monkeypatch, Terminal())

    fit(clock, steps=4, seconds=2.0, logs={"loss": 0.5, "a_long_name": 1.0})

    *moving, last = visible(out.getvalue()).split("\r")
    assert max(map(len, moving)) == 39
    assert last == f"4/4 {FULL} 8s 2s/step - loss: 0.5000 - a_long_name: 1.0000 - 16 samples/s\n"


def test_a_shorter_line_leaves_nothing_of_the_longer_one_before(monkeypatch, clock):
    out = stdout(monkeypatch, Terminal())

    fit(clock, steps=1, seconds=2.0, logs={"l": 1.0})

    before, last = visible(out.getvalue()).removesuffix("\n").split("\r")[1:]
    assert len(before) == len(last) > len(last.rstrip())


def test_the_first_dispatch_does_not_count_for_the_speed(monkeypatch, clock):
    out = stdout(monkeypatch, io.StringIO())
    callbacks = CallbackList(None, FakeModel(), 1, with_history=False)
    callbacks.on_test_begin()
    clock.now += 60.0
    callbacks.on_test_progress(1, 11, 32, Read())
    clock.now += 0.02
    callbacks.on_test_progress(11, 11, 310, Read())
    callbacks.on_test_end({})

    assert out.getvalue() == f"11/11 {FULL} 60s 2ms/step - 15,500 samples/s\n"


@pytest.mark.parametrize(
    ("samples", "seconds", "expected"),
    [(1, 8.0, "0.12"), (25, 10.0, "2.5"), (1000, 2.0, "500"), (10**6, 0.5, "2,000,000")],
)
def test_the_rate_has_as_many_digits_as_are_of_use(monkeypatch, clock, samples, seconds, expected):
    out = stdout(monkeypatch, io.StringIO())
    callbacks = CallbackList(None, FakeModel(), 1, with_history=False)
    callbacks.on_test_begin()
    clock.now += seconds
    callbacks.on_test_progress(1, 1, samples, Read())
    callbacks.on_test_end({})

    assert out.getvalue().endswith(f" - {expected} samples/s\n")


def compiled(clock, seconds, verbose=1):
    """Calls the hooks of an epoch of one dispatch, which takes two seconds and those of a compilation."""
    callbacks = CallbackList(None, FakeModel(), verbose, with_history=False)
    callbacks.set_params({"verbose": verbose})
    callbacks.on_train_begin()
    callbacks.on_epoch_begin(0)
    clock.now += 0.5
    callbacks.on_compile_begin()
    clock.now += seconds
    callbacks.on_compile_end(seconds)
    clock.now += 1.5
    callbacks.on_progress(1, 1, 40, Read({"loss": 1.0}))
    callbacks.on_epoch_end(0, {"loss": 1.0})


def test_a_terminal_says_that_it_is_compiled_while_it_is(monkeypatch, clock):
    out = stdout(monkeypatch, Terminal())

    compiled(clock, 4.0)

    lines = [line.rstrip() for line in visible(out.getvalue()).split("\r")]
    assert lines[:4] == ["", "compiling …", "", f"1/1 {FULL} 0s 2s/step - loss: 1.0000 - 20 samples/s"]


@pytest.mark.parametrize(
    ("verbose", "seconds", "expected"),
    [
        (1, 4.0, f"1/1 {FULL} 6s (4s of it compiling) 2s/step - loss: 1.0000 - 20 samples/s\n"),
        (1, 0.9, f"1/1 {FULL} 3s 2s/step - loss: 1.0000 - 20 samples/s\n"),
        (2, 4.0, "1/1 - 6s (4s of it compiling) - 2s/step - loss: 1.0000\n"),
    ],
)
def test_the_line_of_an_epoch_names_the_seconds_of_a_long_compilation(monkeypatch, clock, verbose, seconds, expected):
    out = stdout(monkeypatch, io.StringIO())

    compiled(clock, seconds, verbose)

    assert out.getvalue() == expected


def test_a_compilation_in_the_midst_of_an_epoch_leaves_the_count(monkeypatch, clock):
    out = stdout(monkeypatch, Terminal())
    callbacks = CallbackList(None, FakeModel(), 1, with_history=False)
    callbacks.on_test_begin()
    callbacks.on_test_progress(1, 2, 8, Read())
    clock.now += 0.5
    callbacks.on_compile_begin()

    assert visible(out.getvalue()).split("\r")[-1].rstrip() == f"1/2 {'━' * 20} compiling …"


def test_evaluate_has_a_line_of_its_own(monkeypatch, clock):
    out = stdout(monkeypatch, io.StringIO())

    evaluate(clock, logs={"loss": 0.25})

    assert out.getvalue() == f"5/5 {FULL} 0s 2ms/step - loss: 0.2500 - 16,000 samples/s\n"


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.09, ""), (2.0, f"1/1 {FULL} 2s 2s/step - 16 samples/s\n")], ids=["quick", "long"]
)
@pytest.mark.parametrize("stream", [Terminal, io.StringIO])
def test_only_a_long_prediction_has_one(monkeypatch, clock, stream, seconds, expected):
    out = stdout(monkeypatch, stream())

    predict(clock, seconds=seconds)

    assert visible(out.getvalue()).split("\r")[-1] == expected


def test_a_total_nobody_knows_is_that_of_the_end(monkeypatch, clock):
    out = stdout(monkeypatch, Terminal())

    evaluate(clock, total=None, seconds=1.0)

    lines = visible(out.getvalue()).split("\r")
    assert lines[1] == "      1/Unknown 1s 1s/step - 32 samples/s"
    assert lines[-1].rstrip() == f"5/5 {FULL} 5s 1s/step - 32 samples/s"


def test_an_epoch_that_was_stopped_says_how_far_it_came(monkeypatch, clock):
    out = stdout(monkeypatch, io.StringIO())
    callbacks = CallbackList(None, FakeModel(), 1, with_history=False)
    callbacks.on_train_begin()
    callbacks.on_epoch_begin(0)
    clock.now += 1.0
    callbacks.on_progress(5, 20, 40, Read())
    callbacks.on_epoch_end(0, {})

    assert out.getvalue() == f" 5/20 {'━' * 5}{'─' * 15} 1s 200ms/step - 40 samples/s\n"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437"])
def test_an_encoding_without_the_bar_gets_a_plainer_one(monkeypatch, clock, encoding):
    class Encoded(Terminal):
        pass

    Encoded.encoding = encoding
    out = stdout(monkeypatch, Encoded())

    fit(clock, steps=4, seconds=2.0)
    compiled(clock, 1.0)

    assert f"\r3/4 {'=' * 15}{'.' * 5} 2s" in out.getvalue()
    assert "\rcompiling" in out.getvalue()
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

    assert lines == [f"4/4 {FULL} 8s 2s/step - loss: 0.5000 - val_loss: 2.0000 - 16 samples/s\n"]


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
def test_lines_read_as_those_of_keras_with_the_rate_behind(monkeypatch, clock, verbose, total, seconds, logs):
    out = stdout(monkeypatch, Terminal())
    ours = CallbackList(None, FakeModel(), verbose, with_history=False)
    ours.on_test_begin()
    for step in range(total):
        clock.now += seconds
        ours.on_test_progress(step + 1, total, 32, Read(logs))
    ours.on_test_end(logs)

    theirs = Terminal()
    with genuine_keras() as keras:
        stdout(monkeypatch, theirs)
        monkeypatch.setattr(sys.modules["keras.src.utils.progbar"], "time", clock)
        progbar = keras.utils.Progbar(total, verbose=verbose, interval=bar.INTERVAL, stateless_metrics=set())
        for step in range(total):
            clock.now += seconds
            progbar.update(step + 1, list(logs.items()), finalize=False)
        progbar.update(total, list(logs.items()), finalize=True)

    def lines(stream):
        lines = [line.strip() for line in re.split(r"[\r\n\b]+", visible(stream.getvalue())) if line.strip()]
        return [re.sub(r" - [\d.,e+-]+ samples/s$", "", line) for line in lines]

    assert lines(out)[-1] == lines(theirs)[-1]
    assert set(lines(out)) <= set(lines(theirs))
    assert out.getvalue().count("samples/s") == (len(lines(out)) if verbose == 1 else 0)
