"""Where Keras keeps the weights of a model in a file: `layers/dense_1/vars/0`.

A path goes by attributes and by the classes of layers, not by their names. The layers of a graph come first, under
`layers`; then whatever other layers are held in attributes, the private ones last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from plait.core import names
from plait.core.weight import Weight
from plait.graph.layer import Layer

# Where Keras 2.12 and 2.13 kept the layers of a graph; it counted those with weights twice there.
_DOUBLED = "_layer_checkpoint_dependencies"
# What a layer keeps of its making, in which other layers may occur.
_NOT_PARTS = {"_arguments", "_nodes", "_home"}


class Place(NamedTuple):
    """Holds where a file has the weights of a layer itself: numbered in `path/vars`; that of the model is empty."""

    path: str
    layer: Layer

    @property
    def weights(self) -> list[Weight]:
        """The weights, in the order in which they are numbered."""
        return self.layer.own_weights

    @property
    def group(self) -> str:
        """The path of the group that the arrays are in."""
        return f"{self.path}/vars" if self.path else "vars"

    def dataset(self, number: int) -> str:
        """Returns the path of one of the arrays."""
        return f"{self.group}/{number}"


def plain(path: str) -> str:
    """Returns a path as all but Windows write it, where Keras up to 3.0 wrote `layers\\dense`."""
    return path.replace("\\", "/")


def is_doubled(paths: Iterable[str]) -> bool:
    """Whether these paths of a file are those of Keras 2.12 or 2.13."""
    return any(plain(path).startswith(f"{_DOUBLED}/") for path in paths)


def places(model: Any, doubled: bool = False) -> list[Place]:
    """Returns a place for each layer of a model, the model's own first.

    Args: doubled: whether as Keras 2.12 and 2.13 name them.
    """
    found: list[Place] = []
    seen: set[int] = set()
    stack: list[tuple[str, Layer]] = [("", model)]
    while stack:
        path, layer = stack.pop()
        if id(layer) in seen:
            continue
        seen.add(id(layer))
        prefix = f"{path}/" if path else ""
        found.append(Place(f"{prefix}{layer.part_in_files}" if layer.part_in_files else path, layer))
        stack += reversed([(f"{prefix}{part}", child) for part, child in _parts(layer, doubled)])
    return found


def _parts(layer: Any, doubled: bool) -> Iterator[tuple[str, Layer]]:
    if getattr(layer, "has_graph", False):
        yield from _in_container(_DOUBLED if doubled else "layers", layer.layers, doubled)
    held = {name: value for name, value in vars(layer).items() if name not in _NOT_PARTS}
    for name in sorted(held, key=lambda name: (name.startswith("_"), name)):
        value, name = held[name], layer.names_in_files.get(name, name)
        if isinstance(value, Layer):
            yield name, value
        elif isinstance(value, list | tuple | dict):
            yield from _in_container(name, value)


def _stem(layer: Layer) -> str:
    # Keras's own name for the class of a model that has a graph.
    return "functional" if layer.type_name == "Model" else names.snake_case(layer.type_name)


def _in_container(name: str, container: Any, doubled: bool = False) -> Iterator[tuple[str, Layer]]:
    counts: Counter[str] = Counter()
    for value in container.values() if isinstance(container, dict) else container:
        is_layer = isinstance(value, Layer)
        if not is_layer and not isinstance(value, list | tuple | dict):
            continue
        stem = _stem(value) if is_layer else "container"
        part = f"{name}/{stem}_{counts[stem]}" if counts[stem] else f"{name}/{stem}"
        counts[stem] += 2 if doubled and is_layer and value.weights else 1
        if is_layer:
            yield part, value
        else:
            yield from _in_container(part, value)
