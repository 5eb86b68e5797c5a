"""Models that predict numbers, as regressors of scikit-learn."""

from __future__ import annotations

from typing import Any

from plait.wrappers.estimator import Estimator
from plait.wrappers.scikit_learn import RegressorMixin


class SKLearnRegressor(RegressorMixin, Estimator):
    """Trains a model that predicts a number, or several, with the manners of scikit-learn.

    A fit leaves the trained model as `model_`, and the History of its training as `history_`.

    Args: as of `Estimator`; a function for the model is given the targets in columns: it has `y.shape[1]` outputs.
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # How good the user's model is, nobody knows.
        tags.regressor_tags.poor_score = True
        return tags
