import pytest

from plait.callbacks import EarlyStopping
from tests.callbacks.fake import FakeModel, run_epochs
from tests.genuine import genuine_keras

FALLING = [5.0, 4.0, 3.0, 2.0, 1.0]
UP_AND_DOWN = [5.0, 4.0, 4.5, 3.0, 3.5, 3.6, 3.7, 2.0, 9.0]

CASES = {
    "no patience": (UP_AND_DOWN, {}),
    "patience for one": (UP_AND_DOWN, {"patience": 1}),
    "patience for two": (UP_AND_DOWN, {"patience": 2}),
    "patience for three": (UP_AND_DOWN, {"patience": 3}),
    "patience that does not run out": (UP_AND_DOWN, {"patience": 9}),
    "always better": (FALLING, {"patience": 1}),
    "never better": ([1.0] * 5, {"patience": 2}),
    "more is better": (UP_AND_DOWN, {"mode": "max", "patience": 2}),
    "too little better": (FALLING, {"min_delta": 1.5, "patience": 2}),
    "exactly min_delta better": (FALLING, {"min_delta": 1.0}),
    "negative min_delta": (FALLING, {"min_delta": -1.5, "patience": 2}),
    "more is better by min_delta": (FALLING[::-1], {"min_delta": 1.5, "mode": "max", "patience": 1}),
    "baseline reached": (FALLING, {"baseline": 4.5, "patience": 2}),
    "baseline missed": (FALLING, {"baseline": 0.5, "patience": 2}),
    "baseline missed, then worse": (UP_AND_DOWN, {"baseline": 0.5, "patience": 2}),
    "baseline and min_delta": (UP_AND_DOWN, {"baseline": 5.0, "min_delta": 0.5, "patience": 1}),
    "late start": (UP_AND_DOWN, {"start_from_epoch": 3, "patience": 1}),
    "start after the end": (UP_AND_DOWN, {"start_from_epoch": 99}),
    "one epoch": ([1.0], {}),
}


@pytest.mark.parametrize("restore", [False, True], ids=["last weights", "best weights"])
@pytest.mark.parametrize(("losses", "arguments"), CASES.values(), ids=CASES)
def test_training_ends_when_and_as_in_keras(losses, arguments, restore):
    arguments = {"monitor": "loss", "restore_best_weights": restore, **arguments}
    ours, our_model = EarlyStopping(**arguments), FakeModel()
    our_epochs = run_epochs(our_model, ours, [{"loss": loss} for loss in losses])

    with genuine_keras() as keras:
        theirs, their_model = keras.callbacks.EarlyStopping(**arguments), FakeModel()
        theirs.set_model(their_model)
        theirs.on_train_begin()
        for epoch, loss in enumerate(losses):
            their_model.set_weights([epoch + 1])
            theirs.on_epoch_end(epoch, {"loss": loss})
            if their_model.stop_training:
                break
        theirs.on_train_end()

    assert our_epochs == epoch + 1
    assert our_model.weights == their_model.weights
    for name in ("stopped_epoch", "best_epoch", "best", "wait"):
        assert getattr(ours, name) == getattr(theirs, name), name


def test_the_best_weights_come_back_also_when_something_else_ends_training():
    model = FakeModel()

    run_epochs(model, EarlyStopping("loss", patience=5, restore_best_weights=True), [{"loss": 1.0}, {"loss": 2.0}])

    assert model.weights == [1]


def test_epochs_without_validation_count_for_nothing():
    stopping = EarlyStopping(patience=1)
    epochs = [{"loss": 1.0}, {"loss": 1.0, "val_loss": 1.0}] * 3

    assert run_epochs(FakeModel(), stopping, epochs, do_validation=True) == 4


def test_a_second_run_forgets_the_first():
    stopping = EarlyStopping("loss")
    run_epochs(FakeModel(), stopping, [{"loss": 1.0}, {"loss": 2.0}])

    assert run_epochs(FakeModel(), stopping, [{"loss": 9.0}, {"loss": 8.0}, {"loss": 7.0}]) == 3


def test_a_first_number_that_is_nan_does_not_hide_better_ones():
    stopping = EarlyStopping("loss", patience=2)

    run_epochs(FakeModel(), stopping, [{"loss": float("nan")}, {"loss": 2.0}, {"loss": 1.0}])

    assert stopping.best == 1.0


def test_what_is_done_is_said(capsys):
    stopping = EarlyStopping("loss", patience=2, verbose=1, restore_best_weights=True)

    run_epochs(FakeModel(), stopping, [{"loss": loss} for loss in (5, 4, 3, 2, 1, 2, 2, 2)])

    assert capsys.readouterr().out == (
        "Epoch 7: early stopping\nRestoring model weights from the end of the best epoch: 5.\n"
    )


def test_a_name_that_is_not_logged_is_an_error_after_the_first_epoch():
    with pytest.raises(
        ValueError, match=r'(?s)EarlyStopping monitors "accuracy", .* "val_accuracy"\?.*\n  They have: loss'
    ):
        run_epochs(FakeModel(), EarlyStopping("accuracy"), [{"loss": 1.0, "val_accuracy": 1.0}])


def test_a_negative_patience_is_an_error():
    with pytest.raises(ValueError, match="patience of 0 epochs or more, got -1"):
        EarlyStopping(patience=-1)
