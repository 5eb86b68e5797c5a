"""Which layers ask something of the values of a model's inputs, and how these come to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from plait.core import nest
from plait.core.context import Context
from plait.graph import ports
from plait.graph.layer import Layer
from plait.graph.node import Node
from plait.graph.operators import Operation
from plait.graph.tensor import SymbolicTensor

if TYPE_CHECKING:
    from plait.graph.graph import Graph


class Reader(NamedTuple):
    """A layer that reads an input, and says whether its values suit it.

    number: of the input, in the order of the graph's.
    see:    gives what the layer sees of the input's array, which layers on the way may have arranged otherwise.
    """

    number: int
    see: Callable[[Any], Any]
    layer: Layer


def of(graph: Graph) -> list[Reader]:
    """Returns the readers of a graph, also inside models in it."""
    entries = [_Followed(number, np.asarray) for number in range(len(graph.inputs))]
    return [
        Reader(followed.number, followed.see, layer) for followed, layer in _readers(graph, entries) if _asks(layer)
    ]


class Listening:
    """Watches a `call` that is traced, and notes the layers that read one of its inputs as it is.

    found: these readers.

    Args: model: whose call it is.
    """

    def __init__(self, model: Layer) -> None:
        self.found: dict[tuple[int, Layer], Reader] = {}
        self._model = model
        self._inputs: list[Any] = []

    def taken(self, layer: Layer, inputs: Any) -> Any:
        """Returns the inputs."""
        leaves = nest.flatten(inputs)
        if layer is self._model:
            self._inputs = leaves
        elif _asks(layer):
            read = (number for number, array in enumerate(self._inputs) if any(leaf is array for leaf in leaves))
            self.found |= {(number, layer): Reader(number, np.asarray, layer) for number in read}
        return inputs

    def given(self, layer: Layer, outputs: Any) -> Any:
        """Returns the outputs."""
        return outputs


def _asks(layer: Layer) -> bool:
    return type(layer).problem_with is not Layer.problem_with


class _Followed(NamedTuple):
    """The values of an input on their way through layers that change none of them."""

    number: int
    see: Callable[[Any], Any]


# Functions of plait.ops whose outputs hold no numbers that their one array does not.
_ARRANGING = frozenset(
    ["array_split", "broadcast_to", "cast", "copy", "diagonal", "dsplit", "expand_dims", "extract_sequences", "flip",
     "fliplr", "flipud", "get_item", "hsplit", "moveaxis", "ravel", "rearrange", "repeat", "reshape", "roll", "rot90",
     "split", "squeeze", "stop_gradient", "swapaxes", "tile", "transpose", "unstack", "vsplit"]
)  # fmt: skip


def _readers(graph: Graph, entries: Sequence[_Followed | None]) -> Iterator[tuple[_Followed, Layer]]:
    """Yields the layers that read an input, also inside models that do, with what they read."""
    known = {tensor: entry for tensor, entry in zip(graph.inputs, entries, strict=True) if entry}
    for node in graph.nodes:
        layer: Any = node.layer
        read = [known[tensor] for tensor in node.parents if tensor in known]
        if read and hasattr(type(layer), "graph") and not layer.has_keras_call:
            inner = ports.arrange(node.inputs, layer.graph.input_structure, layer.input_ports, "inputs")
            yield from _readers(layer.graph, [known.get(tensor) for tensor in inner])
        elif len(read) == len(node.parents) == 1 and _keeps_values(layer):
            for index in range(len(node.outputs)):
                see = partial(_arranged, node, index, read[0].see)
                known[node.tensor(index)] = _Followed(read[0].number, see)
        else:
            yield from ((one, layer) for one in read)


def _keeps_values(layer: Any) -> bool:
    return layer.function in _ARRANGING if isinstance(layer, Operation) else getattr(layer, "keeps_values", False)


def _arranged(node: Node, index: int, see: Callable[[Any], Any], array: Any) -> Any:
    seen = see(array)

    def given(leaf: Any) -> Any:
        return seen if isinstance(leaf, SymbolicTensor) else leaf

    outputs = node.layer.apply({}, nest.walk(given, node.inputs), Context(), **nest.walk(given, node.arguments))
    return np.asarray(nest.flatten(outputs)[index])
