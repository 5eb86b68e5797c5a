"""The stand-in for an array that a layer is called on while a graph is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import jax

from plait.core import errors

if TYPE_CHECKING:
    from plait.graph.node import Node
    from plait.graph.shapes import Shape


class SymbolicTensor:
    """The output number `index` of a node: a shape and a dtype, and no numbers.

    Two symbolic tensors are equal when they are the same output of the same node; `plait.ops.equal` compares elements.
    """

    __slots__ = ("dtype", "index", "node", "shape")

    # NumPy, and a Weight, ask the right-hand operand first when this is larger than theirs: `array + tensor` reaches
    # __radd__.
    __array_priority__ = 1000

    node: Node
    index: int
    shape: Shape
    dtype: str

    def __init__(self, node: Node, index: int, shape: Shape, dtype: str) -> None:
        for name, value in (("node", node), ("index", index), ("shape", shape), ("dtype", dtype)):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"A symbolic tensor does not change: {name} cannot be set.")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SymbolicTensor) and self.node is other.node and self.index == other.index

    def __hash__(self) -> int:
        return hash((id(self.node), self.index))

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(
            errors.explain(
                f'The tensor made by "{self.name}" cannot be pickled or copied by itself.',
                "Pickle the model that it belongs to; in its attributes keep layers, not tensors.",
            )
        )

    @property
    def ndim(self) -> int:
        """The number of axes, batch included."""
        return len(self.shape)

    @property
    def name(self) -> str:
        """The name of the layer that makes it, with the output's number if there are several."""
        several = len(self.node.outputs) > 1
        return f"{self.node.layer.name}:{self.index}" if several else self.node.layer.name

    def __repr__(self) -> str:
        return f'<SymbolicTensor shape={self.shape} dtype={self.dtype}, made by "{self.name}">'

    def _has_no_numbers(self, wanted: str, instead: str) -> TypeError:
        return TypeError(
            errors.explain(
                f'The tensor made by "{self.name}" is symbolic: it has a shape, {self.shape}, and no numbers yet, '
                f"so {wanted}.",
                instead,
            )
        )

    def __bool__(self) -> NoReturn:
        raise self._has_no_numbers(
            "it is neither true nor false",
            "To choose between tensors inside a model, use plait.ops.where(condition, a, b).",
        )

    def __iter__(self) -> NoReturn:
        raise self._has_no_numbers(
            "it cannot be iterated over",
            "To take it apart, index it: x[:, 0], x[:, 1], … To call a layer on several tensors, make a list.",
        )

    def __len__(self) -> NoReturn:
        raise self._has_no_numbers(
            "it has no length", "Use x.shape[0] for the size of an axis; None is an unknown size."
        )

    def _number(self, *_: Any) -> NoReturn:
        raise self._has_no_numbers(
            "it cannot become a Python number",
            "To compute with it inside a model, use operators or plait.ops; to see numbers, call model.predict.",
        )

    __float__ = __int__ = __complex__ = __index__ = _number

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise self._has_no_numbers(
            "NumPy cannot work on it",
            "Use the function of the same name in plait.ops, which works on arrays and on symbolic tensors.",
        )

    def __array_ufunc__(self, ufunc: Any, method: str, *_: Any, **__: Any) -> Any:
        # `array + tensor` arrives here as numpy.add: the operator is meant.
        if method == "__call__" and len(_) == 2 and _[1] is self and ufunc.__name__ in _REFLECTED:
            return getattr(self, _REFLECTED[ufunc.__name__])(_[0])
        raise self._has_no_numbers(
            f"numpy.{ufunc.__name__} cannot work on it",
            f"Use plait.ops.{ufunc.__name__}, which works on arrays and on symbolic tensors.",
        )

    def __array_function__(self, function: Any, *_: Any, **__: Any) -> NoReturn:
        raise self._has_no_numbers(
            f"numpy.{function.__name__} cannot work on it",
            f"Use plait.ops.{function.__name__}, which works on arrays and on symbolic tensors.",
        )

    def __jax_array__(self) -> NoReturn:
        raise self._has_no_numbers(
            "jax.numpy cannot work on it",
            "Use the function of the same name in plait.ops, or wrap yours: plait.layers.Lambda(function)(x).",
        )


# NumPy's name for an operator whose left side is an array, and the method that the right side answers it with.
_REFLECTED = {
    "add": "__radd__",
    "subtract": "__rsub__",
    "multiply": "__rmul__",
    "divide": "__rtruediv__",
    "floor_divide": "__rfloordiv__",
    "remainder": "__rmod__",
    "power": "__rpow__",
    "matmul": "__rmatmul__",
    "less": "__gt__",
    "less_equal": "__ge__",
    "greater": "__lt__",
    "greater_equal": "__le__",
}


def _refuse(tensor: SymbolicTensor) -> NoReturn:
    tensor.__jax_array__()


# JAX takes the arguments of its compiled functions apart first; there a symbolic tensor says what it is.
jax.tree_util.register_pytree_node(SymbolicTensor, _refuse, lambda _, children: children[0])


def is_symbolic(value: Any) -> bool:
    """Whether this is a symbolic tensor."""
    return isinstance(value, SymbolicTensor)


def any_symbolic(structure: Any) -> bool:
    """Whether a symbolic tensor is among the leaves."""
    if isinstance(structure, dict):
        structure = structure.values()
    elif not isinstance(structure, list | tuple):
        return isinstance(structure, SymbolicTensor)
    return any(map(any_symbolic, structure))


# The name it has in Keras.
KerasTensor = SymbolicTensor
