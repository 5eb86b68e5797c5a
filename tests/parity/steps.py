"""What a row of the table of steps is: one way to go on from a tensor, or from several of one shape."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.spelled import Spelled

Shape = tuple[int, ...]
# No axis grows beyond this.
LARGEST = 12


@dataclass(frozen=True)
class Tensor:
    """A variable of a program: its shape without the batch, and what else decides which steps can follow.

    is_ids:      whether it holds ids from 0 to 4 in place of floats.
    is_masked:   whether it may carry a mask.
    is_computed: whether it is anything but an input of the whole model.
    """

    name: str
    shape: Shape
    is_ids: bool = False
    is_masked: bool = False
    is_computed: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def entry(self) -> str:
        """The Input that gives such a tensor."""
        return f"Input({self.shape}, dtype='int32')" if self.is_ids else f"Input({self.shape})"

    def takes(self, other: Tensor) -> bool:
        """Whether what was called on this tensor may be called on the other as well."""
        return (
            (self.shape, self.is_ids) == (other.shape, other.is_ids)
            and self.is_masked >= other.is_masked
            and self.is_computed >= other.is_computed
        )


def on_one(layer: Any, x: Any) -> Any:
    return layer(x)


def on_pair(layer: Any, x: Any, y: Any) -> Any:
    return layer([x, y])


def on_itself(layer: Any, x: Any) -> Any:
    return layer([x, x])


def on_three(layer: Any, x: Any, y: Any, z: Any) -> Any:
    return layer([x, y, z])


def anything(shape: Shape) -> bool:
    return True


@dataclass(frozen=True)
class Step:
    """One way to go on.

    make:      gives the layer, from a module that has it: `lambda L: L.Conv2D(4, 3)`, for L of Plait and of Keras;
               None for a function.
    fits:      whether it takes tensors of this shape.
    call:      calls the layer on tensors; for a function `lambda K, x: K.ops.tanh(x)`, for K Plait and Keras.
    of_ids:    whether these hold ids.
    unmasked:  it takes no tensor with a mask, as Keras fails or differs there.
    is_edged:  it takes inputs of the model only: rounding may tip a computed number over one of its edges.
    is_random: whether it draws random numbers in training.
    """

    make: Callable[[Any], Any] | None
    fits: Callable[[Shape], bool] = anything
    call: Callable[..., Any] = on_one
    of_ids: bool = False
    unmasked: bool = False
    is_edged: bool = False
    is_random: bool = False

    def __str__(self) -> str:
        if self.make is None:
            return str(self.call(Spelled(), *map(Spelled, "xyz"[: self.count])))
        return str(self.make(Spelled("layers")))

    @property
    def count(self) -> int:
        """How many tensors it takes."""
        return len(inspect.signature(self.call).parameters) - 1

    @property
    def is_plain(self) -> bool:
        """Whether it can stand in a Sequential model."""
        return self.make is not None and self.call is on_one

    def takes(self, tensor: Tensor) -> bool:
        """Whether it can follow this tensor."""
        return self.fits(tensor.shape) and self.like(tensor.shape).takes(tensor)

    def like(self, shape: Shape) -> Tensor:
        """Returns the most general tensor of a shape that it takes."""
        return Tensor("", shape, self.of_ids, is_masked=not self.unmasked, is_computed=not self.is_edged)


def function(call: Callable[..., Any], fits: Callable[[Shape], bool] = anything, **flags: bool) -> Step:
    """Returns the step that calls a function.

    Not on masks: Keras's functions drop them, Plait's keep them where they work element by element.
    """
    return Step(None, fits, call, unmasked=True, **flags)


# ------------------------------------------------------------------------------------------ conditions on a shape


def rank(*ranks: int) -> Callable[[Shape], bool]:
    """One of these numbers of axes."""
    return lambda shape: len(shape) in ranks


def grid(axes: int, least: int = 1, most: int = LARGEST) -> Callable[[Shape], bool]:
    """So many axes of at least and at most these sizes, and one of channels after them."""
    return lambda shape: len(shape) == axes + 1 and all(least <= size <= most for size in shape[:-1])


def channels_first(axes: int, least: int = 1, most: int = LARGEST) -> Callable[[Shape], bool]:
    """The same, with the channels before them."""
    return lambda shape: len(shape) == axes + 1 and all(least <= size <= most for size in shape[1:])


def last(condition: Callable[[int], bool]) -> Callable[[Shape], bool]:
    """A last axis of which this is true."""
    return lambda shape: condition(shape[-1])


def even(size: int) -> bool:
    return size % 2 == 0


def every(*conditions: Callable[[Shape], bool]) -> Callable[[Shape], bool]:
    """All of these."""
    return lambda shape: all(condition(shape) for condition in conditions)


def small(shape: Shape) -> bool:
    """Few enough elements for one axis."""
    return math.prod(shape) <= 4 * LARGEST
