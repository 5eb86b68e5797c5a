import inspect

import pytest

from plait.callbacks import (
    Callback,
    CallbackList,
    EarlyStopping,
    History,
    LambdaCallback,
    ProgbarLogger,
    ReduceLROnPlateau,
)
from tests.callbacks.fake import FakeModel, run_epochs

HOOKS = [
    name
    for name in vars(Callback)
    if name.startswith("on_") and not name.endswith("progress") and "compile" not in name
]


def kinds(callbacks):
    return [type(callback).__name__ for callback in callbacks.callbacks]


@pytest.mark.parametrize(
    ("given", "verbose", "expected"),
    [
        (None, 0, ["History"]),
        (None, 1, ["History", "ProgbarLogger"]),
        (None, "auto", ["History", "ProgbarLogger"]),
        (EarlyStopping(), 0, ["EarlyStopping", "History"]),
        ([EarlyStopping(), Callback()], 2, ["EarlyStopping", "Callback", "History", "ProgbarLogger"]),
        ([[Callback()], (EarlyStopping(), [])], 0, ["Callback", "EarlyStopping", "History"]),
        ([ProgbarLogger(), Callback()], 1, ["ProgbarLogger", "Callback", "History"]),
        ([History(), Callback()], 1, ["History", "Callback", "ProgbarLogger"]),
        (CallbackList([Callback()], verbose=1), 1, ["Callback", "History", "ProgbarLogger"]),
    ],
)
def test_users_callbacks_come_first_then_the_history_then_the_bar(given, verbose, expected):
    assert kinds(CallbackList(given, verbose=verbose)) == expected


def test_evaluate_and_predict_have_no_history():
    assert kinds(CallbackList(None, verbose=1, with_history=False)) == ["ProgbarLogger"]


@pytest.mark.parametrize("verbose", [3, -1, "loud", None])
def test_a_verbosity_there_is_not_is_an_error(verbose):
    with pytest.raises(ValueError, match="verbose must be 0, 1, 2 or 'auto', got"):
        CallbackList(None, FakeModel(), verbose)


@pytest.mark.parametrize(
    ("given", "way_out"),
    [(print, "LambdaCallback"), ([EarlyStopping], r"Make an object of the class: EarlyStopping\(\)")],
)
def test_what_is_no_callback_is_an_error(given, way_out):
    with pytest.raises(TypeError, match=way_out):
        CallbackList(given, FakeModel(), 0)


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_reaches_every_callback_in_order_with_one_dict(hook):
    calls = []
    first = LambdaCallback(**{hook: lambda *given: calls.append(("first", *given))})
    second = LambdaCallback(**{hook: lambda *given: calls.append(("second", *given))})
    arguments = [4] * (len(inspect.signature(getattr(Callback, hook)).parameters) - 2)
    logs = {"loss": 1.0}

    getattr(CallbackList([first, second], verbose=0, with_history=False), hook)(*arguments, logs)

    assert calls == [("first", *arguments, logs), ("second", *arguments, logs)]
    assert calls[0][-1] is calls[1][-1] is logs


def test_a_hook_gets_an_empty_dict_where_there_are_no_logs():
    calls = []

    CallbackList(LambdaCallback(on_train_begin=calls.append), verbose=0, with_history=False).on_train_begin()

    assert calls == [{}]


class WithOlderName(Callback):
    def on_batch_end(self, batch, logs=None):
        """Does nothing."""


@pytest.mark.parametrize(
    ("callback", "asks"),
    [
        (None, ""),
        (EarlyStopping(), ""),
        (LambdaCallback(on_epoch_end=print), ""),
        (LambdaCallback(on_predict_batch_end=print), "predict"),
        (LambdaCallback(on_train_batch_begin=print), "train"),
        (LambdaCallback(on_batch_end=print), "train"),
        (LambdaCallback(on_test_batch_end=print), "test"),
        (WithOlderName(), "train"),
    ],
)
def test_only_hooks_of_batches_ask_for_single_steps(callback, asks):
    callbacks = CallbackList(callback, FakeModel(), verbose=1)

    assert callbacks.wants_batches == (asks == "train")
    assert callbacks.wants_test_batches == (asks == "test")
    assert callbacks.wants_predict_batches == (asks == "predict")


def test_what_a_callback_adds_to_the_logs_is_recorded():
    model = FakeModel()

    run_epochs(model, LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(rate=0.1)), [{"loss": 1.0}])

    assert model.history.history == {"loss": [1.0], "rate": [0.1]}


def test_a_callback_can_stop_training():
    model = FakeModel()
    stopper = Callback()
    stopper.on_epoch_end = lambda epoch, logs: setattr(stopper.model, "stop_training", epoch == 1)

    assert run_epochs(model, stopper, [{"loss": 1.0}] * 5) == 2


class Adding(EarlyStopping):
    """Adds a name, as a class of the user's may."""

    def on_epoch_end(self, epoch, logs=None):
        logs["f1"] = 1.0


@pytest.mark.parametrize(
    ("given", "validates", "expected"),
    [
        (None, False, ["loss", "acc"]),
        (EarlyStopping("loss"), True, ["loss", "acc", "val_loss", "val_acc"]),
        (ReduceLROnPlateau("loss"), False, ["loss", "acc", "learning_rate"]),
        (LambdaCallback(on_epoch_begin=print), False, ["loss", "acc"]),
        (LambdaCallback(on_epoch_end=print), True, None),
        (LambdaCallback(on_test_end=lambda logs: None), True, None),
        (Adding("loss"), True, None),
    ],
)
def test_it_is_known_what_will_be_logged_unless_code_of_the_users_may_add_to_it(given, validates, expected):
    model = FakeModel()
    callbacks = CallbackList(given, model, verbose=1)

    callbacks.set_params({"verbose": 1, "metrics": ["loss", "acc"], "do_validation": validates})

    assert callbacks.params.get("logged") == expected


def test_it_is_not_known_what_steps_of_the_users_log():
    model = FakeModel()
    model.own_steps = frozenset({"train_step"})
    callbacks = CallbackList(None, model, verbose=0)

    callbacks.set_params({"verbose": 0, "metrics": ["loss"], "do_validation": True})

    assert "logged" not in callbacks.params
