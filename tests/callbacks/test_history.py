from plait.callbacks import History
from tests.callbacks.fake import FakeModel, run_epochs


def test_numbers_are_recorded_per_name_in_the_order_of_the_logs():
    model = FakeModel()

    run_epochs(model, None, [{"loss": 2.0, "acc": 0.1}, {"loss": 1.0, "acc": 0.2, "val_loss": 3.0}])

    history = model.history
    assert history.epoch == [0, 1]
    assert list(history.history.items()) == [("loss", [2.0, 1.0]), ("acc", [0.1, 0.2]), ("val_loss", [3.0])]
    assert history.model is model
    assert history.params == {"epochs": 2, "steps": 1, "verbose": 0}


def test_a_second_run_leaves_the_history_of_the_first_alone():
    model = FakeModel()
    run_epochs(model, None, [{"loss": 2.0}])
    first = model.history

    run_epochs(model, None, [{"loss": 1.0}])

    assert first.history == {"loss": [2.0]}
    assert model.history.history == {"loss": [1.0]}


def test_a_history_of_the_users_becomes_that_of_the_model():
    model, history = FakeModel(), History()

    run_epochs(model, history, [{"loss": 2.0}])

    assert model.history is history
