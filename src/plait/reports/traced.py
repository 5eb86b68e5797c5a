"""What the layers of a model give, found by tracing what it computes, where there is no graph that says it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp

from plait.core import nest
from plait.core.context import Context
from plait.graph import adapter, shapes, watching
from plait.graph.layer import Layer
from plait.graph.shapes import Shape

# For each layer, the shapes of the outputs of each of its calls.
Given: TypeAlias = dict[Layer, list[list[Shape]]]


def shapes_given(model: Any) -> Given:
    """Returns what the layers of a model with a `call` give, those of models inside it too; nothing is computed for it.

    Nothing is known of a model that was not called yet, nor of a `call` that cannot be traced.
    """
    if model.call_specs is None:
        return {}
    seen: list[_Seen] = []

    def run(inputs: Any, arguments: Any) -> Any:
        seen.append(_Seen())
        return watched(model, inputs, arguments, seen[-1])

    try:
        shapes.infer(run, model.call_specs.inputs, model.call_specs.arguments)
    except jax.errors.JAXTypeError:
        # It asks for numbers, as in `if inputs.sum() > 0`, which there are only where it is called on arrays.
        return {}
    first, second = (one.given_by for one in seen)
    # A loop over an axis of unknown size makes more calls in one of the two traces: the others have the same shapes.
    return {layer: list(map(_in_common, calls, second[layer])) for layer, calls in first.items()}


def _in_common(call: list[Shape], again: list[Shape]) -> list[Shape]:
    return [shapes.in_common(*pair) for pair in zip(call, again, strict=True)]


def watched(model: Any, inputs: Any, arguments: dict[str, Any], watcher: watching.Watcher) -> Any:
    """Returns the outputs of a model for arrays that are being traced, while somebody watches its layers."""
    ctx = Context(root_key=jax.random.key(0), place=model.name)
    with watching.by(watcher):
        return model.run(adapter.Placeholders(), inputs, ctx, arguments).outputs


class _Seen:
    """Notes the shapes of what layers give."""

    def __init__(self) -> None:
        self.given_by: defaultdict[Layer, list[list[Shape]]] = defaultdict(list)

    def taken(self, layer: Layer, inputs: Any) -> Any:
        return inputs

    def given(self, layer: Layer, outputs: Any) -> Any:
        self.given_by[layer].append([jnp.shape(leaf) for leaf in nest.flatten(outputs) if leaf is not None])
        return outputs
