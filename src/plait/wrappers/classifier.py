"""Models that tell classes apart, as classifiers of scikit-learn."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from plait.core import errors
from plait.models.model import Model
from plait.wrappers.estimator import Estimator
from plait.wrappers.scikit_learn import ClassifierMixin, check_classification_targets
from plait.wrappers.targets import Classes


class SKLearnClassifier(ClassifierMixin, Estimator):
    """Trains a model that tells classes apart, with the manners of scikit-learn.

    The model is trained on one-hot targets and has an output for each class, for two classes too: mostly a softmax
    with the loss `categorical_crossentropy`. A fit leaves `classes_`, the labels in the order of the outputs, `model_`
    and `history_`.

    Args:   as of `Estimator`; a function for the model is given one-hot targets: there are `y.shape[1]` classes.
    """

    _checks_of_targets: ClassVar[dict[str, bool]] = {"multi_output": False}

    targets_: Classes

    @property
    def classes_(self) -> np.ndarray:
        """The labels, in the order of the outputs."""
        return self.targets_.labels

    def decision_function(self, X: Any) -> np.ndarray:
        """Returns what the model does, probabilities or logits: a column for each class, for two classes too.

        Shapes: X (samples, features) -> (samples, classes)
        Errors: as `predict`.
        """
        return self._outputs(X)

    def _targets_like(self, y: np.ndarray) -> Classes:
        """Returns how labels like these are trained on.

        Errors: ValueError for what are no labels, for a single class, and for one that a warm start does not know.
        """
        check_classification_targets(y)
        if self._goes_on:
            unknown = np.setdiff1d(y, self.classes_)
            if len(unknown):
                raise ValueError(
                    errors.explain(
                        f"A warm start goes on with the classes of the first fit, not with {unknown.tolist()[0]!r}.",
                        "Give that one all classes, or set warm_start to False to start anew.",
                    )
                )
            return self.targets_
        labels = np.unique(y)
        if len(labels) == 1:
            problem = f"A classifier needs two classes or more, got one class: {labels.tolist()[0]!r}."
            raise ValueError(errors.explain(problem))
        return Classes(labels)

    def _model_for(self, X: np.ndarray, y: np.ndarray) -> Model:
        """Returns the model to train.

        Errors: TypeError if there is none; ValueError if it has another number of outputs than there are classes.
        """
        model = super()._model_for(X, y)
        shapes = [port.shape for port in model.output_ports] if model.knows_its_ports else []
        if len(shapes) == 1 and shapes[0][1:] not in (y.shape[1:], (None,)):
            raise ValueError(
                errors.explain(
                    f"{model} needs an output for each of {y.shape[1]} classes, got output shape {shapes[0]}.",
                    f'Mostly: Dense({y.shape[1]}, activation="softmax") and categorical_crossentropy.',
                )
            )
        return model

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # How good the user's model is, nobody knows.
        tags.classifier_tags.poor_score = True
        return tags
