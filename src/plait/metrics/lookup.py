"""Which metric a user means by a name, a config, a class, a loss or a function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plait import losses
from plait.core import names, registry
from plait.losses import arrays
from plait.metrics import (
    accuracy,
    adapter,
    auc,
    confusion,
    correlation,
    fscore,
    iou,
    loss_metrics,
    mean,
    operating_point,
    r2,
)
from plait.metrics.metric import Metric

_CLASSES: tuple[type[Metric], ...] = (
    *(mean.Mean, mean.Sum),
    *(accuracy.Accuracy, accuracy.BinaryAccuracy, accuracy.CategoricalAccuracy),
    *(
        accuracy.SparseCategoricalAccuracy,
        accuracy.TopKCategoricalAccuracy,
        accuracy.SparseTopKCategoricalAccuracy,
    ),
    *(loss_metrics.MeanSquaredError, loss_metrics.RootMeanSquaredError, loss_metrics.MeanAbsoluteError),
    *(loss_metrics.MeanAbsolutePercentageError, loss_metrics.MeanSquaredLogarithmicError),
    *(
        loss_metrics.LogCoshError,
        loss_metrics.CosineSimilarity,
        loss_metrics.Poisson,
        loss_metrics.KLDivergence,
    ),
    *(loss_metrics.Hinge, loss_metrics.SquaredHinge, loss_metrics.CategoricalHinge),
    *(loss_metrics.BinaryCrossentropy, loss_metrics.CategoricalCrossentropy),
    *(loss_metrics.SparseCategoricalCrossentropy, auc.AUC, confusion.Precision, confusion.Recall),
    *(confusion.TruePositives, confusion.FalsePositives, confusion.TrueNegatives, confusion.FalseNegatives),
    *(operating_point.SensitivityAtSpecificity, operating_point.SpecificityAtSensitivity),
    *(operating_point.PrecisionAtRecall, operating_point.RecallAtPrecision),
    *(fscore.F1Score, fscore.FBetaScore, r2.R2Score),
    *(correlation.PearsonCorrelation, correlation.ConcordanceCorrelation),
    *(iou.IoU, iou.MeanIoU, iou.BinaryIoU, iou.OneHotIoU, iou.OneHotMeanIoU),
)

_SHORT: dict[str, type[Metric]] = {
    "mse": loss_metrics.MeanSquaredError,
    "mae": loss_metrics.MeanAbsoluteError,
    "mape": loss_metrics.MeanAbsolutePercentageError,
    "msle": loss_metrics.MeanSquaredLogarithmicError,
    "bce": loss_metrics.BinaryCrossentropy,
    "kld": loss_metrics.KLDivergence,
}

# Of Keras before its third version.
_OLD: dict[str, type[Metric]] = {
    "cosine": loss_metrics.CosineSimilarity,
    "cosine_proximity": loss_metrics.CosineSimilarity,
    "kullback_leibler_divergence": loss_metrics.KLDivergence,
    "logcosh": loss_metrics.LogCoshError,
}

TABLE: dict[str, type[Metric]] = {
    **{cls.__name__: cls for cls in (*_CLASSES, mean.FunctionMetric)},
    "MeanMetricWrapper": mean.FunctionMetric,
    **{names.snake_case(cls.__name__): cls for cls in _CLASSES},
    **_SHORT,
    **{name.upper(): cls for name, cls in _SHORT.items()},
    **_OLD,
    "acc": accuracy.Accuracy,
}

_ACCURACIES: dict[str, type[Metric]] = {
    "binary": accuracy.BinaryAccuracy,
    "class_ids": accuracy.SparseCategoricalAccuracy,
    "one_hot": accuracy.CategoricalAccuracy,
}

_CROSSENTROPIES: dict[str, type[Metric]] = {
    "binary": loss_metrics.BinaryCrossentropy,
    "class_ids": loss_metrics.SparseCategoricalCrossentropy,
    "one_hot": loss_metrics.CategoricalCrossentropy,
}


def get(identifier: Any) -> Metric | None:
    """Returns the metric of a name, a config, a class, a function, a loss or a metric; None for None.

    A metric made from a name is named exactly as that; one written as in Keras comes as a `PureMetric`.

    Args:   identifier: a function of (y_true, y_pred) gives a `FunctionMetric`.
    Errors: ValueError for an unknown name, with the nearest known; TypeError for what is none of these.
    """
    if identifier is None:
        return None
    found = identifier
    if isinstance(found, dict):
        # With the table in scope, because a loss may be registered under the name of a metric.
        found = registry.deserialize(found, TABLE)
    if not isinstance(found, Metric):
        found = registry.get(found, TABLE, "metric")
    if isinstance(found, losses.Loss):
        found = mean.FunctionMetric(found.call, found.name)
    elif not isinstance(found, Metric):
        found = mean.FunctionMetric(found)
    if isinstance(identifier, str):
        found.name = identifier
    return adapter.PureMetric(found) if adapter.is_stateful(found) else found


def accuracy_for(
    y_true_shape: Sequence[int | None],
    y_pred_shape: Sequence[int | None],
    loss: losses.Loss | None = None,
    name: str = "accuracy",
) -> Metric:
    """Returns the metric that "accuracy" or "acc" means.

    The loss has the first word: under a binary cross-entropy each of several outputs is a yes or no.
    The shapes decide the rest: one output is binary, targets of fewer axes than the outputs are class ids.
    """
    return _ACCURACIES[_targets(y_true_shape, y_pred_shape, loss)](name=name)


def crossentropy_for(
    y_true_shape: Sequence[int | None],
    y_pred_shape: Sequence[int | None],
    loss: losses.Loss | None = None,
    name: str = "crossentropy",
) -> Metric:
    """Returns the metric that "crossentropy" or "ce" means, by the rule of `accuracy_for`."""
    return _CROSSENTROPIES[_targets(y_true_shape, y_pred_shape, loss)](name=name)


def _targets(y_true_shape: Sequence[int | None], y_pred_shape: Sequence[int | None], loss: losses.Loss | None) -> str:
    if isinstance(loss, losses.BinaryCrossentropy | losses.BinaryFocalCrossentropy):
        return "binary"
    if loss is not None and loss.target_kind == "class_ids":
        return "class_ids"
    return arrays.targets_of(y_true_shape, y_pred_shape)


def serialize(metric: Any) -> Any:
    """Returns plain data that `deserialize` makes the metric from again."""
    return registry.serialize(metric.metric if isinstance(metric, adapter.PureMetric) else metric)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Returns the metric that `serialize` described, looked up among Plait's metrics and these objects.

    Errors: ValueError for a name that is not registered; nothing is imported.
    """
    return registry.deserialize(config, {**TABLE, **(custom_objects or {})})
