"""Which query may attend to which source: what all masks of a call come to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from plait.core import errors
from plait.functional import attention
from plait.graph.shapes import Shape
from plait.layers.attention import demands


def joined(
    layer: Any, shapes: Sequence[Shape], of_steps: Sequence[Any], attention_mask: Any, *, is_causal: bool
) -> Any:
    """Returns where all masks of a call, and the order of steps, let a query attend; None for everywhere.

    Shapes: as many axes as the scores
    Args:   shapes: of queries, values and scores.
            of_steps: the masks (batch, steps) of queries, values and keys, or None.
            attention_mask: one for pairs of targets and sources, or None.
    Errors: ValueError for masks that do not fit the layer's attention axes, or the scores.
    """
    axes = layer.attention_axes
    query_shape, value_shape, scores_shape = shapes
    for_queries, *for_sources = [None if mask is None else jnp.asarray(mask) for mask in of_steps]
    is_masked = any(mask is not None for mask in of_steps)
    is_by_position = is_causal or layer.sliding_window is not None
    if (is_masked and axes != (1,)) or (is_by_position and len(axes) > 1):
        what = "masks of steps need attention over axis 1 alone" if is_masked else "a causal mask needs one axis"
        raise ValueError(errors.explain(f"{layer}: {what}, got attention_axes={axes}."))
    positions = None
    if is_by_position:
        lengths = query_shape[axes[0]], value_shape[axes[0]]
        positions = attention.by_position(*lengths, is_causal=is_causal, window=layer.sliding_window)
    if attention_mask is not None:
        attention_mask = jnp.asarray(attention_mask)
        demands.check_mask(layer, attention_mask.shape, scores_shape, 2 * len(axes))
    return attention.joined(
        [
            attention_mask,
            None if for_queries is None else for_queries[:, :, None],
            *(None if mask is None else mask[:, None, :] for mask in for_sources),
            positions,
        ],
        len(scores_shape),
        2 * len(axes),
    )
