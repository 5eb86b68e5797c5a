"""What stands in the box of a layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from plait.core import nest
from plait.graph.input import InputLayer
from plait.graph.layer import Layer
from plait.graph.node import Node
from plait.graph.operators import Operation
from plait.graph.shapes import Spec
from plait.graph.tensor import SymbolicTensor

_UNKNOWN = "?"
_DIFFERENT = "multiple"


class Shown(NamedTuple):
    """Which facts are shown beside the classes of layers."""

    shapes: bool = False
    dtype: bool = False
    names: bool = False
    activations: bool = False
    trainable: bool = False


class Row(NamedTuple):
    """A line below the title; one that goes on with the fact of the line before has no label."""

    label: str
    value: str


class Box(NamedTuple):
    """What stands in a box.

    name: the path to the layer, which no two boxes have in common.
    kind: "layer", "input", "operation", or "model".
    """

    name: str
    kind: str
    title: str
    rows: tuple[Row, ...] = ()


def box_of(layer: Any, nodes: Sequence[Node], shown: Shown, name: str) -> Box:
    """Returns the box of a layer.

    Args: nodes: its calls in the model that is drawn; none for that model itself.
          name: the path to it.
    """
    tensors = _tensors(layer, nodes)
    rows: list[Row] = []
    if shown.shapes:
        rows += _rows("input", tensors.inputs) + _rows("output", tensors.outputs)
    if shown.dtype:
        rows += _rows("dtype", tensors.dtypes)
    if shown.activations and getattr(layer, "activation", None) is not None:
        rows += _rows("activation", [_name_of(layer.activation)])
    if shown.trainable and layer.weights:
        rows += _rows("trainable", ["yes" if layer.trainable else "no"])
    return Box(name, _kind(layer), _title(layer, shown.names), tuple(rows))


def printable(text: str) -> str:
    """Returns a text without letters that files and fonts cannot have."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _rows(label: str, values: Sequence[str]) -> list[Row]:
    return [Row("" if number else label, printable(value)) for number, value in enumerate(values)]


def _kind(layer: Any) -> str:
    if isinstance(layer, InputLayer):
        return "input"
    if isinstance(layer, Operation):
        return "operation"
    # Known by these: its class stands on a floor above.
    return "model" if hasattr(layer, "operations") else "layer"


def _title(layer: Any, is_named: bool) -> str:
    """Returns the class of a layer, and of the one that it wraps if there is one."""
    wrapped = getattr(layer, "layer", None)
    kind = f"{layer.type_name}({wrapped.type_name})" if isinstance(wrapped, Layer) else layer.type_name
    return printable(f"{layer.name} ({kind})" if is_named else kind)


def _name_of(activation: Any) -> str:
    if isinstance(activation, str):
        return activation
    if isinstance(activation, Layer):
        return activation.type_name
    return getattr(activation, "__name__", type(activation).__name__)


# ------------------------------------------------------------------------------------------------ shapes and dtypes


class _Tensors(NamedTuple):
    """The shapes of what a layer takes, of what it gives, and the dtypes of that, one per tensor."""

    inputs: Sequence[str]
    outputs: Sequence[str]
    dtypes: Sequence[str]


def _tensors(layer: Any, nodes: Sequence[Node]) -> _Tensors:
    """Returns what the calls of a layer agree on."""
    if isinstance(layer, InputLayer):
        return _Tensors([], [str(layer.batch_shape)], [layer.input_dtype])
    calls = [_of_call([node.inputs, node.arguments], node.structure) for node in nodes]
    if not calls and getattr(layer, "knows_its_ports", False):
        calls = [_of_call([layer.input_structure], layer.output_structure)]
    if not calls:
        return _Tensors([_UNKNOWN], [_UNKNOWN], [_UNKNOWN])
    agreed = (facts[0] if facts.count(facts[0]) == len(facts) else [_DIFFERENT] for facts in zip(*calls, strict=True))
    return _Tensors(*agreed)


def _of_call(inputs: Sequence[Any], outputs: Any) -> _Tensors:
    dtypes = dict.fromkeys(leaf.dtype for leaf in nest.flatten(outputs) if _is_tensor(leaf))
    return _Tensors([shape for one in inputs for shape in _shapes(one)], list(_shapes(outputs)), list(dtypes))


def _shapes(structure: Any) -> Iterator[str]:
    """Yields the shape of each tensor, with its name where it stands in a dict."""
    for path, leaf in zip(nest.paths(structure), nest.flatten(structure), strict=True):
        if _is_tensor(leaf):
            yield f"{path}: {leaf.shape}" if isinstance(structure, dict) else str(leaf.shape)


def _is_tensor(leaf: Any) -> bool:
    return isinstance(leaf, SymbolicTensor | Spec)
