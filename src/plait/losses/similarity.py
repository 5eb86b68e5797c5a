"""A loss of embeddings: near to those of the same class, far from the others."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.losses import arrays, bounds
from plait.losses.loss import FormulaLoss, Reduction


def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80.0,
    margin: float = 0.4,
) -> jax.Array:
    """Returns how far each embedding is from its class, and how near to others; what is far off its aim counts more.

    Shapes: y_true (batch,) or (batch, 1), y_pred (batch, features) -> (batch,); ref_labels (references,) or
            (references, 1), ref_embeddings (references, features)
    Args:   y_true: whole numbers; equal ones are one class.
            y_pred: vectors of length 1, as from UnitNormalization.
            ref_labels, ref_embeddings: what to compare with; by default the batch itself.
            remove_diagonal: whether the embedding of an example says nothing about itself.
            gamma: the scale of similarities; margin: the distance that is near enough, and the one from 1 that is far.
    Errors: ValueError if there is not one label per embedding.
    Source: Y. Sun et al., Circle Loss: A Unified Perspective of Pair Similarity Optimization, 2020.
    """
    y_pred = arrays.floating(y_pred)
    references = y_pred if ref_embeddings is None else jnp.asarray(ref_embeddings).astype(y_pred.dtype)
    labels = _labels(y_true, y_pred)
    is_same = labels[:, None] == _labels(y_true if ref_labels is None else ref_labels, references)[None]
    is_near = is_same & ~jnp.eye(len(labels), len(references), dtype=bool) if remove_diagonal else is_same

    distances = jnp.maximum(1.0 - y_pred @ references.T, 0.0)
    too_far = gamma * jnp.maximum(distances + margin, 0.0) * (distances - margin)
    too_near = gamma * jnp.maximum(1.0 + margin - distances, 0.0) * (1.0 - margin - distances)
    far = jax.nn.logsumexp(too_far, axis=1, where=is_near)
    near = jax.nn.logsumexp(too_near, axis=1, where=~is_same)
    return jax.nn.softplus(far + near)


def _labels(labels: Any, embeddings: jax.Array) -> jax.Array:
    labels = jnp.asarray(labels).astype(jnp.int32)
    if embeddings.ndim != 2 or labels.shape not in ((len(embeddings),), (len(embeddings), 1)):
        raise ValueError(
            errors.explain(
                "circle needs embeddings of shape (batch, features) and one whole number for each as its class, "
                f"got shapes {embeddings.shape} and {labels.shape}."
            )
        )
    return labels.reshape(-1)


@registry.register
@dataclass(eq=False)
class Circle(FormulaLoss):
    """Averages `circle` over the examples that have others of their class and of other classes beside them."""

    function = staticmethod(circle)
    target_kind = "any"
    limits: ClassVar = {"gamma": bounds.FROM_0}

    gamma: float = 80.0
    margin: float = 0.4
    remove_diagonal: bool = True
    reduction: Reduction = "sum_over_batch_size"
    name: str = "circle"
    dtype: Any = None

    @property
    def mixes_batch(self) -> bool:
        """Always: examples are compared with each other."""
        return True

    def counted(self, y_true: Any, y_pred: Any) -> Any:
        """Returns where there is a loss; XLA sees that it is the one computed already."""
        return self.call(y_true, y_pred) > 0
