import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

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


UNEVEN = [{"loss": 4.0, "acc": 0.1}, {"loss": 3.0, "acc": 0.2, "val_loss": 3.5}, {"loss": 2.0, "acc": 0.3}]


def uneven():
    model = FakeModel()
    run_epochs(model, None, UNEVEN)
    return model.history


def test_pandas_gets_a_row_per_epoch_and_nan_where_nothing_was_logged():
    expected = pd.DataFrame(
        {"loss": [4.0, 3.0, 2.0], "acc": [0.1, 0.2, 0.3], "val_loss": [np.nan, 3.5, np.nan]},
        index=pd.Index([0, 1, 2], name="epoch"),
    )

    pd.testing.assert_frame_equal(uneven().to_pandas(), expected)


def test_pandas_gets_the_epochs_by_their_numbers():
    history, model = History(), FakeModel()
    history.set_model(model)
    history.on_train_begin()
    history.on_epoch_end(7, {"loss": 1.0})

    assert list(history.to_pandas().index) == [7]


def test_pandas_gets_an_empty_table_where_nothing_was_trained():
    assert len(History().to_pandas()) == 0


def test_a_plot_has_an_axis_per_quantity_with_a_line_each_for_training_and_validation():
    figure = uneven().plot()

    drawn = {
        axis.get_ylabel(): {line.get_label(): line.get_xydata().tolist() for line in axis.lines} for axis in figure.axes
    }
    pyplot.close(figure)
    assert drawn == {
        "loss": {"training": [[0, 4], [1, 3], [2, 2]], "validation": [[1, 3.5]]},
        "acc": {"training": [[0, 0.1], [1, 0.2], [2, 0.3]]},
    }


def test_a_plot_can_be_written_to_a_file_without_a_display(tmp_path, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    figure = uneven().plot()

    figure.savefig(tmp_path / "history.png")

    pyplot.close(figure)
    assert (tmp_path / "history.png").read_bytes().startswith(b"\x89PNG")


def test_nothing_recorded_is_nothing_to_plot():
    with pytest.raises(ValueError, match="no epochs to plot"):
        History().plot()


@pytest.mark.parametrize(
    ("method", "module", "extra"), [("to_pandas", "pandas", "pandas"), ("plot", "matplotlib.pyplot", "plot")]
)
def test_a_package_that_is_missing_is_named_with_the_way_to_install_it(method, module, extra, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(ImportError, match=rf"History\.{method} needs the package(?s:.*)pip install 'plait\[{extra}\]'"):
        getattr(uneven(), method)()
