"""Models as estimators of scikit-learn, which is imported with the first of them.

May import: everything else. Start reading at `estimator.py` (what a fit is), then `targets.py` (what it trains on).
"""

from typing import TYPE_CHECKING

from plait.core import lazy

if TYPE_CHECKING:
    from plait.wrappers.classifier import SKLearnClassifier as SKLearnClassifier
    from plait.wrappers.regressor import SKLearnRegressor as SKLearnRegressor
    from plait.wrappers.transformer import SKLearnTransformer as SKLearnTransformer
else:
    __getattr__, __all__ = lazy.exports(__name__, __file__)

    def __dir__():
        return list(__all__)
