"""Callbacks are told of what XLA compiles for the dispatches of their run, and of nothing else."""

import threading

import jax
import pytest

from plait.callbacks import Callback
from plait.training.clock import Clock
from tests.training.feed.data import X, Y, network


class Told(Callback):
    def __init__(self):
        self.moments = []

    def on_compile_begin(self):
        self.moments.append("begin")

    def on_compile_end(self, seconds):
        self.moments.append(seconds)


@pytest.fixture
def heard():
    """The seconds that JAX itself gives for each compilation, with the name of the program."""
    seconds = []

    def note(event, duration, fun_name="", **_):
        if event == "/jax/core/compile/backend_compile_duration":
            seconds.append((fun_name, duration))

    jax.monitoring.register_event_duration_secs_listener(note)
    yield seconds
    jax.monitoring.unregister_event_duration_listener(note)


USES = {
    "train": lambda model, told: model.fit(X, Y, batch_size=8, verbose=0, callbacks=[told]),
    "test": lambda model, told: model.evaluate(X, Y, batch_size=8, verbose=0, callbacks=[told]),
    "predict": lambda model, told: model.predict(X, batch_size=8, verbose=0, callbacks=[told]),
}


@pytest.mark.parametrize("program", USES)
def test_the_first_dispatch_tells_when_it_compiles_and_for_how_long(program, heard):
    model, told = network(), Told()

    USES[program](model, told)

    begins, ends = told.moments[::2], told.moments[1::2]
    assert set(begins) == {"begin"}
    assert len(begins) == len(ends)
    (of_the_steps,) = [seconds for name, seconds in heard if program in name]
    assert of_the_steps in ends
    assert set(ends) <= {seconds for _, seconds in heard}


@pytest.mark.parametrize("program", USES)
def test_what_is_compiled_already_tells_nothing(program):
    model, told = network(), Told()
    USES[program](model, Told())

    USES[program](model, told)

    assert told.moments == []


def compile_anew():
    return jax.jit(lambda x: 3 * x + 1)(1.0)


def test_what_is_compiled_after_a_dispatch_is_not_told():
    told = Told()
    with pytest.raises(RuntimeError), Clock().timed(1, told):
        raise RuntimeError

    compile_anew()

    assert told.moments == []


def test_what_another_thread_compiles_meanwhile_is_not_told():
    told = Told()
    with Clock().timed(1, told):
        thread = threading.Thread(target=compile_anew)
        thread.start()
        thread.join()
        assert told.moments == []
        compile_anew()
    assert len(told.moments) == 2
