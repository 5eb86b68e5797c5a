"""Arrays that are not placed on the device as a whole: mapped from a file, or too large."""

import numpy as np
import pytest

from plait.training.feed import numbered, sources
from tests.training.feed.data import Again, X, Y, by_arrays, check_same, network, trained


@pytest.fixture
def slices(monkeypatch):
    """Counts how often slices are taken."""
    made = []
    get = numbered._Rows.__getitem__
    monkeypatch.setattr(numbered._Rows, "__getitem__", lambda rows, number: (made.append(number), get(rows, number))[1])
    return made


@pytest.fixture
def mapped(tmp_path):
    np.save(tmp_path / "x.npy", X)
    return np.load(tmp_path / "x.npy", mmap_mode="r")


@pytest.mark.parametrize("shuffle", [False, True, "batch"])
def test_a_mapped_file_trains_as_the_array_does_in_the_same_order(shuffle, mapped, slices):
    check_same(trained(mapped, Y, batch_size=8, shuffle=shuffle), by_arrays(shuffle=shuffle))
    assert len(slices) == 1 + 2 * 3


def test_the_last_part_of_a_mapped_file_may_be_held_out(mapped, slices):
    got = trained(mapped, Y, batch_size=8, validation_split=0.3, shuffle=True)
    expected = by_arrays(validation_split=0.3, shuffle=True)
    check_same((got[0], got[1]["loss"]), (expected[0], expected[1]["loss"]))
    np.testing.assert_allclose(got[1]["val_loss"], expected[1]["val_loss"], rtol=1e-6)
    assert slices


def test_a_mapped_file_is_evaluated_and_predicted(mapped, slices):
    model = network()
    assert model.evaluate(mapped, Y, batch_size=8, verbose=0) == model.evaluate(X, Y, batch_size=8, verbose=0)
    whole = model.predict(X, batch_size=8, verbose=0)
    np.testing.assert_array_equal(model.predict(mapped, batch_size=8, verbose=0), whole)
    assert slices


def test_arrays_too_large_for_the_device_are_sent_in_slices(monkeypatch, slices):
    expected = by_arrays(shuffle=True, validation_data=(X, Y))
    assert slices == []
    monkeypatch.setattr(sources, "_room", lambda: X.nbytes)
    check_same(trained(X, Y, batch_size=8, shuffle=True, validation_data=(X, Y)), expected)
    assert slices


def test_a_mapped_file_with_too_few_targets_is_refused_before_it_is_read(mapped, slices):
    with pytest.raises(ValueError, match="different numbers of samples"):
        network().fit(mapped, Y[:5], verbose=0)
    assert slices == []


@pytest.mark.parametrize(
    ("given", "where"),
    [(lambda: (X, Y), "device"), (lambda: (Again(),), "batches"), (lambda: (X, Y), "host")],
    ids=["small", "batches", "large"],
)
def test_where_the_data_are_is_said(given, where, monkeypatch, capsys):
    if where == "host":
        monkeypatch.setattr(sources, "_room", lambda: X.nbytes)
    history = network().fit(*given(), epochs=1, verbose=2)
    assert history.params["data"] == where
    assert ("The data stay on the host" in capsys.readouterr().out) == (where == "host")
