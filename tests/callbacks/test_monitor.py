import math

import pytest

from plait.callbacks.monitor import Monitor
from plait.metrics import lookup

DIRECTED = {name: cls.direction for name, cls in lookup.TABLE.items() if cls.direction}


@pytest.mark.parametrize(("name", "direction"), DIRECTED.items())
def test_auto_knows_every_metric_by_name(name, direction):
    assert Monitor(f"val_{name}", "auto", 0, None).mode == {"up": "max", "down": "min"}[direction]


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("loss", "min"),
        ("val_loss", "min"),
        ("head_loss", "min"),
        ("accuracy_head_loss", "min"),
        ("val_loss_head_accuracy", "max"),
        ("accuracy_1", "max"),
        ("f1_score", "max"),
        ("rmse", "min"),
        ("false_positives", "min"),
    ],
)
def test_auto_goes_by_the_last_word_it_knows(name, mode):
    assert Monitor(name, "auto", 0, None).mode == mode


def test_a_name_that_says_nothing_is_an_error_with_the_way_out():
    with pytest.raises(ValueError, match=r'"skill" whether less or more.*\n.*\n.*mode="min" or mode="max"'):
        Monitor("skill", "auto", 0, None)


def test_another_mode_is_an_error():
    with pytest.raises(ValueError, match="Unknown mode 'mini'"):
        Monitor("loss", "mini", 0, None)


def test_a_missing_name_is_an_error_that_lists_those_there_are():
    monitor = Monitor("val_accuracy", "auto", 0, None)

    with pytest.raises(ValueError, match=r'(?s)mean "val_acc"\?.*\n  They have: loss, acc, val_loss, val_acc\.$'):
        monitor.read({"loss": 1.0, "acc": 0.5, "val_loss": 1.0, "val_acc": 0.5}, {"do_validation": True})


def test_a_validation_number_without_validation_is_an_error_with_the_way_out():
    with pytest.raises(ValueError, match="Give fit validation_data or validation_split"):
        Monitor("val_loss", "auto", 0, None).read({"loss": 1.0}, {"do_validation": False})


def test_an_epoch_without_the_validation_of_others_has_no_number():
    assert Monitor("val_loss", "auto", 0, None).read({"loss": 1.0}, {"do_validation": True}) is None


def test_nan_is_never_better():
    assert not Monitor("loss", "auto", 0, None).is_better(math.nan, None)


def test_a_name_is_looked_for_before_training_where_all_names_are_known():
    with pytest.raises(ValueError, match=r'(?s)mean "val_acc"\?.*\n  They have: loss, val_loss, val_acc\.$'):
        Monitor("val_accuracy", "auto", 0, None).check(
            {"logged": ["loss", "val_loss", "val_acc"], "do_validation": True}
        )


@pytest.mark.parametrize("params", [None, {}, {"logged": ["loss", "val_accuracy"]}])
def test_nothing_is_said_before_training_where_the_name_may_come(params):
    Monitor("val_accuracy", "auto", 0, None).check(params)
