"""scikit-learn's own checks of estimators: all pass, but for those that are listed here with a reason."""

import unittest

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from plait.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer
from tests import rows
from tests.wrappers.making import OF_CLASSES, OF_NUMBERS, perceptron

ESTIMATORS = [
    SKLearnClassifier(perceptron, model_kwargs=OF_CLASSES, fit_kwargs={"epochs": 5, "verbose": 0}),
    SKLearnRegressor(perceptron, model_kwargs=OF_NUMBERS, fit_kwargs={"verbose": 0}),
    SKLearnTransformer(perceptron, model_kwargs=OF_NUMBERS, fit_kwargs={"verbose": 0}),
]

TWO_COLUMNS = "decision_function has a column for each of two classes, as Keras's"
FAILING = {
    "SKLearnClassifier": {
        "check_classifiers_classes": TWO_COLUMNS,
        "check_classifiers_train": TWO_COLUMNS,
        "check_classifiers_one_label_sample_weights": "a class whose samples all have weight 0 is a class still",
    },
    "SKLearnRegressor": {
        "check_regressor_multioutput": "asks for float64, and predictions are of the dtype that the model computes in",
    },
    "SKLearnTransformer": {},
}

# Of each estimator these are run every time.
ALWAYS = {
    "check_estimator_cloneable",
    "check_estimators_overwrite_params",
    "check_estimators_pickle",
    "check_n_features_in_after_fitting",
    "check_supervised_y_2d",
    "check_fit_idempotent",
}


def name_of(check):
    while hasattr(check, "func"):
        check = check.func
    return check.__name__


def named(estimator, check):
    return f"{type(estimator).__name__}-{name_of(check)}"


CASES = [case for estimator in ESTIMATORS for case in estimator_checks_generator(estimator)]


def run(estimator, check):
    try:
        check(estimator)
    except unittest.SkipTest as reason:
        pytest.skip(str(reason))


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("estimator", "check"), rows.where(CASES, lambda _, check: name_of(check) in ALWAYS, named))
def test_a_check_of_scikit_learn_passes_unless_there_is_a_reason(estimator, check):
    if name_of(check) in FAILING[type(estimator).__name__]:
        with pytest.raises(AssertionError):
            run(estimator, check)
    else:
        run(estimator, check)
