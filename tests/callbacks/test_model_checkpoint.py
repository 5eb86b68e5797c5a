"""ModelCheckpoint: which files there are when training is over, as with genuine Keras; and what is in them."""

import numpy as np
import pytest

import plait
from plait import Input, Model, callbacks, layers, saving
from plait.callbacks import ModelCheckpoint
from tests.callbacks.fake import FakeModel, run_epochs
from tests.genuine import genuine_keras

UP_AND_DOWN = [5.0, 4.0, 4.5, 3.0, 3.5, 2.0, float("nan"), 9.0]
CASES = {
    "each epoch": {"filepath": "{epoch:02d}.keras"},
    "numbers of the logs": {"filepath": "{epoch}-{val_loss:.1f}.keras"},
    "one file": {"filepath": "m.keras"},
    "a folder": {"filepath": "new/folder/{epoch}.keras"},
    "the best": {"filepath": "{epoch}.keras", "save_best_only": True},
    "the largest": {"filepath": "{epoch}.keras", "save_best_only": True, "mode": "max"},
    "below a threshold": {"filepath": "{epoch}.keras", "save_best_only": True, "initial_value_threshold": 4.0},
    "weights": {"filepath": "{epoch}.weights.h5", "save_weights_only": True},
}


class Noting(FakeModel):
    """Notes what it is asked to write."""

    def __init__(self):
        super().__init__()
        self.written = []

    def save(self, path, overwrite=True):
        self.written.append(str(path))

    save_weights = save


@pytest.mark.parametrize("arguments", CASES.values(), ids=CASES)
def test_the_files_are_those_of_keras(arguments, tmp_path):
    arguments = {**arguments, "filepath": f"{tmp_path}/{arguments['filepath']}"}
    logs = [{"loss": 1.0, "val_loss": loss} for loss in UP_AND_DOWN]
    ours, theirs = Noting(), Noting()
    run_epochs(ours, ModelCheckpoint(**arguments), logs, do_validation=True)
    with genuine_keras() as keras:
        callback = keras.callbacks.ModelCheckpoint(**arguments)
        callback.set_model(theirs)
        callback._set_monitor_op = lambda: None
        callback.monitor_op = np.greater if arguments.get("mode") == "max" else np.less
        for epoch, one in enumerate(logs):
            callback.on_epoch_begin(epoch)
            callback.on_epoch_end(epoch, one)
    assert ours.written == theirs.written


def model_and_data():
    inputs = Input((4,))
    model = Model(inputs, layers.Dense(1)(inputs))
    model.compile("sgd", "mse")
    random = np.random.default_rng(0)
    return model, random.normal(size=(16, 4)).astype("float32"), random.normal(size=(16, 1)).astype("float32")


def test_the_last_file_is_the_model_as_training_left_it(tmp_path):
    model, x, y = model_and_data()
    model.fit(x, y, epochs=3, verbose=0, callbacks=ModelCheckpoint(tmp_path / "{epoch}.keras"))
    again = saving.load_model(tmp_path / "3.keras")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.keras", "2.keras", "3.keras"]
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    assert again.fit(x, y, verbose=0).history == model.fit(x, y, verbose=0).history


def test_it_may_write_after_a_number_of_steps(tmp_path):
    model, x, y = model_and_data()
    checkpoint = ModelCheckpoint(tmp_path / "{epoch}-{batch}.weights.h5", save_weights_only=True, save_freq=3)
    model.fit(x, y, batch_size=4, epochs=2, verbose=0, callbacks=[checkpoint])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1-3.weights.h5", "2-2.weights.h5"]


def test_as_in_keras_2_it_may_write_every_few_epochs():
    model = Noting()
    logs = [{"loss": loss} for loss in (5.0, 1.0, 4.0, 2.0, 0.5)]
    best = {"monitor": "loss", "save_best_only": True}

    run_epochs(
        model,
        [ModelCheckpoint("all-{epoch}.keras", period=2), ModelCheckpoint("{epoch}.keras", period=2, **best)],
        logs,
    )

    assert model.written == ["all-2.keras", "2.keras", "all-4.keras"]


def test_its_name_may_have_the_learning_rate(tmp_path):
    model, x, y = model_and_data()
    rates = callbacks.LearningRateScheduler(lambda epoch: 0.5 / (epoch + 1))

    model.fit(
        x, y, epochs=2, verbose=0, callbacks=[rates, ModelCheckpoint(tmp_path / "{epoch}-{learning_rate:.2f}.keras")]
    )

    assert sorted(path.name for path in tmp_path.iterdir()) == ["1-0.50.keras", "2-0.25.keras"]


@pytest.mark.parametrize("arguments", [{}, {"save_freq": 2}], ids=["after epochs", "after steps"])
def test_a_name_that_will_not_be_logged_is_found_before_training(arguments, tmp_path):
    model, x, y = model_and_data()
    before = model.get_weights()

    with pytest.raises(
        ValueError, match=r"cannot fill in its filepath .* KeyError 'val_acc'.(?s:.*)There are: epoch, .*loss"
    ):
        model.fit(
            x, y, verbose=0, validation_split=0.5, callbacks=ModelCheckpoint(tmp_path / "{val_acc}.keras", **arguments)
        )
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_writing_after_epochs_leaves_the_steps_in_their_dispatches():
    assert not callbacks.CallbackList(ModelCheckpoint("m.keras")).wants_batches
    assert callbacks.CallbackList(ModelCheckpoint("m.keras", save_freq=2)).wants_batches


def test_it_says_what_it_does(tmp_path, capsys):
    checkpoint = ModelCheckpoint(tmp_path / "m.keras", save_best_only=True, monitor="loss", verbose=1)
    run_epochs(Noting(), checkpoint, [{"loss": 2.0}, {"loss": 3.0}])
    assert capsys.readouterr().out.splitlines() == [
        f"Epoch 1: loss improved from None to 2.00000, saving model to {tmp_path}/m.keras",
        "Epoch 2: loss did not improve from 2.00000",
    ]


WRONG = {
    "another ending": (lambda: ModelCheckpoint("m.model"), "ends with '.keras', got 'm.model'"),
    "no ending of weights": (lambda: ModelCheckpoint("m.keras", save_weights_only=True), "ends with '.weights.h5'"),
    "another frequency": (lambda: ModelCheckpoint("m.keras", save_freq="batch"), '"epoch" or a positive number'),
    "a name that says nothing": (
        lambda: ModelCheckpoint("m.keras", monitor="thing", save_best_only=True),
        "cannot tell from the name",
    ),
    "a frequency of 0": (
        lambda: ModelCheckpoint("m.keras", save_freq=0),
        "positive number of steps for save_freq, got 0",
    ),
    "a period of 0": (lambda: ModelCheckpoint("m.keras", period=0), "positive number of epochs for period, got 0"),
    "a number of epochs after steps": (
        lambda: ModelCheckpoint("m.keras", save_best_only=True, save_freq=5),
        'monitors "val_loss", which is known only after an epoch',
    ),
    "a name the logs do not have": (
        lambda: run_epochs(Noting(), ModelCheckpoint("{acc}.keras"), [{"loss": 1.0}]),
        "There are: epoch, loss",
    ),
}


@pytest.mark.parametrize(("mistake", "words"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_explained(mistake, words):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words are compared
        mistake()
    assert words in str(caught.value)


def test_it_is_found_where_keras_has_it():
    assert plait.callbacks.ModelCheckpoint is ModelCheckpoint
