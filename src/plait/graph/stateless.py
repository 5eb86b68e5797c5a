"""A layer as Keras has it on JAX: a pure function of lists of arrays. `Model.pure` is the shorter way to the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import errors, nest
from plait.core.context import Context, drawn_key, in_force
from plait.graph import remat


def call(
    layer: Any,
    trained: Sequence[Any],
    held: Sequence[Any],
    inputs: Any,
    arguments: dict[str, Any],
    key: jax.Array | None,
    frozen: frozenset[Any],
) -> tuple[Any, list[Any], list[Any]]:
    """Returns outputs, the values of what is not trained after the call, and what was added to the loss.

    Errors: ValueError for a layer that is not built, or another number of arrays than it has weights.
    """
    if not layer.built:
        raise ValueError(errors.explain(f"{layer} is not built: it has no weights yet.", "Call it on data first."))
    weights = layer.trainable_weights, layer.non_trainable_weights
    for name, wanted, given in zip(("trainable", "non_trainable"), weights, (trained, held), strict=True):
        if len(wanted) != len(given):
            raise ValueError(
                errors.explain(
                    f"{layer} needs {errors.counted(len(wanted), 'array')} in {name}_variables, got {len(given)}.",
                    f"Give those of {layer.name}.{name}_variables.",
                )
            )
    values = dict(zip([*weights[0], *weights[1]], map(jnp.asarray, [*trained, *held]), strict=True))
    recomputed = {**dict(remat.scoped(layer)), **in_force().recomputed}
    # Inside a step of fit, each call draws from the key of that step.
    root_key = drawn_key() if key is None else key
    ctx = Context(root_key=root_key, place=layer.place, frozen=frozen, recomputed=recomputed)
    updated = layer.run(values, nest.walk(jnp.asarray, inputs), ctx, arguments)
    penalties = [weight.regularizer(values[weight]) for weight in weights[0] if weight.regularizer]
    after = [updated.values.get(weight, values[weight]).astype(values[weight].dtype) for weight in weights[1]]
    return updated.outputs, after, [*updated.losses, *penalties]
