"""What is exported of a model: the function that predicts, its weights, and what goes in and comes out."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from plait.core import errors

# Takes the arrays of the weights, and the inputs; returns the outputs. Pure.
Function: TypeAlias = Callable[[list[Any], list[Any]], list[Any]]


@dataclass(frozen=True)
class Inference:
    """Holds a prediction as a format takes it.

    name:                      of the model.
    function:                  of weights and inputs, both as lists.
    weights:                   the arrays, by path, in the order of that list.
    specs:                     shape and dtype of each input; a size that may be any is a symbol of JAX's.
    input_names, output_names: in order.
    given_as, returned_as:     the same names, in the structure that the model takes and gives.
    computes_in:               the dtypes that its layers compute in.
    """

    name: str
    function: Function
    weights: dict[str, Any]
    specs: list[Any]
    input_names: list[str]
    output_names: list[str]
    given_as: Any
    returned_as: Any
    computes_in: frozenset[str]


def need(package: str, extra: str, what: str) -> None:
    """Makes sure that a package is there, which Plait does without until `what` is asked for.

    Errors: ImportError that says how to install it.
    """
    if importlib.util.find_spec(package) is None:
        raise ImportError(
            errors.explain(
                f"{what} needs the package {package}, which is not installed.",
                f"Install it: pip install 'plait[{extra}]'",
            )
        )
