"""Functions of arrays that become nodes when they meet a symbolic tensor, the operators among them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from plait.core import errors, lazy, nest, registry
from plait.core.context import Context
from plait.core.weight import Weight
from plait.graph import shapes
from plait.graph.layer import Layer
from plait.graph.shapes import Spec
from plait.graph.tensor import SymbolicTensor, any_symbolic

_functions: dict[str, Callable[..., Any]] = {}
_lifted: dict[str, Callable[..., Any]] = {}
# Modules that may not have been imported yet.
_sources: list[str] = []
_elementwise: set[str] = set()


@registry.register
class Operation(Layer):
    """Applies a function of `plait.ops`; made by calling the function on a symbolic tensor.

    Args:   function: its name in `plait.ops`.
    Errors: ValueError if there is no such function.
    """

    def __init__(self, function: str, **kwargs: Any) -> None:
        named(function)
        self.function = function
        super().__init__(autocast=False, **kwargs)

    @property
    def type_name(self) -> str:
        """The function's name, as a class would be called."""
        return "".join(word.capitalize() for word in self.function.split("_"))

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context, **arguments: Any) -> Any:
        """Calls the function; `inputs` is the list of its positional arguments, with weights as handles."""

        def value(leaf: Any) -> Any:
            return values[leaf] if isinstance(leaf, Weight) else leaf

        return _functions[self.function](*nest.walk(value, inputs), **nest.walk(value, arguments))

    def _record(self, inputs: Any, arguments: dict[str, Any]) -> Any:
        try:
            return super()._record(inputs, arguments)
        except (TypeError, ValueError, IndexError) as error:
            operands = [*map(_operand, inputs), *(f"{name}={_operand(value)}" for name, value in arguments.items())]
            kind = IndexError if isinstance(error, IndexError) else ValueError
            reason = shapes.without_probes_in(str(error).partition("\n")[0].rstrip(".")) + "."
            if self.function in _elementwise and isinstance(error, ValueError):
                reason = "Counted from the last, two axes must have one size, or one of them size 1."
            raise kind(errors.explain(f"{self.function} cannot take {', '.join(operands)}.", reason)) from error

    def compute_output_spec(self, specs: Any, **arguments: Any) -> Any:
        """Returns the broadcast shape for an elementwise function; any other is traced."""
        is_operand = [isinstance(spec, Spec | bool | int | float) or hasattr(spec, "shape") for spec in specs]
        if self.function not in _elementwise or arguments or not all(is_operand):
            return shapes.infer(lambda a, k: _functions[self.function](*a, **k), specs, arguments)
        operands = [spec if isinstance(spec, Spec) else jnp.asarray(spec) for spec in specs]
        shape = shapes.broadcast(*(tuple(operand.shape) for operand in operands))
        weak = [spec if isinstance(spec, bool | int | float) else jnp.zeros((), spec.dtype) for spec in specs]
        dtype = jnp.asarray(_functions[self.function](*weak)).dtype.name
        return Spec(shape, dtype)

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Returns the mask of the first operand that has one, if the function is elementwise."""
        given = (leaf for leaf in nest.flatten(mask) if leaf is not None)
        return None if self.loses_mask() else next(given, None)

    def masked_outputs(self, specs: Any, masked: Any, outputs: Any, arguments: Mapping[str, Any]) -> list[bool]:
        """Returns whether the outputs will carry a mask; all do or none."""
        return [not self.loses_mask() and any(nest.flatten(masked))] * len(nest.flatten(outputs))

    def loses_mask(self) -> bool:
        """Whether the result's axes may be others than batch and time."""
        return self.function not in _elementwise

    def get_config(self) -> dict[str, Any]:
        """Returns the name of the function and of the layer."""
        return {"function": self.function, "name": self.name}


def _operand(value: Any) -> str:
    if isinstance(value, SymbolicTensor):
        return f'"{value.name}" {value.shape}'
    return f"[{', '.join(map(_operand, value))}]" if isinstance(value, list | tuple) else errors.described(value)


def lift(function: Callable[..., Any], name: str | None = None, *, elementwise: bool = False) -> Callable[..., Any]:
    """Returns the function, made to work on symbolic tensors too, and known to configs by its name.

    Args: elementwise: whether the shape of the result is that of its positional arguments broadcast together.
    """
    name = name or function.__name__

    @functools.wraps(function)
    def lifted(*args: Any, **kwargs: Any) -> Any:
        if any_symbolic(args) or (kwargs and any_symbolic(kwargs)):
            further = _operands(function)[len(args) :]
            positional = [*args, *(kwargs.pop(operand) for operand in further if operand in kwargs)]
            return Operation(name)(positional, **kwargs)
        return function(*args, **kwargs)

    lifted.__name__ = lifted.__qualname__ = name
    lifted.__module__ = "plait.ops"
    _functions[name], _lifted[name] = function, lifted
    if elementwise:
        _elementwise.add(name)
    return lifted


# Not when it is lifted: looking into two hundred functions would be felt at every start.
@functools.cache
def _operands(function: Callable[..., Any]) -> list[str]:
    """Returns the names of the arguments without a default."""
    parameters = inspect.signature(function).parameters.values()
    return [parameter.name for parameter in parameters if parameter.default is parameter.empty]


def add_sources(*modules: str) -> None:
    """Says which modules lift functions, to be imported when one is looked for by name."""
    _sources.extend(modules)


def named(name: str) -> Callable[..., Any]:
    """Returns the lifted function of this name.

    Errors: ValueError if there is none, with the nearest.
    """
    if not has(name):
        raise errors.unknown("function of plait.ops", name, _lifted)
    return _lifted[name]


def has(name: str) -> bool:
    """Whether there is a lifted function of this name."""
    while name not in _lifted and _sources:
        lazy.imported(_sources.pop())
    return name in _lifted


def unary(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Returns a lifted elementwise function of `x`."""

    def of_one(x: Any) -> Any:
        return function(x)

    of_one.__doc__ = f"Returns `numpy.{name}` of each element."
    return lift(of_one, name, elementwise=True)


def binary(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Returns a lifted elementwise function of `x1` and `x2`, broadcast together."""

    def of_two(x1: Any, x2: Any) -> Any:
        return function(x1, x2)

    of_two.__doc__ = f"Returns `numpy.{name}` of each pair of elements."
    return lift(of_two, name, elementwise=True)


def _get_item(x: Any, key: Any) -> Any:
    """Returns `x[key]`.

    Errors: IndexError for a number beyond the end of its axis, which JAX would take for the last element.
    """
    # A config keeps a tuple as a list.
    key = tuple(key) if isinstance(key, list) else key
    parts = key if isinstance(key, tuple) else (key,)
    if all(one is None or one is Ellipsis or isinstance(one, int | slice) for one in parts):
        np.broadcast_to(np.int8(0), x.shape)[key]
    return x[key]


def _matmul(x1: Any, x2: Any) -> Any:
    """Returns the matrix product over the last axis of `x1` and the last but one of `x2`."""
    return jnp.matmul(x1, x2)


get_item = lift(_get_item, "get_item")
matmul = lift(_matmul, "matmul")

# Python's name for an operator, the name of the function, and the function.
_OPERATORS: dict[str, tuple[str, Callable[..., Any]]] = {
    "add": ("add", jnp.add),
    "sub": ("subtract", jnp.subtract),
    "mul": ("multiply", jnp.multiply),
    "truediv": ("true_divide", jnp.true_divide),
    "floordiv": ("floor_divide", jnp.floor_divide),
    "mod": ("mod", jnp.mod),
    "pow": ("power", jnp.power),
    "lt": ("less", jnp.less),
    "le": ("less_equal", jnp.less_equal),
    "gt": ("greater", jnp.greater),
    "ge": ("greater_equal", jnp.greater_equal),
    "and": ("logical_and", jnp.logical_and),
    "or": ("logical_or", jnp.logical_or),
    "xor": ("logical_xor", jnp.logical_xor),
}

for _symbol, (_name, _function) in _OPERATORS.items():
    _operator = binary(_function, _name)
    setattr(SymbolicTensor, f"__{_symbol}__", _operator)
    if _symbol not in ("lt", "le", "gt", "ge"):
        setattr(
            SymbolicTensor,
            f"__r{_symbol}__",
            functools.partialmethod(lambda self, other, f: f(other, self), f=_operator),
        )
for _symbol, _name, _function in (
    ("neg", "negative", jnp.negative),
    ("abs", "absolute", jnp.abs),
    ("invert", "logical_not", jnp.logical_not),
):
    setattr(SymbolicTensor, f"__{_symbol}__", unary(_function, _name))
for _symbol, _special in (
    ("matmul", matmul),
    ("rmatmul", lambda self, other: matmul(other, self)),
    ("getitem", get_item),
):
    setattr(SymbolicTensor, f"__{_symbol}__", _special)
