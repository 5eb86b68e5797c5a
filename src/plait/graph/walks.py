"""Walks over a layer and all the layers in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from plait.core import errors, patterns
from plait.core.weight import Weight
from plait.graph import remat
from plait.graph.layer import Layer
from plait.graph.node import Node
from plait.graph.tensor import SymbolicTensor


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


def layer_paths(root: Layer) -> Iterator[tuple[str, Layer]]:
    """Yields every layer in `root` with its path, `"encoder/dense_1"`; one in several places with each of its paths."""
    stack: list[tuple[str, Layer]] = [("", root)]
    while stack:
        prefix, layer = stack.pop()
        for child in layer.children():
            yield f"{prefix}{child.name}", child
            stack.append((f"{prefix}{child.name}/", child))


def recomputed_layers(root: Layer, named: Sequence[str] = ()) -> dict[Layer, int]:
    """Returns the layers in `root` that gradients compute again, each with the size that its outputs must exceed.

    Args:   named: patterns of paths; the layers that were made in a scope that asks for it are found without.
    Errors: ValueError for a pattern that matches no layer.
    """
    found = dict(remat.scoped(root))
    paths = list(layer_paths(root)) if named else []
    for pattern in named:
        matched = [layer for path, layer in paths if patterns.fits(pattern, path)]
        if not matched:
            raise ValueError(
                errors.explain(
                    f"The pattern {pattern!r} of remat matches none of the layers of {root}.",
                    patterns.nearest(pattern, [path for path, _ in paths]),
                )
            )
        found.update(dict.fromkeys(matched, 0))
    return found


def remembering_layer(root: Layer) -> Layer | None:
    """Returns a layer that goes on in each batch where the one before ended, as stateful ones do; None without."""
    return next((layer for layer in layers_in(root) if layer._memory), None)


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


def sources(tensor: SymbolicTensor) -> list[SymbolicTensor]:
    """Returns the tensors that a tensor is computed from in the end, each once, in the order of the arguments."""
    found: dict[SymbolicTensor, None] = {}
    seen: set[Node] = set()
    stack = [tensor]
    while stack:
        one = stack.pop()
        if one.node.parents:
            if one.node not in seen:
                seen.add(one.node)
                stack += reversed(one.node.parents)
        else:
            found[one] = None
    return list(found)
