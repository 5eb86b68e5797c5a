"""Models whose outputs are features for others, as transformers of scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.wrappers.estimator import Estimator
from plait.wrappers.scikit_learn import TransformerMixin


class SKLearnTransformer(TransformerMixin, Estimator):
    """Trains a model whose outputs are features for what comes next in a pipeline.

    A fit leaves the trained model as `model_`, and the History of its training as `history_`. Scikit-learn's
    FrozenEstimator around a fitted one keeps its model as it is.

    Args: as of `Estimator`.
    """

    def transform(self, X: Any) -> np.ndarray:
        """Returns the outputs of the model.

        Shapes: X (samples, features) -> (samples, outputs)
        Errors: NotFittedError before `fit`; ValueError for data that scikit-learn or the model refuses.
        """
        return self._outputs(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # The outputs are of the model's dtype, whatever goes in.
        tags.transformer_tags.preserves_dtype = []
        return tags
