import gc
import inspect
import pickle

import pytest

from plait.callbacks import Callback, EarlyStopping, History
from tests.callbacks.fake import FakeModel, run_epochs
from tests.genuine import genuine_keras


def test_the_hooks_are_those_of_keras():
    with genuine_keras() as keras:
        theirs = {
            name: list(inspect.signature(hook).parameters)
            for name, hook in vars(keras.callbacks.Callback).items()
            if name.startswith("on_")
        }

    ours = {name: list(inspect.signature(getattr(Callback, name)).parameters) for name in theirs}

    assert ours == theirs


@pytest.mark.parametrize("callback", [Callback(), History(), EarlyStopping()], ids=lambda c: type(c).__name__)
def test_a_callback_keeps_no_model_alive(callback):
    model = FakeModel()
    callback.set_model(model)
    assert callback.model is model

    del model
    gc.collect()

    assert callback.model is None


def test_a_callback_that_never_calls_super_has_model_and_params():
    class Forgetful(Callback):
        def __init__(self):
            pass

    forgetful = Forgetful()

    assert forgetful.model is None
    assert forgetful.params is None


def test_a_history_is_pickled_without_its_model():
    model = FakeModel()
    run_epochs(model, None, [{"loss": 1.0}])

    copy = pickle.loads(pickle.dumps(model.history))

    assert copy.history == {"loss": [1.0]}
    assert copy.model is None


@pytest.mark.parametrize("moment", ["begin", "end"])
def test_a_train_batch_calls_the_older_name_of_its_hook(moment):
    calls = []
    callback = Callback()
    setattr(callback, f"on_batch_{moment}", lambda batch, logs: calls.append((batch, logs)))

    getattr(callback, f"on_train_batch_{moment}")(3, {"loss": 1.0})

    assert calls == [(3, {"loss": 1.0})]
