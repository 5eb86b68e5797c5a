"""Which loss a user means by a name, a config, a class or a function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plait.core import registry
from plait.losses import arrays, classification, focal, margin, overlap, regression, robust, sequences, similarity
from plait.losses.loss import FormulaLoss, FunctionLoss, Loss

_FORMULAS: tuple[type[FormulaLoss], ...] = (
    regression.MeanSquaredError,
    regression.MeanAbsoluteError,
    regression.MeanAbsolutePercentageError,
    regression.MeanSquaredLogarithmicError,
    regression.Huber,
    regression.LogCosh,
    regression.CosineSimilarity,
    regression.Poisson,
    margin.Hinge,
    margin.SquaredHinge,
    margin.CategoricalHinge,
    classification.BinaryCrossentropy,
    classification.CategoricalCrossentropy,
    classification.SparseCategoricalCrossentropy,
    classification.KLDivergence,
    focal.BinaryFocalCrossentropy,
    focal.CategoricalFocalCrossentropy,
    robust.CategoricalGeneralizedCrossEntropy,
    overlap.Dice,
    overlap.Tversky,
    similarity.Circle,
    sequences.CTC,
)

_SHORT: dict[str, type[Loss]] = {
    "mse": regression.MeanSquaredError,
    "mae": regression.MeanAbsoluteError,
    "mape": regression.MeanAbsolutePercentageError,
    "msle": regression.MeanSquaredLogarithmicError,
    "bce": classification.BinaryCrossentropy,
    "kld": classification.KLDivergence,
}

# Of Keras before its third version.
_OLD: dict[str, type[Loss]] = {
    "cosine": regression.CosineSimilarity,
    "cosine_proximity": regression.CosineSimilarity,
    "kullback_leibler_divergence": classification.KLDivergence,
    "logcosh": regression.LogCosh,
}

_OF_FUNCTION = {cls.function.__name__: cls for cls in _FORMULAS}

TABLE: dict[str, type[Loss]] = {
    **{cls.__name__: cls for cls in (*_FORMULAS, FunctionLoss)},
    "LossFunctionWrapper": FunctionLoss,
    **_OF_FUNCTION,
    **_SHORT,
    **{name.upper(): cls for name, cls in _SHORT.items()},
    **_OLD,
}

_CROSSENTROPIES: dict[str, type[FormulaLoss]] = {
    "binary": classification.BinaryCrossentropy,
    "class_ids": classification.SparseCategoricalCrossentropy,
    "one_hot": classification.CategoricalCrossentropy,
}


def get(identifier: Any) -> Loss | None:
    """Returns the loss of a name, a config, a class, a function or a loss; None for None.

    Args:   identifier: one of Plait's own functions gives its class, any other callable a `FunctionLoss`.
    Errors: ValueError for an unknown name, with the nearest known; TypeError for what is none of these.
    """
    if identifier is None or isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, dict):
        # With the table in scope, because a metric may be registered under the name of a loss.
        identifier = registry.deserialize(identifier, TABLE)
    found = registry.get(identifier, TABLE, "loss")
    return found if isinstance(found, Loss) else _of_function(found)


def _of_function(function: Any) -> Loss:
    own = _OF_FUNCTION.get(getattr(function, "__name__", ""))
    return own() if own is not None and own.function is function else FunctionLoss(function)


def crossentropy_for(y_true_shape: Sequence[int | None], y_pred_shape: Sequence[int | None]) -> type[FormulaLoss]:
    """Returns the class that "crossentropy" or "ce" means for targets and predictions of these shapes."""
    return _CROSSENTROPIES[arrays.targets_of(y_true_shape, y_pred_shape)]


def serialize(loss: Any) -> Any:
    """Returns plain data that `deserialize` makes the loss from again."""
    return registry.serialize(loss)


def deserialize(name: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Returns the loss of a name, or that `serialize` described, among Plait's losses and these objects.

    Args:   name: or the config.
    Errors: ValueError for a name that is not registered; nothing is imported.
    """
    if isinstance(name, str):
        with registry.custom_object_scope(custom_objects or {}):
            return get(name)
    return registry.deserialize(name, {**TABLE, **(custom_objects or {})})
