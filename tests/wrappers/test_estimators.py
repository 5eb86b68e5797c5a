"""What estimators do among those of scikit-learn."""

import pickle

import numpy as np
import pandas
import pytest
import sklearn
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from plait import Input, Model, Sequential, callbacks, layers, optimizers, utils
from plait.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer
from tests.wrappers.making import LABELS, NUMBERS, OF_CLASSES, OF_NUMBERS, QUIETLY, X, one_hot, perceptron

FRAME = pandas.DataFrame(X, columns=["length", "width", "weight"])


def classifier(**kwargs):
    return SKLearnClassifier(perceptron, model_kwargs=OF_CLASSES, fit_kwargs=QUIETLY, **kwargs)


def regressor(model=perceptron, **kwargs):
    given = {"model_kwargs": OF_NUMBERS, "fit_kwargs": QUIETLY, **kwargs}
    return SKLearnRegressor(model, **given)


def compiled(optimizer="adam"):
    return perceptron(X, NUMBERS[:, None], **OF_NUMBERS, optimizer=optimizer)


def assert_same(arrays, others):
    for array, other in zip(arrays, others, strict=True):
        np.testing.assert_array_equal(array, other)


def test_a_classifier_takes_a_frame_and_words_and_answers_in_words():
    model = classifier().fit(FRAME, pandas.Series(LABELS))

    assert list(model.classes_) == ["high", "low", "middle"]
    assert list(model.feature_names_in_) == ["length", "width", "weight"]
    assert set(model.predict(FRAME)) <= set(model.classes_)
    assert model.decision_function(FRAME).shape == (40, 3)


def test_a_classifier_learns():
    model = classifier().set_params(fit_kwargs={**QUIETLY, "epochs": 300}).fit(X, LABELS)
    assert model.score(X, LABELS) > 0.9


def test_the_function_is_given_what_the_model_is_trained_on():
    given = {}

    def model(X, y, **kwargs):
        given[y.shape[1]] = X, y
        return perceptron(X, y, **kwargs)

    SKLearnClassifier(model, model_kwargs=OF_CLASSES, fit_kwargs=QUIETLY).fit(FRAME, LABELS)
    regressor(model).fit(FRAME, NUMBERS)

    assert_same(given[3], (X, one_hot(LABELS)))
    assert_same(given[1], (X, NUMBERS[:, None]))


def test_predictions_have_the_shape_of_the_targets():
    several = np.column_stack([NUMBERS, X[:, 0]])
    assert regressor().fit(X, NUMBERS).predict(X).shape == (40,)
    assert regressor().fit(X, several).predict(X).shape == (40, 2)


def test_a_transformer_gives_the_outputs_of_its_model_to_what_comes_next():
    transformer = SKLearnTransformer(perceptron, model_kwargs=OF_NUMBERS, fit_kwargs=QUIETLY)
    pipeline = make_pipeline(StandardScaler(), transformer, LinearRegression()).fit(X, NUMBERS)

    inside = pipeline[1].model_.predict(pipeline[0].transform(X), verbose=0)
    np.testing.assert_array_equal(pipeline[:-1].transform(X), inside)
    assert pipeline.predict(X).shape == (40,)


def test_a_search_tries_arguments_of_the_function_in_a_pipeline():
    sizes = [{**OF_CLASSES, "units": units} for units in (1, 4)]
    pipeline = make_pipeline(StandardScaler(), classifier())
    search = GridSearchCV(pipeline, {"sklearnclassifier__model_kwargs": sizes}, cv=2).fit(FRAME, LABELS)

    assert search.best_params_["sklearnclassifier__model_kwargs"] in sizes
    units = search.best_params_["sklearnclassifier__model_kwargs"]["units"]
    assert search.best_estimator_[-1].model_.layers[1].units == units
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize(
    "made",
    [
        compiled,
        lambda: chain(Input((3,))),
        lambda: chain(),
    ],
    ids=["a graph", "a chain", "a chain that is not built"],
)
def test_each_fold_trains_a_new_model_of_the_layers_of_one_that_is_given(made):
    model = made()
    before = model.get_weights() if model.built else None

    scores = cross_val_score(regressor(model), X, NUMBERS, cv=2, scoring="neg_mean_squared_error")

    assert np.isfinite(scores).all()
    assert model.optimizer.iterations == 0
    if before is None:
        assert not model.built
    else:
        assert_same(model.get_weights(), before)


def chain(*first):
    model = Sequential([*first, layers.Dense(4), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_a_model_made_again_is_compiled_alike_with_an_optimizer_of_its_own():
    optimizer = optimizers.SGD(0.25, momentum=0.5)
    model = compiled(optimizer)
    model.fit(X, NUMBERS, batch_size=len(X), epochs=3, verbose=0)
    halving = callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    fitted = regressor(model).fit(X, NUMBERS, callbacks=[halving])

    assert (fitted.model_.optimizer.iterations, optimizer.iterations) == (2 * len(X) // 8, 3)
    assert fitted.model_.optimizer is not optimizer
    assert fitted.model_.optimizer.get_config() == {**optimizer.get_config(), "learning_rate": 0.0625}
    assert (fitted.model_.loss, optimizer.lr) == ("mse", 0.25)


def test_the_same_seed_gives_the_same_bits_whatever_was_built_before():
    def predicted(seed, model):
        utils.set_random_seed(seed)
        return regressor(model).fit(X, NUMBERS).predict(X)

    model = compiled()
    first = predicted(1, model)
    np.testing.assert_array_equal(predicted(1, model), first)
    np.testing.assert_array_equal(predicted(1, compiled()), first)
    np.testing.assert_array_equal(predicted(1, perceptron), first)
    assert not np.array_equal(predicted(2, model), first)


def test_a_warm_start_goes_on_where_the_last_fit_ended():
    in_order = {**QUIETLY, "shuffle": False}
    model = compiled()
    warm = regressor(model, warm_start=True, fit_kwargs={**in_order, "epochs": 1})
    warm.fit(X, NUMBERS)
    begun = model.get_weights()
    warm.fit(X, NUMBERS)
    whole = regressor(fit_kwargs={**in_order, "epochs": 2}).fit(X, NUMBERS)

    assert warm.model_ is model
    assert not np.array_equal(begun[0], model.get_weights()[0])
    assert_same(model.get_weights(), whole.model_.get_weights())


def test_without_one_the_second_fit_starts_anew():
    model = regressor(fit_kwargs={**QUIETLY, "shuffle": False})
    first = model.fit(X, NUMBERS).model_.get_weights()
    assert_same(model.fit(X, NUMBERS).model_.get_weights(), first)


def test_arguments_of_fit_come_before_those_of_the_estimator_and_hold_once():
    given = dict(QUIETLY)
    model = regressor(fit_kwargs=given).fit(X, NUMBERS, epochs=3)
    assert (model.epoch_, given) == (3, QUIETLY)
    assert (model.fit(X, NUMBERS).epoch_, regressor().epoch_) == (2, 0)


def test_a_clone_has_all_that_was_given_and_nothing_that_was_fitted():
    transformer = SKLearnTransformer(compiled(), fit_kwargs=QUIETLY).fit(X, NUMBERS)
    with sklearn.config_context(enable_metadata_routing=True):
        transformer.set_fit_request(sample_weight=True)
    copy = clone(transformer)

    assert copy.get_params() == transformer.get_params()
    assert copy.fit_kwargs is not transformer.fit_kwargs
    assert copy.get_metadata_routing().fit.requests == {"sample_weight": True}
    with pytest.raises(NotFittedError):
        copy.transform(X)


def test_a_clone_for_a_warm_start_has_a_model_of_its_own():
    model = compiled()
    before = model.get_weights()
    copy = clone(regressor(model, warm_start=True))

    assert_same(copy.model.get_weights(), before)
    copy.fit(X, NUMBERS)
    assert_same(model.get_weights(), before)


def test_a_fitted_estimator_that_was_pickled_predicts_and_goes_on_with_the_same_bits():
    model = classifier(warm_start=True).fit(FRAME, LABELS)
    again = pickle.loads(pickle.dumps(model))

    np.testing.assert_array_equal(again.predict(FRAME), model.predict(FRAME))
    np.testing.assert_array_equal(again.decision_function(FRAME), model.decision_function(FRAME))
    assert again.history_.history == model.history_.history
    assert_same(again.fit(FRAME, LABELS).model_.get_weights(), model.fit(FRAME, LABELS).model_.get_weights())


def test_a_pipeline_routes_what_fit_asks_for():
    weights = np.linspace(0.0, 2.0, len(X))
    expected = regressor().fit(X, NUMBERS, sample_weight=weights).predict(X)
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = make_pipeline(regressor().set_fit_request(sample_weight=True))
        given = pipeline.fit(X, NUMBERS, sample_weight=weights).predict(X)
    np.testing.assert_array_equal(given, expected)


def test_a_model_without_a_sample_of_a_class_may_go_on():
    model = classifier(warm_start=True).fit(X, LABELS)
    model.fit(X[LABELS != "low"], LABELS[LABELS != "low"])
    assert list(model.classes_) == ["high", "low", "middle"]


def uncompiled():
    inputs = Input((3,))
    return Model(inputs, layers.Dense(1)(inputs))


def went_on_with(y):
    classifier(warm_start=True).fit(X, LABELS).fit(X, y)


MISTAKES = {
    "no model": (
        lambda: regressor(3).fit(X, NUMBERS),
        (TypeError, "SKLearnRegressor needs a model, or a function that returns one, got 3"),
    ),
    "a function without a model": (
        lambda: regressor(lambda X, y: len(X), model_kwargs=None).fit(X, NUMBERS),
        (TypeError, "The function given to SKLearnRegressor must return a model, got 40"),
    ),
    "a model that is not compiled": (
        lambda: regressor(uncompiled()).fit(X, NUMBERS),
        (ValueError, "cannot fit before it is compiled"),
    ),
    "a single class": (
        lambda: classifier().fit(X, np.ones(40)),
        (ValueError, "A classifier needs two classes or more, got one class: "),
    ),
    "numbers for classes": (lambda: classifier().fit(X, NUMBERS), (ValueError, "Unknown label type: continuous")),
    "several labels": (lambda: classifier().fit(X, np.eye(40, 3)), (ValueError, "y should be a 1d array")),
    "one output for two classes": (
        lambda: SKLearnClassifier(compiled()).fit(X, NUMBERS > 0),
        (ValueError, r"needs an output for each of 2 classes, got output shape \(None, 1\)"),
    ),
    "a class that comes later": (
        lambda: went_on_with(np.where(X[:, 0] > 0, "high", "other")),
        (ValueError, "goes on with the classes of the first fit, not with .other"),
    ),
    "no targets": (lambda: regressor().fit(X, None), (ValueError, "requires y to be passed")),
    "a request where nothing is routed": (
        lambda: regressor().set_fit_request(sample_weight=True),
        (RuntimeError, r"(?s)set_fit_request .* sklearn\.set_config\(enable_metadata_routing=True\)"),
    ),
}


@pytest.mark.parametrize(("mistake", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_explained(mistake, expected):
    error, message = expected
    with pytest.raises(error, match=message):
        mistake()


def test_a_fit_that_is_refused_leaves_the_estimator_as_it_was():
    model = classifier().fit(X, LABELS)
    before = model.predict(X)
    with pytest.raises(ValueError, match="one class"):
        model.fit(X, np.ones(40))
    np.testing.assert_array_equal(model.predict(X), before)
