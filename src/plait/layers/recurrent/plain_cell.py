"""A cell that is no layer, made one."""

from __future__ import annotations

from typing import Any

from plait.core.fields import dataclass
from plait.graph.layer import Layer


@dataclass(eq=False, repr=False)
class PlainCell(Layer):
    """Runs one step of a cell that is no layer: an object with a `state_size` that is called, or has a `call`.

    It goes by the name of the object's class, as nobody but the layers around it sees it.

    Shapes: (batch, ...), states -> what the object gives for them
    """

    cell: Any

    @property
    def type_name(self) -> str:
        """The name of the object's class."""
        return type(self.cell).__name__

    @property
    def state_size(self) -> Any:
        """The features of its state, or of each of them."""
        return self.cell.state_size

    def call(self, inputs: Any, states: Any) -> Any:
        """Returns the output and the new states."""
        return (self.cell if callable(self.cell) else self.cell.call)(inputs, states)
