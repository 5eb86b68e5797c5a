"""Intersection over union, of ids or of one-hot classes, of some classes or of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from plait.core import registry
from plait.core.fields import dataclass
from plait.metrics.metric import State
from plait.metrics.regions import RegionMetric


@registry.register
@dataclass(eq=False)
class IoU(RegionMetric):
    """Returns intersection over union, averaged over some classes.

    Args:   target_class_ids: the classes that are averaged over.
            ignore_class: an id of targets that mark nothing to learn; it may be out of range.
            sparse_y_true, sparse_y_pred: whether they are ids; if not, the largest along `axis` says which.
    Errors: ValueError for no classes, and for a target out of range.
    """

    num_classes: int
    target_class_ids: Sequence[int]
    name: str = "io_u"
    dtype: Any = None
    ignore_class: int | None = None
    sparse_y_true: bool = True
    sparse_y_pred: bool = True
    axis: int = -1


@registry.register
@dataclass(eq=False)
class MeanIoU(RegionMetric):
    """Returns intersection over union, averaged over all classes.

    Args:   ignore_class: an id of targets that mark nothing to learn; it may be out of range.
            sparse_y_true, sparse_y_pred: whether they are ids; if not, the largest along `axis` says which.
    Errors: ValueError for no classes.
    """

    target_class_ids = None

    num_classes: int
    name: str = "mean_io_u"
    dtype: Any = None
    ignore_class: int | None = None
    sparse_y_true: bool = True
    sparse_y_pred: bool = True
    axis: int = -1


@registry.register
@dataclass(eq=False)
class BinaryIoU(RegionMetric):
    """Returns intersection over union of yes or no, averaged over both or of one.

    Args:   target_class_ids: 0 for no, 1 for yes.
            threshold: from which on a prediction says yes.
    Errors: ValueError for another class.
    """

    num_classes = 2

    target_class_ids: Sequence[int] = (0, 1)
    threshold: float = 0.5
    name: str = "binary_io_u"
    dtype: Any = None

    def update(self, state: State, y_true: Any, y_pred: Any, weight: Any = None) -> State:
        """Returns the state with one more batch counted.

        Shapes: y_true, y_pred (batch, ...); weight (batch,) or (batch, ...)
        """
        return super().update(state, y_true, jnp.asarray(y_pred).astype(jnp.float32) >= self.threshold, weight)


@registry.register
@dataclass(eq=False)
class OneHotIoU(RegionMetric):
    """Returns intersection over union, averaged over some classes, for one-hot targets.

    Args:   target_class_ids: the classes that are averaged over.
            ignore_class: an id of targets that mark nothing to learn.
            sparse_y_pred: whether predictions are ids; if not, the largest along `axis` says which.
    Errors: ValueError for no classes, and for a target out of range.
    """

    sparse_y_true = False

    num_classes: int
    target_class_ids: Sequence[int]
    name: str = "one_hot_io_u"
    dtype: Any = None
    ignore_class: int | None = None
    sparse_y_pred: bool = False
    axis: int = -1


@registry.register
@dataclass(eq=False)
class OneHotMeanIoU(RegionMetric):
    """Returns intersection over union, averaged over all classes, for one-hot targets.

    Args:   ignore_class: an id of targets that mark nothing to learn.
            sparse_y_pred: whether predictions are ids; if not, the largest along `axis` says which.
    Errors: ValueError for no classes.
    """

    sparse_y_true = False
    target_class_ids = None

    num_classes: int
    name: str = "one_hot_mean_io_u"
    dtype: Any = None
    ignore_class: int | None = None
    sparse_y_pred: bool = False
    axis: int = -1
