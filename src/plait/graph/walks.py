"""Walks over a layer and all the layers in it."""

from __future__ import annotations

from collections.abc import Iterator

from plait.core.weight import Weight
from plait.graph.layer import Layer


def layers_in(root: Layer) -> Iterator[Layer]:
    """Yields the layer itself and every layer in it, each once, parents first."""
    seen = {id(root)}
    stack = [root]
    while stack:
        layer = stack.pop()
        yield layer
        fresh = [child for child in layer.children() if id(child) not in seen]
        seen.update(map(id, fresh))
        stack += reversed(fresh)


def frozen_layers(root: Layer) -> frozenset[Layer]:
    """Returns the layers in `root` that are frozen; freezing one froze those in it, which may be thawed again."""
    return frozenset(layer for layer in layers_in(root) if layer is not root and not layer.trainable)


def weight_paths(root: Layer) -> dict[str, Weight]:
    """Returns every handle of the layers in `root`, each once, under its path: `"encoder/dense_1/kernel"`."""
    found: dict[str, Weight] = {}
    seen: set[Weight] = set()
    stack: list[tuple[str, Layer]] = [("", root)]
    while stack:
        prefix, layer = stack.pop()
        for weight in (*layer.own_weights, *layer._memory):
            if weight not in seen:
                seen.add(weight)
                path, number = prefix + weight.name, 0
                while path in found:
                    number += 1
                    path = f"{prefix}{weight.name}_{number}"
                found[path] = weight
        stack += [(f"{prefix}{child.name}/", child) for child in reversed(layer.children())]
    return found


def remembered_weights(root: Layer) -> set[Weight]:
    """Returns what changes outside training too: the states of stateful layers, and what foreign calls assign."""
    return {
        weight
        for layer in layers_in(root)
        for weight in (*layer._memory, *(layer._weights if layer.has_keras_call or layer.changes_always else ()))
        if not weight.trainable
    }


def trained_weights(root: Layer, frozen: frozenset[Layer]) -> set[Weight]:
    """Returns the weights that a training step changes when these layers are frozen."""
    return {weight for layer in layers_in(root) if layer not in frozen for weight in layer._weights if weight.trainable}
