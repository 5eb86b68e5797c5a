"""Calls of functions on symbolic tensors, in Keras's grammar: a class for each function, `Sum` for `ops.sum`.

What is no tensor is in the config of the class, and the tensors are what its call is given.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from plait.core import errors, names, nest, registry
from plait.graph import operators
from plait.graph.node import Node
from plait.graph.operators import Operation
from plait.graph.tensor import SymbolicTensor

_MODULE = "keras.src.ops."
ANY_MODULE = f"{_MODULE}numpy"
# Where Keras has the classes of the functions in these modules of `plait.ops`; those of all others are in `numpy`.
_MODULES = {"nn": "nn", "convolutions": "nn", "losses": "nn", "linalg": "linalg", "image": "image", "spectra": "math"}
# Operands may be constants too: these are never in the config.
_OPERANDS = frozenset(["x", "x1", "x2", "a", "b", "condition"])
# Called on all they are given.
_WITHOUT_CONFIG = frozenset(["get_item"])
_OF_EVERY_LAYER = frozenset(["name", "dtype", "trainable"])


def is_one(config: Mapping[str, Any]) -> bool:
    """Whether this is the config of such a call."""
    return str(config.get("module")).startswith(_MODULE)


def made(config: Mapping[str, Any]) -> tuple[Operation, dict[str, Any]]:
    """Returns the layer that stands for the function, and its arguments besides the tensors.

    Errors: ValueError for a function that is not in `plait.ops`.
    """
    inner = config["config"]
    operation = Operation(names.snake_case(config["class_name"]), name=inner["name"])
    accepted = inspect.signature(operators.named(operation.function)).parameters
    given = [name for name in inner if name in accepted or name not in _OF_EVERY_LAYER]
    return operation, {name: _as_tuples(registry.deserialize(inner[name])) for name in given}


def called(operation: Operation, arguments: list[Any], named: Mapping[str, Any], constants: Mapping[str, Any]) -> Any:
    """Returns what the function gives for the arguments of one call."""
    operands = [_as_tuples(one) for one in arguments]
    parameters = inspect.signature(operators.named(operation.function)).parameters.values()
    if any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in parameters):
        # What stands before any number of operands can only be given in its place, as the subscripts of einsum.
        first = [parameter.name for parameter in parameters if parameter.name in constants]
        operands = [*(constants[name] for name in first if name not in _keyword_only(parameters)), *operands]
        constants = {name: constants[name] for name in constants if name in _keyword_only(parameters)}
    return operation(operands, **constants, **named)


def _keyword_only(parameters: Any) -> set[str]:
    return {parameter.name for parameter in parameters if parameter.kind is inspect.Parameter.KEYWORD_ONLY}


def described(layer: Operation, node: Node) -> tuple[dict[str, Any], list[Any]]:
    """Returns the config of a function's class, and what its call is given."""
    function = operators.named(layer.function)
    constants: dict[str, Any] = {}
    operands: list[Any] = []
    try:
        bound = inspect.signature(function).bind(*node.inputs, **node.arguments)
    except TypeError as error:
        raise ValueError(errors.explain(f"{layer} cannot be written to a config: {error}.")) from error
    kinds = {parameter.name: parameter.kind for parameter in inspect.signature(function).parameters.values()}
    for name, value in bound.arguments.items():
        is_tensor = any(isinstance(leaf, SymbolicTensor) for leaf in nest.flatten(value))
        if kinds[name] is inspect.Parameter.VAR_POSITIONAL:
            operands += value
        elif is_tensor or name in _OPERANDS or layer.function in _WITHOUT_CONFIG:
            operands.append(value)
        else:
            constants[name] = registry.serialize(value)
    home = function.__module__.removeprefix("plait.ops.").partition(".")[0]
    config = {
        "module": _MODULE + _MODULES.get(home, "numpy"),
        "class_name": layer.type_name,
        "config": {"name": layer.name, **constants},
        "registered_name": layer.type_name,
    }
    return config, operands


def _as_tuples(value: Any) -> Any:
    """Returns axes, shapes and keys, which JSON has as lists, as what they were; lists of tensors stay lists."""
    is_plain = isinstance(value, list) and not any(isinstance(leaf, SymbolicTensor) for leaf in nest.flatten(value))
    return tuple(map(_as_tuples, value)) if is_plain else value
