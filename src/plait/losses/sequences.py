"""The loss of sequences of labels that are not aligned with the outputs."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.core.lazy import optax
from plait.losses import arrays
from plait.losses.loss import FormulaLoss, Reduction

# The logit of what is certain: that much below it, optax takes a probability for 0.
_CERTAIN = 1e5


def ctc(y_true: Any, y_pred: Any) -> jax.Array:
    """Returns how surprising a sequence of labels is, wherever in the outputs each of them stands.

    Shapes: y_true (batch, labels), y_pred (batch, steps, classes) -> (batch,)
    Args:   y_true: ids from 1 to classes - 1, filled up with 0 at the end.
            y_pred: logits; class 0 stands for no label.
    Errors: ValueError for other shapes.
    Source: A. Graves et al., Connectionist Temporal Classification, 2006.
    """
    y_pred = arrays.floating(y_pred)
    labels = jnp.asarray(y_true).astype(jnp.int32)
    if labels.ndim != 2 or y_pred.ndim != 3 or len(labels) != len(y_pred):
        raise ValueError(
            errors.explain(
                "ctc needs y_true of shape (batch, labels) and y_pred of shape (batch, steps, classes), "
                f"got {labels.shape} and {y_pred.shape}."
            )
        )
    is_beyond = jnp.zeros(y_pred.shape[:2], y_pred.dtype)
    return optax.ctc_loss(y_pred, is_beyond, labels, (labels == 0).astype(y_pred.dtype))


@registry.register
@dataclass(eq=False)
class CTC(FormulaLoss):
    """Averages `ctc` over the batch; a masked step of the outputs stands for no label."""

    function = staticmethod(ctc)
    target_kind = "any"

    reduction: Reduction = "sum_over_batch_size"
    name: str = "ctc"
    dtype: Any = None

    def __call__(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None, rows: Any = None
    ) -> jax.Array:
        """Returns the loss of a batch, reduced; see `reduce` for the arguments.

        Args: mask: (batch,), or (batch, steps): False beyond the end of the outputs.
        """
        if np.ndim(mask) == 2:
            y_pred, mask = _without_masked_steps(y_pred, jnp.asarray(mask).astype(bool))
        return super().__call__(y_true, y_pred, sample_weight, mask, rows)


def _without_masked_steps(y_pred: Any, mask: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Returns logits that are certain of class 0 at masked steps, and a mask of the sequences that have others."""
    y_pred = arrays.floating(y_pred)
    nothing = jnp.zeros(y_pred.shape[-1], y_pred.dtype).at[0].set(_CERTAIN)
    return jnp.where(mask[..., None], y_pred, nothing[None, None]), jnp.any(mask, axis=1)
