"""One call of one layer on symbolic tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.core import errors, nest
from plait.graph.shapes import Spec
from plait.graph.tensor import SymbolicTensor

if TYPE_CHECKING:
    from plait.graph.layer import Layer


class Node:
    """What was called, on what, where: everything that is needed to do it again with arrays.

    layer:     the layer.
    inputs:    its first argument: a symbolic tensor, or a structure of them (constants may stand among them).
    arguments: its other arguments by name; symbolic tensors may stand among these too.
    outputs:   one Spec per output, flat, and `structure`, which they are arranged in.
    masked:    for each output, whether it carries a mask.
    site:      the user's line.
    index:     how many times the layer had been called before.
    """

    __slots__ = (
        "__weakref__",
        "arguments",
        "index",
        "inputs",
        "layer",
        "masked",
        "outputs",
        "parents",
        "site",
        "structure",
    )

    def __init__(
        self,
        layer: Layer,
        inputs: Any,
        arguments: dict[str, Any],
        outputs: Any,
        masked: list[bool],
        site: errors.CallSite | None,
    ) -> None:
        self.layer = layer
        self.inputs = inputs
        self.arguments = arguments
        self.structure = outputs
        self.outputs: list[Spec] = nest.flatten(outputs)
        self.masked = masked
        self.site = site
        # The tensors it needs, in the order of the arguments.
        self.parents = [leaf for leaf in nest.flatten([inputs, arguments]) if isinstance(leaf, SymbolicTensor)]
        self.index = layer.remember(self)

    def tensor(self, index: int) -> SymbolicTensor:
        """Returns output number `index`."""
        spec = self.outputs[index]
        return SymbolicTensor(self, index, spec.shape, spec.dtype)

    def tensors(self) -> Any:
        """Returns all outputs, in the structure the layer gives them."""
        return nest.pack(self.structure, [self.tensor(index) for index in range(len(self.outputs))])
