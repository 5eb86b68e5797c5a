"""Every metric against genuine Keras, over batches of several sizes; and what makes a metric of what."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait import losses, metrics
from plait.core import registry
from tests.compiling import quickly
from tests.genuine import genuine_keras
from tests.rows import first_of_each

RANDOM = np.random.default_rng(0)
SIZES = (5, 3)
ROWS, CLASSES = sum(SIZES), 6


def normal(*shape):
    return RANDOM.normal(size=(ROWS, *shape)).astype("float32")


def uniform(*shape):
    return RANDOM.uniform(size=(ROWS, *shape)).astype("float32")


def binary(*shape):
    return RANDOM.integers(0, 2, (ROWS, *shape)).astype("float32")


def probabilities(*shape):
    raw = uniform(*shape) + 0.05
    return raw / raw.sum(axis=-1, keepdims=True)


def ids(*shape):
    return RANDOM.integers(0, CLASSES, (ROWS, *shape)).astype("int32")


def one_hot(*shape):
    return np.eye(CLASSES, dtype="float32")[ids(*shape)]


def rounded(*shape):
    return np.round(uniform(*shape), 1)


# (class, arguments, y_true, y_pred)
MEANS = [
    ("MeanSquaredError", {}, normal(3), normal(3)),
    ("MeanSquaredError", {}, normal(), normal(1)),
    ("MeanSquaredError", {}, normal(2, 3), normal(2, 3)),
    ("RootMeanSquaredError", {}, normal(3), normal(3)),
    ("MeanAbsoluteError", {}, normal(3), normal(3)),
    ("MeanAbsolutePercentageError", {}, normal(3), normal(3)),
    ("MeanSquaredLogarithmicError", {}, uniform(3), normal(3)),
    ("LogCoshError", {}, normal(3), normal(3)),
    ("CosineSimilarity", {}, normal(3), normal(3)),
    ("Poisson", {}, uniform(3), uniform(3)),
    ("KLDivergence", {}, probabilities(3), probabilities(3)),
    ("Hinge", {}, 2 * binary(3) - 1, normal(3)),
    ("SquaredHinge", {}, 2 * binary(3) - 1, normal(3)),
    ("CategoricalHinge", {}, one_hot(), normal(CLASSES)),
    ("BinaryCrossentropy", {"label_smoothing": 0.1}, binary(3), uniform(3)),
    ("BinaryCrossentropy", {"from_logits": True}, binary(1), normal(1)),
    ("CategoricalCrossentropy", {}, one_hot(), probabilities(CLASSES)),
    ("SparseCategoricalCrossentropy", {}, ids(), probabilities(CLASSES)),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, ids(2), normal(2, CLASSES)),
    ("Accuracy", {}, ids(), ids()),
    ("Accuracy", {}, binary(3), binary(3)),
    ("BinaryAccuracy", {}, binary(), uniform(1)),
    ("BinaryAccuracy", {"threshold": 0.3}, binary(3), rounded(3)),
    ("CategoricalAccuracy", {}, one_hot(), probabilities(CLASSES)),
    ("CategoricalAccuracy", {}, one_hot(2), probabilities(2, CLASSES)),
    ("SparseCategoricalAccuracy", {}, ids(), probabilities(CLASSES)),
    ("SparseCategoricalAccuracy", {}, ids(1), probabilities(CLASSES)),
    ("SparseCategoricalAccuracy", {}, ids(2).astype("float32"), probabilities(2, CLASSES)),
    ("TopKCategoricalAccuracy", {"k": 2}, one_hot(), rounded(CLASSES)),
    ("TopKCategoricalAccuracy", {}, one_hot(2), rounded(2, CLASSES)),
    ("SparseTopKCategoricalAccuracy", {"k": 3}, ids(), rounded(CLASSES)),
    ("SparseTopKCategoricalAccuracy", {"k": 3}, ids(2), rounded(2, CLASSES)),
    ("SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True}, ids(), ids(4).astype("float32")),
    ("PearsonCorrelation", {}, normal(5), normal(5)),
    ("PearsonCorrelation", {}, normal(2, 4), normal(2, 4)),
    ("ConcordanceCorrelation", {}, normal(5), normal(5)),
    ("ConcordanceCorrelation", {}, normal(2, 4), normal(2, 4)),
]
COUNTS = [
    ("Precision", {}, binary(), uniform(1)),
    ("Precision", {}, binary(3), uniform(3)),
    ("Precision", {"thresholds": [0.9, 0.2, 0.5]}, binary(3), uniform(3)),
    ("Precision", {"thresholds": [0.0, 0.5, 1.0]}, binary(3), rounded(3)),
    ("Precision", {"top_k": 2}, binary(4), rounded(4)),
    ("Precision", {"top_k": 2, "thresholds": 0.6}, binary(4), uniform(4)),
    ("Precision", {"class_id": 1}, binary(4), uniform(4)),
    ("Precision", {"class_id": 1, "top_k": 3}, binary(4), uniform(4)),
    ("Recall", {}, binary(), uniform(1)),
    ("Recall", {"thresholds": [0.2, 0.7]}, binary(3), uniform(3)),
    ("Recall", {"top_k": 1}, binary(4), uniform(4)),
    ("TruePositives", {}, binary(3), uniform(3)),
    ("FalsePositives", {"thresholds": 0.3}, binary(3), uniform(3)),
    ("TrueNegatives", {"thresholds": [0.7, 0.3]}, binary(3), uniform(3)),
    ("FalseNegatives", {}, binary(3), uniform(3)),
    ("AUC", {}, binary(), uniform(1)),
    ("AUC", {}, binary(1), rounded(1)),
    ("AUC", {"curve": "PR"}, binary(3), uniform(3)),
    ("AUC", {"curve": "PRGAIN"}, binary(3), uniform(3)),
    ("AUC", {"summation_method": "minoring"}, binary(3), uniform(3)),
    ("AUC", {"curve": "PR", "summation_method": "majoring"}, binary(3), uniform(3)),
    ("AUC", {"num_thresholds": 3}, binary(), rounded(1)),
    ("AUC", {"thresholds": [0.8, 0.1, 0.35]}, binary(3), uniform(3)),
    ("AUC", {"from_logits": True, "num_thresholds": 50}, binary(3), normal(3)),
    ("AUC", {"label_weights": [1.0, 2.0, 0.5]}, binary(3), uniform(3)),
    ("AUC", {"multi_label": True}, binary(3), uniform(3)),
    ("AUC", {"multi_label": True, "curve": "PR"}, binary(3), uniform(3)),
    ("AUC", {"multi_label": True, "num_labels": 3, "label_weights": [1.0, 2.0, 0.5]}, binary(3), uniform(3)),
]
BEST = [
    ("SensitivityAtSpecificity", {"specificity": 0.4}, binary(), uniform(1)),
    ("SensitivityAtSpecificity", {"specificity": 0.7, "num_thresholds": 10}, binary(3), uniform(3)),
    ("SpecificityAtSensitivity", {"sensitivity": 0.6}, binary(3), uniform(3)),
    ("SpecificityAtSensitivity", {"sensitivity": 0.5, "class_id": 1}, binary(3), uniform(3)),
    ("PrecisionAtRecall", {"recall": 0.5}, binary(3), uniform(3)),
    ("PrecisionAtRecall", {"recall": 0.3, "num_thresholds": 1}, binary(3), 2 * normal(3)),
    ("RecallAtPrecision", {"precision": 0.5}, binary(3), uniform(3)),
    ("RecallAtPrecision", {"precision": 0.6, "class_id": 2, "num_thresholds": 30}, binary(3), normal(3)),
]
COLUMNS = [
    ("F1Score", {}, one_hot(), probabilities(CLASSES)),
    ("F1Score", {"average": "macro", "threshold": 0.5}, binary(3), uniform(3)),
    ("F1Score", {"average": "micro"}, binary(4), np.round(uniform(4))),
    ("FBetaScore", {"beta": 2.0}, one_hot(), probabilities(CLASSES)),
    ("FBetaScore", {"beta": 0.5, "average": "weighted", "threshold": 0.3}, binary(4), uniform(4)),
    ("R2Score", {}, normal(), normal(1)),
    ("R2Score", {}, normal(3), normal(3)),
    ("R2Score", {"class_aggregation": None}, normal(3) + 2, normal(3)),
    ("R2Score", {"class_aggregation": "variance_weighted_average"}, normal(3), normal(3)),
]
# With a dtype, since Keras rounds sample weights to whole numbers without.
REGIONS = [
    ("IoU", {"num_classes": CLASSES, "target_class_ids": [0, 2], "dtype": "float32"}, ids(), ids()),
    ("IoU", {"num_classes": 3, "target_class_ids": (1,), "dtype": "float32"}, ids() % 4, ids(1) % 4 - 1),
    ("MeanIoU", {"num_classes": 3, "dtype": "float32"}, ids() % 3, ids() % 3),
    ("MeanIoU", {"num_classes": 4, "ignore_class": 1, "dtype": "float32"}, ids(1) % 4, ids(1) % 4),
    ("MeanIoU", {"num_classes": 6, "sparse_y_pred": False, "dtype": "float32"}, ids(), probabilities(CLASSES)),
    ("BinaryIoU", {"dtype": "float32"}, binary(1), rounded(1)),
    ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.3, "dtype": "float32"}, binary(), rounded()),
    (
        "OneHotIoU",
        {"num_classes": 6, "target_class_ids": [1, 4], "dtype": "float32"},
        one_hot(),
        probabilities(CLASSES),
    ),
    ("OneHotMeanIoU", {"num_classes": CLASSES, "dtype": "float32"}, one_hot(), probabilities(CLASSES)),
    (
        "OneHotMeanIoU",
        {"num_classes": 6, "sparse_y_pred": True, "ignore_class": 0, "dtype": "float32"},
        one_hot(),
        ids(),
    ),
]
CASES = MEANS + COUNTS + BEST + COLUMNS + REGIONS
# What has no default, for metrics made from nothing else.
NEEDED = {
    "SensitivityAtSpecificity": {"specificity": 0.4},
    "SpecificityAtSensitivity": {"sensitivity": 0.4},
    "PrecisionAtRecall": {"recall": 0.4},
    "RecallAtPrecision": {"precision": 0.4},
    "IoU": {"num_classes": 3, "target_class_ids": (0, 2)},
    "MeanIoU": {"num_classes": 3},
    "OneHotIoU": {"num_classes": 3, "target_class_ids": [1]},
    "OneHotMeanIoU": {"num_classes": 3},
}
# Keras loses digits in sums of squares.
TOLERANCE = {"R2Score": 1e-5}
NAMES = [f"{name}-{arguments}-{y_pred.shape}" for name, arguments, _, y_pred in CASES]
ONE_EACH = list({case[0]: case for case in CASES}.values())


def batches(*arrays):
    """Yields the rows in pieces of the sizes above."""
    for end, size in zip(np.cumsum(SIZES), SIZES, strict=True):
        batch = [None if array is None else array[end - size : end] for array in arrays]
        if len(batch[0]):
            yield batch


def gathered(module, name, arguments, *arrays):
    """Returns a metric's result over the batches, compiled as one program: that is many times as fast."""

    def program():
        metric = getattr(module, name)(**arguments)
        for batch in batches(*arrays):
            metric.update_state(*batch)
        return metric.result()

    return np.asarray(quickly(program)())


def weights_for(y_pred):
    """Yields no weights, one per row, and one per step where there are steps; some are 0."""
    yield None
    yield uniform() * binary()
    if y_pred.ndim == 3:
        yield uniform(2) * binary(2)


WEIGHTED = [(case, weight) for case in CASES for weight in weights_for(case[-1])]


@pytest.mark.parametrize(
    ("case", "weight"),
    first_of_each(
        WEIGHTED,
        lambda row: (row[0][0], row[1] is None),
        [
            f"{name}-weights {np.shape(weight)}"
            for case, name in zip(CASES, NAMES, strict=True)
            for weight in weights_for(case[-1])
        ],
    ),
)
def test_a_metric_over_ragged_batches_is_that_of_keras(case, weight):
    name, arguments, y_true, y_pred = case

    ours = gathered(metrics, name, arguments, y_true, y_pred, weight)

    with genuine_keras() as keras:
        expected = gathered(keras.metrics, name, arguments, y_true, y_pred, weight)
    np.testing.assert_allclose(ours, expected, rtol=TOLERANCE.get(name, 1e-6), atol=1e-6)


@pytest.mark.first_rows(3)
@pytest.mark.parametrize("case", ONE_EACH, ids=[name for name, *_ in ONE_EACH])
def test_the_pure_triple_works_inside_a_compiled_loop_and_leaves_out_rows_of_weight_zero(case):
    name, arguments, y_true, y_pred = case
    metric = getattr(metrics, name)(**arguments)
    metric.build(y_true.shape, y_pred.shape)
    y_true, y_pred = jnp.asarray(y_true), jnp.asarray(y_pred)
    weight = jnp.asarray([1.0] * 7 + [0.0])

    def step(i, state):
        take = [jax.lax.dynamic_slice_in_dim(array, 4 * i, 4) for array in (y_true, y_pred, weight)]
        return metric.update(state, *take)

    looped = quickly(lambda: metric.result(jax.lax.fori_loop(0, 2, step, metric.init())))()

    without = gathered(metrics, name, arguments, y_true[:7], y_pred[:7])
    np.testing.assert_allclose(looped, without, rtol=TOLERANCE.get(name, 2e-6), atol=1e-6)


@pytest.mark.parametrize("case", first_of_each([(case,) for case in CASES], lambda row: row[0][0], NAMES))
def test_a_metric_is_made_again_from_its_config(case):
    name, arguments, y_true, y_pred = case
    metric = getattr(metrics, name)(**arguments, name="mine")
    metric.build(y_true.shape, y_pred.shape)
    again = metrics.get(metrics.serialize(metric))
    assert type(again) is type(metric)
    assert again.get_config() == metric.get_config()
    again.build(y_true.shape, y_pred.shape)
    assert {k: v.shape for k, v in again.init().items()} == {k: v.shape for k, v in metric.init().items()}


CONFIGS = [(name, NEEDED.get(name, {})) for name in sorted({name for name, *_ in CASES} | {"Mean", "Sum"})] + [
    ("F1Score", {"average": "micro", "threshold": 0.4}),
    ("FBetaScore", {"average": "weighted", "beta": 2.0}),
    ("R2Score", {"class_aggregation": None, "num_regressors": 2}),
    ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.3, "dtype": "float32"}),
    ("MeanIoU", {"num_classes": 3, "ignore_class": 0, "sparse_y_true": False, "sparse_y_pred": False, "axis": -1}),
    ("PrecisionAtRecall", {"recall": 0.5, "num_thresholds": 10, "class_id": 1}),
    ("PearsonCorrelation", {"axis": 1}),
]


@pytest.mark.parametrize(("name", "arguments"), CONFIGS)
def test_a_config_has_what_keras_writes_and_is_read_by_keras(name, arguments):
    metric = getattr(metrics, name)(**arguments)
    with genuine_keras() as keras:
        keras.utils.clear_session(free_memory=False)
        expected = getattr(keras.metrics, name)(**arguments).get_config()
        read = keras.saving.deserialize_keras_object(metrics.serialize(metric)).get_config()
    assert metric.get_config().items() >= expected.items()
    assert read == expected


@pytest.mark.parametrize("name", ["Mean", "Sum"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("values", [normal(), normal(3), normal(1)], ids=["rows", "matrix", "column"])
def test_values_are_gathered_as_in_keras(name, values, weighted):
    weight = uniform() if weighted else None

    ours = gathered(metrics, name, {}, values, weight)

    with genuine_keras() as keras:
        expected = gathered(keras.metrics, name, {}, values, weight)
    np.testing.assert_allclose(ours, expected, rtol=2e-6, atol=1e-6)


@pytest.mark.first_rows(2)
@pytest.mark.parametrize("axis", [0, 1, (1, 2)])
@pytest.mark.parametrize("name", ["pearson_correlation", "concordance_correlation"])
def test_a_correlation_along_other_axes_is_that_of_keras(name, axis):
    y_true, y_pred = normal(4, 3), normal(4, 3)
    with genuine_keras() as keras:
        expected = getattr(keras.metrics, name)(y_true, y_pred, axis)
    np.testing.assert_allclose(getattr(metrics, name)(y_true, y_pred, axis), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.first_rows(2)
@pytest.mark.parametrize("num_regressors", [1, 4, 3 * ROWS - 1, 30])
def test_a_score_adjusted_for_regressors_is_that_of_keras(num_regressors):
    y_true, y_pred = normal(3), normal(3)
    ours, arguments = metrics.R2Score(num_regressors=num_regressors), {"num_regressors": num_regressors}
    with genuine_keras() as keras:
        theirs = keras.metrics.R2Score(**arguments)
        for batch in batches(y_true, y_pred):
            ours.update_state(*batch)
            theirs.update_state(*batch)
        expected = theirs.result()
    np.testing.assert_allclose(ours.result(), expected, rtol=1e-5)


def test_the_variance_of_targets_far_from_zero_keeps_its_digits():
    y_true = 2000 + normal(1)
    y_pred = y_true + normal(1) / 2
    metric = metrics.R2Score()
    for batch in batches(y_true, y_pred):
        metric.update_state(*batch)
    exact = [y.astype("float64") for y in (y_true, y_pred)]
    expected = 1 - np.sum((exact[0] - exact[1]) ** 2) / np.sum((exact[0] - exact[0].mean()) ** 2)
    np.testing.assert_allclose(metric.result(), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("weight", [None, uniform(2)], ids=["plain", "weighted"])
def test_regions_of_maps_are_those_of_keras(weight):
    y_true, y_pred, arguments = ids(2), ids(2), {"num_classes": CLASSES, "dtype": "float32"}
    ours = gathered(metrics, "MeanIoU", arguments, y_true, y_pred, weight)
    with genuine_keras() as keras:
        expected = gathered(keras.metrics, "MeanIoU", arguments, y_true, y_pred, weight)
    np.testing.assert_allclose(ours, expected, rtol=1e-6)


def test_one_weight_per_map_weighs_all_of_it():
    y_true, y_pred, weight = ids(2), ids(2), uniform()
    per_map = metrics.MeanIoU(CLASSES)(y_true, y_pred, weight)
    per_place = metrics.MeanIoU(CLASSES)(y_true, y_pred, np.repeat(weight[:, None], 2, axis=1))
    assert per_map == per_place


def test_weights_of_regions_are_fractions_without_a_dtype_too():
    y_true, y_pred, weight = ids(), ids(), uniform()
    metric = metrics.MeanIoU(CLASSES)
    assert metric.dtype == "int32"
    assert metric(y_true, y_pred, weight) == metrics.MeanIoU(CLASSES, dtype="float32")(y_true, y_pred, weight)


def test_a_mean_of_single_numbers_counts_each_as_one():
    mean = metrics.Mean()
    for number in (1.0, 2.0, 6.0):
        mean.update_state(number)
    assert mean.result() == 3.0


def test_a_metric_that_saw_nothing_is_zero():
    assert metrics.MeanSquaredError().result() == 0


def test_resetting_forgets():
    metric = metrics.MeanSquaredError()
    metric.update_state(normal(1), normal(1))
    metric.reset_state()
    assert metric([[1.0]], [[3.0]]) == 4.0


def test_the_pure_calls_leave_the_own_state_alone():
    metric = metrics.MeanSquaredError()
    metric.update(metric.init(), normal(1), normal(1))
    assert metric.result() == 0


def test_a_function_may_return_one_number_per_sample():
    metric = metrics.get(lambda y_true, y_pred: jnp.abs(y_true - y_pred))
    y_true, y_pred, weight = normal(), normal(), uniform()
    for batch in batches(y_true, y_pred, weight):
        metric.update_state(*batch)
    expected = np.average(np.abs(y_true - y_pred), weights=weight)
    np.testing.assert_allclose(metric.result(), expected, rtol=1e-6)


def test_one_number_for_a_batch_counts_by_the_size_of_the_batch():
    metric = metrics.get(lambda y_true, y_pred: jnp.mean(jnp.abs(y_true - y_pred)))
    y_true, y_pred = normal(), normal()
    for batch in batches(y_true, y_pred):
        metric.update_state(*batch)
    np.testing.assert_allclose(metric.result(), np.mean(np.abs(y_true - y_pred)), rtol=1e-6)


def test_one_number_for_a_batch_is_not_counted_for_rows_of_weight_zero():
    metric = metrics.get(lambda y_true, y_pred: jnp.max(y_pred))
    state = metric.update(metric.init(), np.zeros(4), np.ones(4), np.array([1.0, 1.0, 0.5, 0.0]))
    assert (state["total"], state["count"]) == (3.0, 3.0)


def test_an_ignored_class_is_left_out_as_in_the_loss():
    y_true, y_pred, weight = ids(), probabilities(CLASSES), uniform()
    metric = metrics.SparseCategoricalCrossentropy(ignore_class=2)
    loss = losses.SparseCategoricalCrossentropy(ignore_class=2)
    keep = y_true != 2
    expected = np.average(loss.call(y_true, y_pred)[keep], weights=weight[keep])
    np.testing.assert_allclose(metric(y_true, y_pred, weight), expected, rtol=1e-6)


def test_what_has_weight_zero_may_be_nan():
    metric = metrics.MeanSquaredError()
    metric.update_state(np.zeros((2, 1)), np.array([[2.0], [np.nan]]), np.array([1.0, 0.0]))
    assert metric.result() == 4.0


def test_half_precision_predictions_do_not_confuse_class_ids():
    y_pred = np.zeros((1, 300), np.float32)
    y_pred[0, 257] = 1
    assert metrics.SparseCategoricalAccuracy()([256], jnp.asarray(y_pred, jnp.bfloat16)) == 0


class WorstError(ValueError):
    pass


def test_an_exception_in_a_function_of_the_user_arrives_unchanged():
    raised = WorstError("mine")

    def fails(y_true, y_pred):
        raise raised

    with pytest.raises(WorstError) as caught:
        metrics.get(fails).update_state([1.0], [1.0])
    assert caught.value is raised


# ------------------------------------------------------------------------------- metrics as written for Keras


class BinaryTruePositives(metrics.Metric):
    """The metric of the Keras guide."""

    def __init__(self, name="binary_true_positives", **kwargs):
        super().__init__(name=name, **kwargs)
        self.true_positives = self.add_weight(name="tp", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        values = jnp.asarray((y_true == 1) & (y_pred > 0.5), self.dtype)
        if sample_weight is not None:
            values = values * sample_weight
        self.true_positives.assign_add(jnp.sum(values))

    def result(self):
        return self.true_positives * 1.0

    def reset_state(self):
        self.true_positives.assign(0)


class MeanOfSquares(metrics.Mean):
    """A mean that is given other values."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        super().update_state(jnp.square(y_pred - y_true), sample_weight)


class HalfOfError(metrics.MeanAbsoluteError):
    """A metric with another end."""

    def result(self):
        return super().result() / 2


CUSTOM = [
    (BinaryTruePositives, lambda y, p, w: np.sum(w * ((y == 1) & (p > 0.5)))),
    (MeanOfSquares, lambda y, p, w: np.average((y - p) ** 2, weights=w)),
    (HalfOfError, lambda y, p, w: np.average(np.abs(y - p), weights=w) / 2),
]


@pytest.mark.parametrize(("cls", "expected"), CUSTOM)
def test_a_metric_written_as_in_keras_keeps_its_own_state(cls, expected):
    y_true, y_pred, weight = binary(), uniform(), uniform()
    metric = cls()
    for batch in batches(y_true, y_pred, weight):
        metric.update_state(*batch)
    np.testing.assert_allclose(metric.result(), expected(y_true, y_pred, weight), rtol=1e-6)
    metric.reset_state()
    assert metric.result() == 0


@pytest.mark.parametrize(("cls", "expected"), CUSTOM)
def test_a_metric_written_as_in_keras_becomes_a_pure_triple(cls, expected):
    y_true, y_pred, weight = binary(), uniform(), uniform()
    own = cls(name="mine")
    pure = metrics.get(own)
    update = jax.jit(pure.update)
    state = pure.init()
    for batch in batches(y_true, y_pred, weight):
        state = update(state, *batch)
    np.testing.assert_allclose(pure.result(state), expected(y_true, y_pred, weight), rtol=1e-6)
    assert (pure.name, own.result()) == ("mine", 0)


def test_an_error_inside_a_pure_update_leaves_the_own_state_alone():
    own = BinaryTruePositives()
    own.update_state(np.ones(2), np.ones(2))
    pure = metrics.get(own)
    with pytest.raises(TypeError):
        pure.update(pure.init(), np.ones(2), "not an array")
    assert own.result() == 2


def test_a_metric_of_the_user_is_made_again_from_its_config():
    with registry.custom_object_scope({"BinaryTruePositives": BinaryTruePositives}):
        again = metrics.deserialize(metrics.serialize(metrics.get(BinaryTruePositives(name="mine"))))
    assert (type(again), again.name) == (BinaryTruePositives, "mine")


# --------------------------------------------------------------------------------------------- what means what


@pytest.mark.parametrize(
    ("identifier", "cls", "name"),
    [
        ("mse", "MeanSquaredError", "mse"),
        ("MAE", "MeanAbsoluteError", "MAE"),
        ("auc", "AUC", "auc"),
        ("AUC", "AUC", "AUC"),
        ("acc", "Accuracy", "acc"),
        ("cosine_proximity", "CosineSimilarity", "cosine_proximity"),
        ("kullback_leibler_divergence", "KLDivergence", "kullback_leibler_divergence"),
        ("logcosh", "LogCoshError", "logcosh"),
        ("f1_score", "F1Score", "f1_score"),
        ({"class_name": "MeanIoU", "config": {"num_classes": 2}}, "MeanIoU", "mean_io_u"),
        ("mean_squared_error", "MeanSquaredError", "mean_squared_error"),
        ("BinaryAccuracy", "BinaryAccuracy", "BinaryAccuracy"),
        (metrics.Precision, "Precision", "precision"),
        (metrics.Recall(), "Recall", "recall"),
        ({"class_name": "AUC", "config": {"curve": "PR"}}, "AUC", "auc"),
        ({"class_name": "MeanSquaredError", "config": {}}, "MeanSquaredError", "mean_squared_error"),
        (losses.mean_absolute_error, "FunctionMetric", "mean_absolute_error"),
        (losses.Huber(2.0), "FunctionMetric", "huber_loss"),
    ],
)
def test_a_metric_is_found_by(identifier, cls, name):
    found = metrics.get(identifier)
    assert isinstance(found, metrics.Metric)
    assert (type(found).__name__, found.name) == (cls, name)


def test_every_name_that_keras_finds_a_metric_by_is_known():
    with genuine_keras():
        from keras.src.metrics import ALL_OBJECTS_DICT

        made = [name for name, cls in ALL_OBJECTS_DICT.items() if cls.__name__ not in NEEDED]
    for name in set(made) - {"Metric", "metric", "MeanMetricWrapper", "mean_metric_wrapper"}:
        assert metrics.get(name).name == name


@pytest.mark.parametrize("name", NEEDED)
def test_a_metric_that_needs_arguments_says_so_when_it_is_asked_for_by_name(name):
    with pytest.raises(TypeError, match=f"missing . required positional argument.*{next(iter(NEEDED[name]))}"):
        metrics.get(name)


def test_every_public_name_of_keras_is_there():
    with genuine_keras() as keras:
        theirs = [name for name in dir(keras.metrics) if not name.startswith("_")]
    assert [name for name in theirs if not hasattr(metrics, name)] == []


def test_no_metric_is_no_metric():
    assert metrics.get(None) is None


BINARY, SPARSE, ONE_HOT = losses.BinaryCrossentropy(), losses.SparseCategoricalCrossentropy(), losses.get("mse")


@pytest.mark.parametrize(
    ("y_true_shape", "y_pred_shape", "loss", "kind"),
    [
        ((None, 1), (None, 1), ONE_HOT, "Binary"),
        ((None,), (None, 1), None, "Binary"),
        ((None,), (None, 5), None, "SparseCategorical"),
        ((None, 1), (None, 5), None, "SparseCategorical"),
        ((None, 7), (None, 7, 5), None, "SparseCategorical"),
        ((None, 5), (None, 5), None, "Categorical"),
        ((None, 5), (None, 5), BINARY, "Binary"),
        ((None, 5), (None, 5), losses.BinaryFocalCrossentropy(), "Binary"),
        ((None, 7, 1), (None, 7, 5), SPARSE, "SparseCategorical"),
    ],
)
def test_accuracy_and_crossentropy_mean_by_loss_and_shapes(y_true_shape, y_pred_shape, loss, kind):
    accuracy = metrics.accuracy_for(y_true_shape, y_pred_shape, loss, name="acc")
    crossentropy = metrics.crossentropy_for(y_true_shape, y_pred_shape, loss)
    assert (type(accuracy).__name__, accuracy.name) == (f"{kind}Accuracy", "acc")
    assert (type(crossentropy).__name__, crossentropy.name) == (f"{kind}Crossentropy", "crossentropy")


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: metrics.get("acuracy"), "Unknown metric 'acuracy'. Did you mean \"accuracy\"?"),
        (lambda: metrics.AUC(curve="RC"), "Unknown curve of AUC 'RC'"),
        (lambda: metrics.AUC(num_thresholds=1), "at least 2 thresholds, got num_thresholds=1"),
        (lambda: metrics.AUC(num_labels=3), "for multi_label=True only"),
        (lambda: metrics.AUC(multi_label=True).init(), "does not know the number of labels"),
        (lambda: metrics.AUC(multi_label=True)(np.ones(3), np.ones(3)), r"\(batch, labels\), got \(3,\)"),
        (lambda: metrics.AUC(thresholds=[0.5, 2]), r"AUC needs thresholds from 0 to 1, got \[2.0\]"),
        (lambda: metrics.Precision(-0.5), r"Precision needs thresholds from 0 to 1, got \[-0.5\]"),
        (lambda: metrics.Recall(class_id=4)(np.ones((2, 4)), np.ones((2, 4))), "class_id=4 needs more classes"),
        (lambda: metrics.BinaryAccuracy()(np.ones(3), np.ones((3, 2))), "of one shape"),
        (lambda: metrics.SparseCategoricalAccuracy()(np.ones((3, 2)), np.ones((3, 2))), "one class id per"),
        (lambda: metrics.Mean()(np.ones(3), np.ones(2)), r"sample weight has shape \(2,\)"),
        (lambda: metrics.Precision(class_id=-1), "class_id to be None or the id of a class, counted from 0, got -1"),
        (lambda: metrics.Recall(top_k=0), "top_k to be None or a whole number of at least 1, got 0"),
        (lambda: metrics.TopKCategoricalAccuracy(0), "k to be a whole number of at least 1, got 0"),
        (lambda: metrics.BinaryCrossentropy(label_smoothing=-1), "a number from 0 to 1, got -1"),
        (lambda: metrics.PrecisionAtRecall(1.2), "PrecisionAtRecall needs recall to be a number from 0 to 1, got 1.2"),
        (lambda: metrics.RecallAtPrecision(0.5, 0), "num_thresholds to be a whole number of at least 1, got 0"),
        (lambda: metrics.F1Score("mean"), "Unknown average of F1Score 'mean'"),
        (lambda: metrics.F1Score(threshold=1.5), "threshold to be None or a number above 0, at most 1, got 1.5"),
        (lambda: metrics.FBetaScore(beta=0.0), "FBetaScore needs beta to be a number above 0, got 0.0"),
        (lambda: metrics.F1Score().result(), "does not know the number of columns"),
        (lambda: metrics.F1Score()(np.ones((2, 2, 2)), np.ones((2, 2, 2))), r"\(batch, columns\), got \(2, 2, 2\)"),
        (lambda: metrics.R2Score("mean"), "Unknown class_aggregation of R2Score 'mean'"),
        (lambda: metrics.R2Score(num_regressors=-1), "num_regressors to be a whole number of at least 0, got -1"),
        (lambda: metrics.MeanIoU(0), "MeanIoU needs num_classes to be a whole number of at least 1, got 0"),
        (lambda: metrics.IoU(3, [1, 3]), r"IoU needs target_class_ids from 0 to 2, got \[1, 3\]"),
        (lambda: metrics.BinaryIoU([]), "target_class_ids from 0 to 1"),
        (lambda: metrics.MeanIoU(3)(np.ones(4), np.ones((4, 3))), "say sparse_y_pred=False"),
        (lambda: metrics.Metric().add_weight(initializer="one"), "Unknown initializer of a metric 'one'"),
    ],
)
def test_an_error_says_what_is_wrong(act, words):
    with pytest.raises(ValueError, match=words) as raised:
        act()
    assert "test_metrics.py" in str(raised.value)  # the caller's line, not one of ours
