"""What a row of the table of layers is. The rows are the lists `CASES` of the modules `cases_*.py` of this folder."""

from __future__ import annotations

import importlib
import pathlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tests.spelled import Spelled

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """One way of making a layer, and what it is called on.

    make:      gives the layer, from a module that has it: `lambda L: L.Conv2D(4, 3)`, for L of Plait and of Keras.
    shapes:    of the input, batch included; several shapes make a list of inputs.
    dtype:     of the inputs.
    between:   inputs are drawn from this range; integers exclude the upper end.
    inputs:    the inputs themselves, in place of drawn ones: an array, or a list of them.
    free:      the axes of the inputs that are None when the model is drawn, besides the batch.
    masked:    which inputs carry a mask: True for all, or one entry per input.
    training:  passed on to both.
    arguments: further arguments of the call; arrays may stand among them.
    is_random: the layer draws random numbers in this call, so that only shapes can be those of Keras.
    is_single: the input is one example, without a batch.
    has_config: whether the layer can be written to a config.
    """

    make: Callable[[Any], Any]
    shapes: Sequence[Shape] = ()
    dtype: str = "float32"
    between: tuple[float, float] = (-1, 1)
    inputs: Any = None
    free: Sequence[int] = ()
    masked: bool | Sequence[bool] = False
    training: bool = False
    arguments: dict[str, Any] = field(default_factory=dict)
    is_random: bool = False
    is_single: bool = False
    has_config: bool = True

    def __str__(self) -> str:
        """Returns the call that makes the layer, and what else is special."""
        extra = [
            *(["masked" if self.masked is True else f"masked={self.masked}"] if self.masked else []),
            *(["training"] if self.training else []),
            *([",".join(self.arguments)] if self.arguments else []),
        ]
        shapes = "+".join("x".join(map(str, array.shape)) for array in self.arrays())
        return " ".join([str(self.make(Spelled())), shapes, *extra])

    @property
    def layer(self) -> str:
        """The name of the layer's class."""
        return str(self.make(Spelled())).partition("(")[0]

    def arrays(self) -> list[np.ndarray]:
        """Returns the inputs, flat."""
        if self.inputs is not None:
            return list(self.inputs) if isinstance(self.inputs, list) else [self.inputs]
        random = np.random.default_rng(0)
        if np.dtype(self.dtype).kind == "f":
            return [random.uniform(*self.between, shape).astype(self.dtype) for shape in self.shapes]
        return [random.integers(*map(int, self.between), shape).astype(self.dtype) for shape in self.shapes]

    def masks(self) -> list[np.ndarray | None]:
        """Returns a mask of (batch, time) or None for each input; every example has a real step."""
        random = np.random.default_rng(1)
        arrays = self.arrays()
        flags = [self.masked] * len(arrays) if isinstance(self.masked, bool) else self.masked
        masks: list[np.ndarray | None] = [None] * len(arrays)
        for number, (array, is_masked) in enumerate(zip(arrays, flags, strict=True)):
            if is_masked:
                mask = random.random(array.shape[:2]) < 0.5
                mask[:, 1] = True
                masks[number] = mask
        return masks

    def arranged(self, leaves: Sequence[Any]) -> Any:
        """Returns what stands for the inputs as the layer takes it: one, or a list."""
        return leaves[0] if len(leaves) == 1 else list(leaves)

    def cast(self, dtype: str) -> Case:
        """Returns the row with inputs of this dtype in place of other floats."""
        return replace(self, inputs=[array.astype(dtype) if _is_float(array) else array for array in self.arrays()])

    def rounded(self, dtype: str) -> Case:
        """Returns the row with inputs that are exact in this narrower dtype, and have the dtype they had."""
        narrow = jnp.dtype(dtype)
        inputs = [array.astype(narrow).astype(array.dtype) if _is_float(array) else array for array in self.arrays()]
        return replace(self, inputs=inputs)

    def emptied(self) -> Case:
        """Returns the row with no example in its batch."""
        batch = len(self.arrays()[0])

        def without(leaf: Any) -> Any:
            return leaf[:0] if np.shape(leaf)[:1] == (batch,) else leaf

        inputs, arguments = jax.tree.map(without, (self.arrays(), self.arguments))
        return replace(self, inputs=inputs, arguments=arguments)


def collected() -> list[Case]:
    """Returns the rows of all `cases_*.py` of this folder."""
    here = pathlib.Path(__file__).parent
    modules = [importlib.import_module(f"tests.layers.{path.stem}") for path in sorted(here.glob("cases_*.py"))]
    return [case for module in modules for case in module.CASES]


def _is_float(array: np.ndarray) -> bool:
    return array.dtype.kind == "f"
