"""What the estimators take from scikit-learn, and what is said where it is missing."""

from __future__ import annotations

from plait.core import errors

try:
    from sklearn import get_config
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin, clone
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise ImportError(
        errors.explain(
            f"plait.wrappers needs the package scikit-learn, 1.6 or later, which cannot be imported: {error}.",
            "To install it: pip install 'plait[sklearn]'",
        ),
        name="sklearn",
    ) from error

__all__ = [
    "BaseEstimator",
    "ClassifierMixin",
    "RegressorMixin",
    "TransformerMixin",
    "check_classification_targets",
    "check_is_fitted",
    "clone",
    "get_config",
    "validate_data",
]
