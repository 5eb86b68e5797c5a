"""What the three estimators share: each fit has a model of its own, on data that scikit-learn has checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import numpy as np

from plait.core import errors, nest
from plait.models.cloning import clone_model
from plait.models.model import Model
from plait.wrappers.scikit_learn import BaseEstimator, check_is_fitted, clone, get_config, validate_data
from plait.wrappers.targets import Classes, Numbers


class Estimator(BaseEstimator):
    """Trains a model, with the manners of scikit-learn.

    A fit leaves the trained model as `model_`, and the History of its training as `history_`. Arguments are taken as
    they are, and looked at by `fit`.

    Args:   model: a compiled model with one input and one output, or a function that returns one. It is called as
                `model(X=X, y=y, **model_kwargs)`, with the samples as they were checked, and the targets as they are
                trained on, in columns. Of a model each fit trains a new one of the same layers, compiled alike.
            warm_start: whether fit trains the very model that is given, and then goes on with what the last fit left.
            model_kwargs: more arguments for the function.
            fit_kwargs: arguments for `Model.fit`.
    """

    # How scikit-learn is to check targets: arguments of its check_X_y.
    _checks_of_targets: ClassVar[dict[str, bool]] = {"multi_output": True, "y_numeric": True}

    targets_: Numbers | Classes

    def __init__(
        self,
        model: Model | Callable[..., Model],
        warm_start: bool = False,
        model_kwargs: Mapping[str, Any] | None = None,
        fit_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    def fit(self, X: Any, y: Any, **kwargs: Any) -> Self:
        """Trains a model on samples and their targets, and returns the estimator.

        Shapes: X (samples, features); y (samples,), or (samples, outputs) where it is no classifier
        Args:   kwargs: arguments for `Model.fit`, such as `sample_weight`, in place of those in `fit_kwargs`.
        Errors: ValueError for data that scikit-learn or the model refuses; TypeError for what is no model and no
                function that returns one.
        """
        X, y = validate_data(self, X, y, reset=not self._goes_on, **self._checks_of_targets)
        targets = self._targets_like(y)
        encoded = targets.encoded(y)
        model = self._model_for(X, encoded)
        self.history_ = model.fit(X, encoded, **{**(self.fit_kwargs or {}), **kwargs})
        self.model_, self.targets_ = model, targets
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Returns a prediction for each sample, of the kind and shape of the targets.

        Shapes: X (samples, features) -> (samples,) or (samples, outputs)
        Errors: NotFittedError before `fit`; ValueError for data that scikit-learn or the model refuses.
        """
        outputs = self._outputs(X)
        return self.targets_.decoded(outputs)

    def _outputs(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        # As talkative as training is.
        predicted = self.model_.predict(X, verbose=(self.fit_kwargs or {}).get("verbose", "auto"))
        return nest.flatten(predicted)[0]

    @property
    def epoch_(self) -> int:
        """How many epochs the last fit made; 0 before there was one."""
        return len(self.history_.epoch) if hasattr(self, "history_") else 0

    @property
    def _goes_on(self) -> bool:
        """Whether a fit begins where the last one ended."""
        return self.warm_start and hasattr(self, "model_")

    def _targets_like(self, y: np.ndarray) -> Numbers | Classes:
        """Returns how targets like these are trained on."""
        return Numbers(is_single=y.ndim == 1)

    def _model_for(self, X: np.ndarray, y: np.ndarray) -> Model:
        """Returns the model to train.

        Errors: TypeError if there is none.
        """
        if self._goes_on:
            return self.model_
        if isinstance(self.model, Model):
            return self.model if self.warm_start else clone_model(self.model)
        who = type(self).__name__
        if not callable(self.model):
            raise TypeError(errors.explain(f"{who} needs a model, or a function that returns one, got {self.model!r}."))
        made = self.model(X=X, y=y, **(self.model_kwargs or {}))
        if not isinstance(made, Model):
            raise TypeError(errors.explain(f"The function given to {who} must return a model, got {made!r}."))
        return made

    def set_fit_request(self, **requested: Any) -> Self:
        """Says what is to be passed on to `fit` by whatever holds the estimator, and returns the estimator.

        Args:   requested: for an argument of `fit`, such as `sample_weight`: True, False, None for an error where it is
                    given, or the name that it is given by.
        Errors: RuntimeError unless scikit-learn routes metadata.
        """
        if not get_config()["enable_metadata_routing"]:
            raise RuntimeError(
                errors.explain(
                    "set_fit_request means nothing where scikit-learn does not route metadata.",
                    "Call sklearn.set_config(enable_metadata_routing=True) first.",
                )
            )
        routing = self.get_metadata_routing()
        for name, alias in requested.items():
            routing.fit.add_request(param=name, alias=alias)
        self._metadata_request = routing
        return self

    def __sklearn_clone__(self) -> Self:
        made = type(self).__new__(type(self))
        for name, value in vars(self).items():
            if name.endswith("_"):  # by scikit-learn's convention, what fit has left
                continue
            # Nothing changes a model that each fit makes again, and a copy of it would take a while.
            is_shared = value is self.model and not self.warm_start
            setattr(made, name, value if is_shared else clone(value, safe=False))
        return made

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # It is, under `set_random_seed`; but no argument says so.
        tags.non_deterministic = True
        tags.target_tags.required = True
        tags.target_tags.multi_output = self._checks_of_targets["multi_output"]
        return tags
